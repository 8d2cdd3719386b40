// What the recorded histories hold: everything that can happen in a stage, what it costs, and nothing of a person.
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { costOf } from '../../bench/measure/histories';
import type { KeptOutcome, RelayOutcome } from '../../activities/assistant';
import type { ConfirmOutcome, FailOverOutcome, TurnAwayOutcome } from '../../activities/challenge';
import type { IdentifyOutcome } from '../../activities/claim';
import { outcomes, stageTable, stages } from '../../src/domain/verification';
import { codePurpose } from '../../src/otp/challenges';
import { deriveCode } from '../../src/otp/codes';
import { openHistory } from '../support/openHistory';
import type { History, OpenHistory } from '../support/openHistory';
import { employeesOfTests, testKeyring } from '../support/world';
import { recorded, recordedOf } from './recorded';
import { scenarios } from './scenarios';

type All<Reaction extends string> = Record<Reaction, true>;

/** All that a stage's activity can answer with: a new reaction does not compile until it stands here. */
const answers = {
  identify: {
    issue: true, locked: true, tooSoon: true, holdAndAsk: true, ask: true, askOne: true, cancel: true, dispute: true,
    textOnly: true, flood: true, ignore: true,
  } satisfies All<IdentifyOutcome['reaction']>,
  confirm: {
    right: true, wrong: true, exhausted: true, expired: true, resend: true, tooSoon: true, spent: true, cancel: true,
    dispute: true, holdAndHint: true, hint: true, hintOne: true, noMethod: true, textOnly: true, flood: true,
    ignore: true,
  } satisfies All<ConfirmOutcome['reaction']>,
  relay: {
    relay: true, end: true, dispute: true, textOnly: true, flood: true, ignore: true, closed: true, tooLate: true,
  } satisfies All<RelayOutcome['reaction']>,
  keptOutcome: { relay: true, unanswered: true } satisfies Partial<All<KeptOutcome['reaction']>>,
  failOver: { resend: true, none: true } satisfies All<FailOverOutcome['reaction']>,
  turnAway: { notice: true, ignore: true } satisfies All<TurnAwayOutcome['reaction']>,
};

interface Run {
  readonly name: string;
  readonly history: History;
  readonly open: OpenHistory;
}

let runs: Run[];

beforeAll(async () => {
  runs = await Promise.all(recorded.map(async ({ name, json }) => {
    const history = historyFromJSON(JSON.parse(json));
    return { name, history, open: await openHistory(testKeyring.payload, history) };
  }));
});

test('every scenario is recorded', () => {
  expect(scenarios.filter(({ name }) => recordedOf(name).length === 0).map(({ name }) => name)).toEqual([]);
});

test('everything that a stage can do is in a recorded scenario', () => {
  const missing = stages.flatMap((stage) => [...new Set(Object.values(stageTable[stage]))]
    .filter((reaction) => !scenarios.some(({ covers }) => covers[stage]?.includes(reaction)))
    .map((reaction) => `${stage}: ${reaction}`));
  expect(missing).toEqual([]);
});

test('everything that an activity can answer a stage with is in a recorded history', () => {
  const seen = new Set(runs.flatMap(({ open }) => open.activities
    .map(({ type, result }) => `${type}: ${(result as { reaction?: string } | undefined)?.reaction}`)));
  const possible = Object.entries(answers)
    .flatMap(([type, all]) => Object.keys(all).map((reaction) => `${type}: ${reaction}`));
  expect(possible.filter((one) => !seen.has(one))).toEqual([]);
  // An assistant that cannot answer, and one that is interrupted, leave a turn without any.
  const relays = runs.flatMap(({ open }) => open.activities.filter(({ type }) => type === 'relay'));
  expect(relays.some(({ result }) => result === undefined)).toBe(true);
});

test('every way in which a conversation can come out is in a recorded history', () => {
  const seen = new Set(runs.flatMap(({ history }) => (history.events ?? []).flatMap((event) => [
    event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes,
    event.workflowExecutionStartedEventAttributes?.searchAttributes,
  ]).map((attributes) => attributes?.indexedFields?.DoormanOutcome?.data)
    .filter((data) => data?.length).map((data) => JSON.parse(Buffer.from(data!).toString()) as string)));
  expect(outcomes.filter((outcome) => !seen.has(outcome))).toEqual([]);
});

