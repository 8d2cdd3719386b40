// What a web process sweeps up beside the inbox, in this order: first what somebody in a chat waits for.
import type { Pushes } from '../assistant/pushes';
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Config } from '../config';
import type { Pool } from '../db/pool';
import { createPruning } from '../directory/sync/pruning';
import type { Counts, SweepTask } from '../inbox/sweep';
import type { Log } from '../log';
import { releaseNumbers } from '../otp/boundNumbers';
import { tellMissedCodes } from '../otp/missedCodes';
import type { MissedDeps } from '../otp/missedCodes';
import type { VerifyProvider } from '../otp/verify/verifyProvider';
import { destroyOldTexts } from '../outbox/retention';
import { forgetOldActions } from '../sessions/stepUps';

export interface SweepParts {
  readonly pool: Pool;
  readonly log: Log;
  readonly conversations: { tellMissed: MissedDeps['tell'] };
  readonly pushes: Pick<Pushes, 'tellDue'>;
  readonly verify: Pick<VerifyProvider, 'tellEnds'> | undefined;
  /** Undefined where none is configured. */
  readonly partners: { sweep(): Promise<void> } | undefined;
  readonly signingKeys: { tend(): Promise<void> };
  /** Undefined where no application may ask for codes. */
  readonly verifications: { sweep(): Promise<Counts> } | undefined;
  sendNotices(): Promise<{ notified: number; unnotified: number }>;
}

export function createSweepTasks(
  { policy, DOORMAN_CODE_METHODS: methods }: Config,
  { pool, log, conversations, pushes, verify, partners, signingKeys, verifications, sendNotices }: SweepParts,
): SweepTask[] {
  const { textRetentionMs, receiptWaitMs } = policy;
  const silenceMs = methods.length === 1 ? undefined : policy.codeSilenceMs;
  const prune = createPruning(pool);
  const tell: MissedDeps['tell'] = (missed) => conversations.tellMissed(missed);
  return [
    { name: 'missedCodes', run: async () => ({ missed: await tellMissedCodes({ pool, log, silenceMs, tell }) }) },
    { name: 'turns', run: async () => { await pushes.tellDue(); return {}; } },
    ...partners === undefined ? [] : [{ name: 'partners', run: async () => { await partners.sweep(); return {}; } }],
    { name: 'signingKeys', run: async () => { await signingKeys.tend(); return {}; } },
    ...verifications === undefined ? [] : [{ name: 'applications', run: () => verifications.sweep() }],
    { name: 'oldTexts', run: () => destroyOldTexts({ pool, log, textRetentionMs, receiptWaitMs }) },
    { name: 'bindings', run: async () => ({ released: await auditedTransaction(pool, releaseNumbers) }) },
    { name: 'actions', run: async () => ({ forgotten: await forgetOldActions(pool, textRetentionMs) }) },
    { name: 'notices', run: sendNotices },
    { name: 'readings', run: async () => ({ readingsPruned: await prune() }) },
    ...verify === undefined ? [] : [
      { name: 'verifications', run: async () => ({ verificationsEnded: await verify.tellEnds() }) }],
  ];
}
