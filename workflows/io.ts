// Everything that a conversation does to the world: activity proxies, with the only timeouts and retry policies.
import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { AssistantActivities } from '../activities/assistant';
import type { ChallengeActivities } from '../activities/challenge';
import type { ChatActivities } from '../activities/chat';
import type { CodeActivities } from '../activities/code';
import type { DirectoryActivities } from '../activities/directory';
import type { PartnerActivities } from '../activities/partner';
import type { SessionActivities } from '../activities/session';
import type { VerificationActivities } from '../activities/verification';
import { summaries } from '../src/domain/shown';
import { taskQueues } from './contract';

/**
 * Milliseconds of Postgres work, inside the workflow task: one marker each. Never given up: with the database down a
 * message waits, nothing is decided and nothing is lost. Waits above 3 s become timers, so that the task is not held.
 * 30 s: a dozen round trips to a slow database, and longer than any limit of the pool (src/db/pool.ts), which ends the
 * work itself; a shorter one would begin it again beside what still goes on. At most two tries a minute: three days
 * of outage stay within what a history may hold.
 */
export const decide = proxyLocalActivities<
  ChallengeActivities & SessionActivities & Pick<AssistantActivities, 'readNews' | 'keptOutcome'>
>({
  startToCloseTimeout: '30s',
  localRetryThreshold: '3s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/**
 * A reply before verification. A try may search for an earlier one and send, each within the client's own 10 s, after a
 * quantum of at most 10 s; ending it sooner would let it go on beside the next one.
 * Given up after 5 min, when the code that it spoke of is over too.
 */
export const { reply } = proxyActivities<ChatActivities>({
  summary: summaries.reply,
  startToCloseTimeout: '40s',
  scheduleToCloseTimeout: '5m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '20s' },
});

/**
 * What answers no message: that a code ran out, that a session is over. Tried for as long as somebody is then waited
 * for (identifyIdleMs by default): who wrote during an outage must not be left with silence.
 */
export const { reply: notice } = proxyActivities<ChatActivities>({
  summary: summaries.notice,
  startToCloseTimeout: '40s',
  scheduleToCloseTimeout: '15m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '20s' },
});

/**
 * An assistant's reply: worth waiting for. Order needs the earlier one settled, so an hour is what a dead provider may
 * cost. A try may wait up to 5 s for a report on the former reply, send what had to wait for some 8 s and one more,
 * search for an earlier one and send, each within the client's own 10 s; the next one is not to begin beside it. A
 * worker that died is noticed by the missing heartbeat after 15 s, which a first try that waits 3 s and sends within
 * the client's own 10 s does not exceed: one that cannot reach Temporal is not run beside the next. An order of an
 * operator's does not wait for it.
 */
export const { relayReply } = proxyActivities<ChatActivities>({
  summary: summaries.assistantReply,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  startToCloseTimeout: '60s',
  heartbeatTimeout: '15s',
  scheduleToCloseTimeout: '1h',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '20s' },
});

/** A code: tried as long as it counts, then it is useless. `lifetimeMs` is what is left of it. */
export const codeSender = (lifetimeMs: number) => proxyActivities<CodeActivities>({
  summary: summaries.code,
  startToCloseTimeout: '15s',
  scheduleToCloseTimeout: Math.max(lifetimeMs, 1_000),
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '20s' },
});

/**
 * A turn of the assistant, on its own queue because it may be slow. 90 s a try; a worker that died is noticed by the
 * missing heartbeat after 15 s; after 5 min the person is told that there is no answer.
 */
export const { relay } = proxyActivities<AssistantActivities>({
  taskQueue: taskQueues.assistant,
  summary: summaries.assistantTurn,
  startToCloseTimeout: '90s',
  heartbeatTimeout: '15s',
  scheduleToCloseTimeout: '5m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '20s' },
});

/**
 * Bulk work on a queue of its own: whoever waits for an answer does not wait behind it. An hour a try, which a hundred
 * thousand people take a fraction of; a worker that died is noticed after 30 s, and the next try goes on where it was.
 * A source that is down for longer than six hours is somebody's to look at; the schedule begins anew.
 */
export const bulk = proxyActivities<DirectoryActivities>({
  taskQueue: taskQueues.batch,
  summary: summaries.directory,
  startToCloseTimeout: '1h',
  heartbeatTimeout: '30s',
  scheduleToCloseTimeout: '6h',
  retry: { initialInterval: '5s', backoffCoefficient: 2, maximumInterval: '5m' },
});

/** Milliseconds of Postgres work, tried until it is done: what waits is kept in the database, not here. */
export const { nextPartnerEvent, parkPartnerEvent } = proxyActivities<PartnerActivities>({
  taskQueue: taskQueues.partners,
  summary: summaries.partnerForward,
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/**
 * A try may ask for a token, post, be refused for an old token, and do both again: 30 s and 15 s each. Three days are a
 * long weekend of a target that is down; then the event is parked, and the next one has its turn.
 */
export const { forwardPartnerEvent } = proxyActivities<PartnerActivities>({
  taskQueue: taskQueues.partners,
  summary: summaries.partnerForward,
  startToCloseTimeout: '100s',
  scheduleToCloseTimeout: '3d',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10m' },
});

/** A code for an application: tried as long as it counts, then it is useless. */
export const applicationCodes = (lifetimeMs: number) => proxyActivities<VerificationActivities>({
  summary: summaries.code,
  startToCloseTimeout: '15s',
  scheduleToCloseTimeout: Math.max(lifetimeMs, 1_000),
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '20s' },
});

/** Milliseconds of Postgres work, as `decide`: a guess is charged, compared and judged, however often it is tried. */
export const judge = proxyLocalActivities<VerificationActivities>({
  startToCloseTimeout: '30s',
  localRetryThreshold: '3s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '30s' },
});
