// doorman directory sync | status | approve: readings of the configured sources, which a schedule starts
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { loadConfig } from '../config';
import { noticeLines, reportLines, sharedLines } from '../directory/delivery/importReport';
import type { SyncView } from '../directory/sync/views';
import { notFound, operator } from './operator';
import { print, progress, refuse } from './output';

export function syncCommands(directory: Command): void {
  directory.command('sync').argument('<source>', 'its name in DOORMAN_DIRECTORY')
    .description('reads a source now, as its schedule would')
    .option('--full', 'everybody, not only what changed')
    .option('--follow', 'tell how far it is, and wait for its end')
    .action(sync);
  directory.command('status')
    .description('the last reading of each source, and how many numbers and IDs are several people\'s')
    .action(status);
  directory.command('approve').argument('<source>')
    .description('reads a source now, and lets as many leave as its reading that waits told of')
    .action(approve);
}

const wired = async () => (await import('../wiring/directory.js')).wireSyncs(loadConfig());

async function sync(
  source: string, { full = false, follow = false }: { full?: boolean; follow?: boolean }, command: Command,
): Promise<void> {
  const { startNow, find, close } = await wired();
  try {
    const before = await find(source);
    if (await startNow(source, full) === 'none') return notFound(command, unknown);
    if (!follow) return print(command, { outcome: 'started' }, [started]);
    const ended = await followed(() => find(source), before);
    print(command, ended, linesOf(ended));
    if (!isDone(ended)) refuse();
  } finally {
    await close();
  }
}

const started = 'Started. `doorman directory status` tells how far it is.';
const unknown = 'There is no schedule for this source. It needs an entry in DOORMAN_DIRECTORY and a running worker.';

const lookEveryMs = 500;
/** After how long without a reading somebody should look for its worker. */
const patienceMs = 15_000;
const nobody = 'No worker takes it up: is `doorman worker` running? Still waiting.';

interface Clock {
  now(): number;
  pause(ms: number): Promise<void>;
}

/** Tells of the reading that began after `before`, or of the one that was under way, until it has ended or waits. */
export async function followed(
  find: () => Promise<SyncView | undefined>, before: SyncView | undefined,
  { now, pause }: Clock = { now: () => performance.now(), pause: (ms) => delay(ms) },
): Promise<SyncView> {
  const wasUnderWay = before?.endedAt === null && before.state !== 'waiting';
  const isNew = (view: SyncView) => view.syncId !== before?.syncId || wasUnderWay;
  const since = now();
  for (let told = ''; ;) {
    const view = await find();
    const current = view !== undefined && isNew(view) ? view : undefined;
    if (current !== undefined && (current.endedAt !== null || current.state === 'waiting')) return current;
    const line = current !== undefined ? stateLine(current) : now() - since < patienceMs ? '' : nobody;
    if (line !== told) progress(line);
    told = line;
    await pause(lookEveryMs);
  }
}

const isDone = ({ state }: SyncView): boolean => state === 'applied' || state === 'unchanged';

async function status(_options: unknown, command: Command): Promise<void> {
  const { list, countShared, close } = await wired();
  const [views, shared] = await Promise.all([list(), countShared()]).finally(close);
  print(command, { readings: views, shared }, [
    ...views.length === 0 ? ['No source was read yet.'] : views.map(stateLine), ...sharedLines(shared)]);
  if (!views.every((view) => isDone(view) || view.endedAt === null)) refuse();
}

async function approve(source: string, _options: unknown, command: Command): Promise<void> {
  const { approve: give, close } = await wired();
  const deactivated = await give(source, operator()).finally(close);
  if (deactivated === undefined) return notFound(command, 'No reading of this source waits.');
  print(command, { outcome: 'approved', deactivated },
    [`Approved: the source is read now, and ${deactivated.toLocaleString('en')} people may leave at once.`]);
}

function linesOf(view: SyncView): string[] {
  const asked = view.state === 'waiting'
    ? [`It waits: \`doorman directory approve ${view.source}\` lets as many leave.`] : [];
  return [...view.report === null ? [...noticeLines(view), stateLine(view)] : reportLines(view.report), ...asked];
}

/** One line, without anything of a person. */
function stateLine({ source, mode, state, pages, people, fault, startedAt, noticeCount }: SyncView): string {
  const notices = noticeCount === 0 ? '' : `, ${noticeCount.toLocaleString('en')} notices`;
  const why = fault === null ? '' : `: ${fault}`;
  return `${source}: ${state}${why}; ${mode}, ${people.toLocaleString('en')} people on ${pages} pages, `
    + `begun ${startedAt.toISOString()}${notices}`;
}
