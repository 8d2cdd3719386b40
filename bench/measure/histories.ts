// What a conversation costs on Temporal: history events, and actions as Temporal Cloud bills them.
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

type Event = temporal.api.history.v1.IHistoryEvent;
const { EventType } = temporal.api.enums.v1;
const { HistoryEvent } = temporal.api.history.v1;

export interface HistoryCost {
  readonly events: number;
  readonly actions: number;
  readonly bytes: number;
  /** How many of each kind of action. */
  readonly byKind: Readonly<Record<string, number>>;
}

/** The events of the newest run, once it has come to rest: no task under way and no activity that still runs. */
export async function restingHistory(client: Client, workflowId: string): Promise<Event[]> {
  for (let patience = 100; ; patience -= 1) {
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
    if (events !== undefined && events !== null && isAtRest(events)) return events;
    if (patience === 0) throw new Error('a conversation did not come to rest');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether everything that a run was told is handled: no task under way and no activity that still runs. */
export function isAtRest(events: readonly Event[]): boolean {
  const count = (...types: number[]) => events.filter(({ eventType }) => types.includes(eventType!)).length;
  const ended = count(EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED);
  return count(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) === ended
    && count(EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED) === count(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
      EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED, EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT);
}

/**
 * Events and billable actions. A signal that starts a conversation is one action with the start; each try of an
 * activity is one; all local activities of one workflow task are one; so are a timer, an upsert and a continuation.
 * Source: docs.temporal.io/cloud/actions.
 */
export function costOf(events: readonly Event[]): HistoryCost {
  const byKind: Record<string, number> = {};
  const add = (kind: string, count = 1) => { byKind[kind] = (byKind[kind] ?? 0) + count; };
  const tasksWithMarkers = new Set<string>();
  for (const event of events) {
    const kind = singleActions.get(event.eventType!);
    if (kind !== undefined) add(kind);
    const retries = (event.activityTaskStartedEventAttributes?.attempt ?? 1) - 1;
    if (retries > 0) add('activity retry', retries);
    const marker = event.markerRecordedEventAttributes;
    if (marker) tasksWithMarkers.add(String(marker.workflowTaskCompletedEventId));
  }
  if (tasksWithMarkers.size > 0) add('local activities of a task', tasksWithMarkers.size);
  const actions = Object.values(byKind).reduce((sum, count) => sum + count, 0);
  const bytes = events.reduce((sum, event) => sum + HistoryEvent.encode(event).finish().length, 0);
  return { events: events.length, actions, bytes, byKind };
}

const singleActions = new Map<number, string>([
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, 'signal'],
  [EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, 'activity'],
  [EventType.EVENT_TYPE_TIMER_STARTED, 'timer'],
  [EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, 'upsert'],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, 'update'],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW, 'continuation'],
]);
