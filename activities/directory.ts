// One reading of HR's source: read it page by page, apply it, or end it. Everybody's names and numbers stay between the
// source and the database; what comes back is counts.
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Pool } from '../src/db/pool';
import type { NoticeOptions } from '../src/directory/delivery/contactChanges';
import type { FeedFault } from '../src/directory/feedFault';
import type { FeedFaultKind } from '../src/directory/feedFault';
import { readSource } from '../src/directory/sync/readSource';
import type { ReadProgress } from '../src/directory/sync/readSource';
import type { Source } from '../src/directory/sync/sources';
import { applySync, endSync, noteFault, restartSync } from '../src/directory/sync/syncs';
import type { SyncEnd } from '../src/directory/sync/syncs';
import { createTurns } from '../src/directory/sync/turns';
import { Fault } from '../src/domain/faults';
import { OutboundFault } from '../src/outbound/outboundFault';
import { whileBeating } from './chat';

export interface DirectoryDeps {
  /** Its statements may take as long as the server allows: a whole company is compared at once. */
  readonly pool: Pool;
  /** By their names. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly notices: NoticeOptions;
  /** Hears of each try that could not read the source. */
  tellFault(source: string, fault: FeedFault): void;
  /** Hears how each reading ended: somebody has to see to one that failed, or that waits. */
  tellSync(source: string, end: SyncEnd | 'waiting'): void;
}

export interface SyncInput {
  readonly syncId: string;
  readonly source: string;
}

export type ReadOutcome =
  | { readonly outcome: 'read' | 'unchanged'; readonly mode: string; readonly pages: number; readonly people: number }
  /** No retry would help. `unknown`: no such source is configured. */
  | { readonly outcome: 'failed'; readonly fault: FeedFaultKind | 'unknown' };

export interface ApplyOutcome {
  readonly outcome: 'applied' | 'refused' | 'tooMany';
  readonly people: number;
  readonly added: number;
  readonly changed: number;
  readonly returned: number;
  readonly left: number;
}

export type DirectoryActivities = ReturnType<typeof createDirectoryActivities>;

/** Each compares a whole company in one transaction. */
const appliedAtOnce = 2;

export function createDirectoryActivities(deps: DirectoryDeps) {
  const { pool, sources, notices, tellSync } = deps;
  const inTurn = createTurns(appliedAtOnce);
  return {
    /** Goes on where an earlier try was. Each heartbeat tells how far it is. */
    async readSource(input: SyncInput & { workflowId: string }): Promise<ReadOutcome> {
      const { syncId, source: name, workflowId } = input;
      const source = sources.get(name);
      if (source === undefined) return { outcome: 'failed', fault: 'unknown' };
      const { feed, fullEveryMs } = source;
      let progress: ReadProgress | undefined;
      return whileBeating(() => readSource(pool, feed, { syncId, workflowId, fullEveryMs }, (told) => {
        progress = told;
        heartbeat(progress);
      }, cancellationSignal()), () => progress).catch((error: unknown) => heedFault(deps, input, error));
    },

    /**
     * All of it or nothing; repeated, it says what it came to. `approvedBy`: of workflows that waited themselves for an
     * operator; nobody gives them that order any more.
     */
    async applySync({ syncId, source }: SyncInput & { approvedBy?: string }): Promise<ApplyOutcome> {
      const share = sources.get(source)?.deactivationShareMax;
      const signal = cancellationSignal();
      const options = { notices, ...share === undefined ? {} : { deactivationShareMax: share } };
      const applied = await whileBeating(() => inTurn(signal, () => applySync(pool, syncId, options, signal)));
      const { outcome, people, added, changed, reactivated: returned, deactivated: left } = applied;
      // Somebody imports from a file under the same name: worth waiting for.
      if (outcome === 'busy' || outcome === 'dryRun') throw new Fault('unavailable', 'directory', outcome);
      tellSync(source, outcome === 'tooMany' ? 'waiting' : outcome);
      return { outcome, people, added, changed, returned, left };
    },

    /** For one that was not applied. */
    async endSync({ syncId, source, end, fault }: SyncInput & { end: SyncEnd; fault?: string }): Promise<void> {
      await endSync(pool, syncId, end, fault);
      tellSync(source, end);
    },
  };
}

/** What another try may mend is thrown, the rest is an outcome. */
async function heedFault(
  { pool, tellFault }: DirectoryDeps, { syncId, source }: SyncInput, error: unknown,
): Promise<ReadOutcome> {
  if (!(error instanceof OutboundFault)) throw error;
  tellFault(source, error);
  await noteFault(pool, syncId, error);
  // What was kept is of a list that the source has thrown away.
  if (error.kind === 'lost') await restartSync(pool, syncId);
  if (error.kind === 'unreachable' || error.kind === 'lost') throw new Fault('unavailable', 'directory', 'source');
  return { outcome: 'failed', fault: error.kind };
}