describe('the cost', () => {
  const eventsOf = (name: string) => runs.find((run) => run.name === name)!.history.events!;

  test('of a verification, from the first question to the reply that says so, is 14 actions and 45 events', () => {
    const events = eventsOf('conversation.question-answered-after-verification.v1');
    // The held question is relayed in the task that hears of that reply's end.
    const end = events.findIndex((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'relay');
    const { byKind, ...cost } = costOf(events.slice(0, end));
    expect({ byKind, actions: cost.actions, events: cost.events }).toEqual({
      byKind: { signal: 3, activity: 4, timer: 2, upsert: 2, 'local activities of a task': 3 }, actions: 14, events: 45,
    });
  });

  test('of a message that is relayed and answered by one reply is three actions', () => {
    const events = eventsOf('conversation.wrong-codes-then-the-right-one.v1');
    const signals = events.flatMap((event, index) => event.workflowExecutionSignaledEventAttributes ? [index] : []);
    expect(costOf(events.slice(signals[3], signals[4])).byKind).toEqual({ signal: 1, activity: 2 });
  });
});

describe('A33 no recorded history holds', () => {
  test('what the search would not find: in base64, at any place, within other text', () => {
    for (const before of ['', '1', '12', '123']) {
      const hidden = `${before}anna@acme.example, 144133, Ben!`;
      for (const json of [hidden, `"${base64(hidden)}"`, `"${base64(base64(hidden))}"`]) {
        expect(found(json, ['anna@acme.example', '144133', 'Ben', 'Anna']))
          .toEqual(['anna@acme.example', '144133', 'Ben']);
      }
    }
  });

  test('a short name, unless chance wrote it into sealed bytes', () => {
    const sealed = Buffer.from('\xff\x81Ben\x90\xfe', 'latin1').toString('base64');
    expect(found(`{"data": "${sealed}"}`, ['Ben'])).toEqual([]);
    expect(found(`{"data": "${'x9/'.repeat(20)}Ben+"}`, ['Ben'])).toEqual([]);
    const names = ['Anna', 'Ben', 'Quiet'];
    expect(found(`{"data": "${base64('"Ben"')}", "name": "Anna", "family": "Quiet"}`, names)).toEqual(names);
  });

  test('a number, unless it is part of a time or of a random id', () => {
    const marker = '{"seq":8,"complete_time":{"seconds":1795601772,"nanos":144133327}}';
    expect(found(`{"eventTime": "2026-11-24T04:42:57.144133Z", "data": "${base64(marker)}"}`, ['144133'])).toEqual([]);
    expect(found('{"runId": "e8a6cc93-337d-4cca-9455-40814413347a"}', ['144133'])).toEqual([]);
    expect(found(`{"data": "${base64(marker.replace('seq":8', 'seq":144133'))}"}`, ['144133'])).toEqual(['144133']);
  });

  test('a number, a name, an address or an identifier of anybody', () => {
    const canaries = employeesOfTests.flatMap(({ number, given, family, email, mobile }) =>
      [number, given, family, email, ...(mobile === null ? [] : [mobile, mobile.slice(1)])]);
    for (const run of runs) expect([run.name, found(jsonOf(run), [...canaries, '447700900'])]).toEqual([run.name, []]);
  });

  test('a word that somebody wrote or was told', () => {
    const words = [
      'purchase order', 'It is approved', 'It arrives', 'hello', 'question', 'still there', 'remember', 'echo:', 'Acme',
    ];
    for (const run of runs) expect([run.name, found(jsonOf(run), words)]).toEqual([run.name, []]);
  });

  test('its code', () => {
    let codes = 0;
    for (const run of runs) {
      const challengeIds = new Set(run.open.activities.flatMap(({ input, result }) => [input, result]
        .flatMap((value) => (value as { challengeId?: string } | undefined)?.challengeId ?? [])));
      const possible = [...challengeIds].flatMap((challengeId) => [6, 8].map((digits) =>
        deriveCode(testKeyring.code, { challengeId, keyId: testKeyring.code.activeId, digits, purpose: codePurpose })));
      codes += possible.length;
      expect([run.name, found(jsonOf(run), possible)]).toEqual([run.name, []]);
    }
    expect(codes).toBeGreaterThan(0);
  });
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const jsonOf = ({ name }: Run): string => recorded.find((one) => one.name === name)!.json;

/** Which of these stand in a history: in its readable parts, in its bytes, in base64 within either. */
function found(json: string, canaries: readonly string[]): string[] {
  // A local activity's marker holds its times in JSON of its own.
  const read = withoutNumbers(json).replace(quotedBase64, (quoted, data: string) => {
    const bytes = bytesOf(data);
    const rest = withoutNumbers(bytes);
    return rest === bytes ? quoted : `"${Buffer.from(rest, 'latin1').toString('base64')}"`;
  });
  const text = [read, ...decodedIn(read)].join('\n');
  const words = readableIn(read);
  return canaries.filter((canary) =>
    canary.length < shortest ? words.includes(canary) : formsOf(canary).some((form) => text.includes(form)));
}

/** What is shorter stands in a megabyte of sealed bytes by chance: it counts only among readable characters. */
const shortest = 6;

const quotedBase64 = /"([A-Za-z0-9+/]{4,}={0,2})"/g;

const bytesOf = (data: string): string => Buffer.from(data, 'base64').toString('latin1');

const decodedIn = (text: string): string[] => [...text.matchAll(quotedBase64)].map(([, data]) => bytesOf(data!));

/** Times, numbers of tasks and random ids are long runs of digits, in which a code of six may stand by chance. */
const withoutNumbers = (text: string): string => text
  .replace(/"(\w*Time|taskId)": ?"[\d:.TZ-]+"/g, '')
  .replace(/"\w+_time":\{"seconds":\d+,"nanos":\d+\}/g, '')
  .replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, '');

/** Without what can be nothing but base64; of bytes, what is readable as a whole or for eight characters on end. */
function readableIn(text: string): string {
  const decoded = decodedIn(text).flatMap((bytes) =>
    /^[\x20-\x7e\s]*$/.test(bytes) ? bytes : bytes.match(/[\x20-\x7e]{8,}/g) ?? []);
  return [text.replace(/[A-Za-z0-9+/]{24,}={0,2}/g, ''), ...decoded.map((part) => readableIn(`"${part}"`))].join('\n');
}

/** As it is, and as base64 writes it at each of the three places it can begin at. */
function formsOf(canary: string): string[] {
  const encoded = [0, 1, 2].map((shift) => {
    const base64 = Buffer.concat([Buffer.alloc(shift), Buffer.from(canary)]).toString('base64');
    // The first and the last characters also hold bits of what stands beside it.
    return base64.slice(shift === 0 ? 0 : shift + 1).replace(/=+$/, '').slice(0, -1);
  });
  return [canary, ...encoded.filter((form) => form.length >= shortest)];
}
