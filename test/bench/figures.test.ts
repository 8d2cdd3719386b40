import { temporal } from '@temporalio/proto';
import { costOf } from '../../bench/measure/histories';
import { quantile, spreadOf } from '../../bench/measure/spread';
import { renderTables } from '../../bench/report';
import { readOptions } from '../../bench/options';

const { EventType } = temporal.api.enums.v1;
const event = (eventType: number, attributes: temporal.api.history.v1.IHistoryEvent = {}) => ({ eventType, ...attributes });

describe('what a history costs', () => {
  test('a signal that starts a conversation is one action with the start', () => {
    const { actions, events } = costOf([
      event(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED), event(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)]);
    expect({ actions, events }).toEqual({ actions: 1, events: 2 });
  });

  test('each try of an activity is an action', () => {
    const { byKind } = costOf([
      event(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED),
      event(EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED, { activityTaskStartedEventAttributes: { attempt: 3 } })]);
    expect(byKind).toEqual({ activity: 1, 'activity retry': 2 });
  });

  test('all local activities of one workflow task are one action', () => {
    const marker = (task: number) =>
      event(EventType.EVENT_TYPE_MARKER_RECORDED, { markerRecordedEventAttributes: { workflowTaskCompletedEventId: task as never } });
    expect(costOf([marker(4), marker(4), marker(9)]).actions).toBe(2);
  });

  test('timers, upserts and continuations are one action each, a cancelled timer none more', () => {
    const { actions } = costOf([
      event(EventType.EVENT_TYPE_TIMER_STARTED), event(EventType.EVENT_TYPE_TIMER_CANCELED),
      event(EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES), event(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW)]);
    expect(actions).toBe(3);
  });
});

describe('figures', () => {
  test('a quantile is a value that was measured', () => {
    expect(quantile([5, 1, 3, 2, 4], 0.5)).toBe(3);
    expect(spreadOf(Array.from({ length: 200 }, (_, index) => index + 1))).toEqual({ median: 100, p99: 198, max: 200, count: 200 });
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('what was not measured is printed as a dash', () => {
    const table = renderTables([{ title: 'T', columns: ['a', 'b'], rows: [{ label: 'x', cells: [1.25, undefined], goal: '<= 2' }] }]);
    expect(table).toBe(['T', '        a   b   goal', '  x   1.3   -   <= 2', ''].join('\n'));
  });
});

describe('options', () => {
  test('webhook is always the last part, because it stops Temporal', () => {
    expect(readOptions(['--only=webhook,memory']).parts).toEqual(['memory', 'webhook']);
  });

  test('alike is run when it is named, and then alone if it is named alone', () => {
    expect(readOptions([]).parts).toEqual(['guard', 'sends', 'directory', 'statements', 'tokens', 'verification', 'relay', 'memory', 'recovery', 'otp', 'webhook']);
    expect(readOptions(['--only=alike', '--quick'])).toMatchObject({ parts: ['alike'], quick: true });
  });

  test.each(['--only=speed', '--conversations=0', '--fast'])('%s is refused', (argument) => {
    expect(() => readOptions([argument])).toThrow();
  });
});
