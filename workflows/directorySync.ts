// One reading of HR's source: read, compare, apply; or leave it to an operator when too many would be out. A schedule
// starts one at a time.
import {
  ApplicationFailure, CancellationScope, condition, defineUpdate, isCancellation, patched, setCurrentDetails,
  setHandler, uuid4, workflowInfo,
} from '@temporalio/workflow';
import type { ApplyOutcome } from '../activities/directory';
import { syncTable } from '../src/domain/shown';
import type { SyncStep } from '../src/domain/shown';
import { mustBeSigned, updateNames } from './contract';
import type { DirectorySyncStart, OperatorOrder } from './contract';
import { bulk } from './io';

const approveUpdate = defineUpdate<string, [OperatorOrder]>(updateNames.approve);

/** How long a reading of old waited for an operator. */
const approvalMs = 24 * 3_600_000;

/** @returns how it came out: applied, refused, unchanged or waiting. Fails when the source could not be read. */
export async function directorySync({ source }: DirectorySyncStart): Promise<string> {
  const sync = { syncId: uuid4(), source };
  try {
    return await run(sync);
  } catch (error) {
    const end = isCancellation(error) ? 'abandoned' as const : 'failed' as const;
    await CancellationScope.nonCancellable(() => bulk.endSync({ ...sync, end, fault: faultOf(error) }));
    throw error;
  }
}

interface Sync {
  readonly syncId: string;
  readonly source: string;
}

async function run(sync: Sync): Promise<string> {
  const approval = awaitApproval();
  show(sync, 'reading');
  const read = await bulk.readSource({ ...sync, workflowId: workflowInfo().workflowId });
  if (read.outcome === 'failed') throw ApplicationFailure.nonRetryable('the source could not be read', read.fault);
  if (read.outcome === 'unchanged') return end(sync, 'unchanged', read.people);
  show(sync, 'comparing', read);
  const first = await bulk.applySync(sync);
  // What waits is in the database, so that it holds back no later reading, and nobody who leaves meanwhile.
  if (first.outcome === 'tooMany' && patched('waits-in-the-database')) {
    show(sync, 'waiting', first);
    return 'waiting';
  }
  const applied = first.outcome === 'tooMany' ? await ask(sync, first, approval) : first;
  if (applied.outcome === 'tooMany') return end(sync, 'abandoned', applied.people);
  show(sync, applied.outcome, applied);
  return applied.outcome;
}

/** How readings of old waited for an operator; what nobody approved stays as it was. */
async function ask(sync: Sync, first: ApplyOutcome, approval: Approval): Promise<ApplyOutcome> {
  show(sync, 'waiting', first);
  approval.isAwaited = true;
  const isGiven = await condition(() => approval.by !== undefined, approvalMs);
  approval.isAwaited = false;
  if (!isGiven) return first;
  show(sync, 'comparing', first);
  return bulk.applySync({ ...sync, approvedBy: approval.by! }); // `condition` has seen it
}

async function end(sync: Sync, how: 'unchanged' | 'abandoned', people: number): Promise<string> {
  await bulk.endSync({ ...sync, end: how });
  show(sync, how, { people });
  return how;
}

interface Approval {
  isAwaited: boolean;
  /** Login name of the operator. */
  by?: string;
}

function awaitApproval(): Approval {
  const approval: Approval = { isAwaited: false };
  setHandler(approveUpdate, ({ operator }) => {
    approval.by = operator;
    approval.isAwaited = false;
    return 'approved';
  }, {
    validator: (order) => {
      mustBeSigned(order);
      if (!approval.isAwaited) throw new Error('this reading waits for nobody');
    },
  });
  return approval;
}

/** What the Temporal UI shows; counts only. How far the reading is, its heartbeats tell. */
function show({ source }: Sync, step: SyncStep, counts: Partial<Omit<ApplyOutcome, 'outcome'>> = {}): void {
  const { people = 0, added = 0, changed = 0, returned = 0, left = 0 } = counts;
  setCurrentDetails(syncTable({ source, step, people, added, changed, returned, left }));
}

/** The kind of fault, for whoever looks at the readings. */
function faultOf(error: unknown): string {
  if (isCancellation(error)) return 'cancelled: somebody ended it in Temporal';
  if (error instanceof ApplicationFailure) return error.type ?? 'bug';
  const { cause } = error as { cause?: unknown };
  return cause instanceof ApplicationFailure ? cause.type ?? 'bug' : 'unavailable';
}
