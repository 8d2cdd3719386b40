// The files of a watched folder: which one is the newest that nobody writes to any more, and its bytes.
// Nothing is read that lies outside, by whatever link, and nothing that changes while it is read.
import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { lstat, open, opendir, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { FeedRemark } from '../directoryFeed';
import { FeedFault } from '../feedFault';

export type FileOrder = 'name' | 'mtime';

export interface FolderFile {
  /** Without links. */
  readonly path: string;
  readonly name: string;
  readonly stat: BigIntStats;
}

/** What of a file decides which of two is newer. */
export interface FileAge {
  readonly name: string;
  readonly mtimeNs: bigint;
}

export interface FolderView {
  readonly newest?: FolderFile;
  readonly notices: readonly FeedRemark[];
}

export interface FolderQuestion {
  readonly path: string;
  readonly isWanted: (name: string) => boolean;
  readonly order: FileOrder;
  readonly settledAfterMs: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

// A folder that nobody tidies is looked through at each reading.
const filesMax = 10_000;
// What programs call a file that they have not written to its end.
const unfinished = /^\.|~$|\.(part|partial|filepart|tmp|temp|crdownload|swp)$/i;

/** The newest file that is wanted and has settled. Throws FeedFault when the folder cannot be looked into. */
export async function lookInto(question: FolderQuestion): Promise<FolderView> {
  const root = await realpath(question.path).catch(unreadable('the folder'));
  const counts = { links: 0, unsettled: 0 };
  let newest: FolderFile | undefined;
  for (const name of await namesIn(root, question.isWanted)) {
    const file = await fileAt(root, name);
    if (file === 'outside') counts.links += 1;
    if (file === undefined || file === 'outside') continue;
    if (!hasSettled(file, question)) counts.unsettled += 1;
    else if (newest === undefined || compareAge(question.order, ageOf(file), ageOf(newest)) > 0) newest = file;
  }
  return { ...newest && { newest }, notices: noticesOf(counts, newest !== undefined) };
}

export const ageOf = ({ name, stat }: FolderFile): FileAge => ({ name, mtimeNs: stat.mtimeNs });

/** Above zero when `a` is the newer one, as the order says; the other property decides between equals. */
export function compareAge(order: FileOrder, a: FileAge, b: FileAge): number {
  const byName = a.name === b.name ? 0 : a.name > b.name ? 1 : -1;
  const byTime = a.mtimeNs === b.mtimeNs ? 0 : a.mtimeNs > b.mtimeNs ? 1 : -1;
  return order === 'name' ? byName || byTime : byTime || byName;
}

async function namesIn(root: string, isWanted: (name: string) => boolean): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendir(root)) {
      if (unfinished.test(name) || !isWanted(name)) continue;
      names.push(name);
      if (names.length > filesMax) {
        throw new FeedFault('misconfigured', `the folder holds more than ${filesMax} files: move the old ones away`);
      }
    }
    return names;
  } catch (error) {
    return unreadable('the folder')(error);
  }
}

/** A plain file; through a link only when it leads to one in the folder, as where a volume is swapped as a whole. */
async function fileAt(root: string, name: string): Promise<FolderFile | 'outside' | undefined> {
  try {
    const path = await realpath(join(root, name));
    if (relative(root, path).split(/[\\/]/)[0] === '..' || relative(root, path) === path) return 'outside';
    const stat = await lstat(path, { bigint: true });
    return stat.isFile() ? { path, name, stat } : undefined;
  } catch (error) {
    // It went while we looked, or its link leads nowhere.
    if (['ENOENT', 'ELOOP'].includes(codeOf(error))) return undefined;
    return unreadable('a file of the folder')(error);
  }
}

/**
 * Nothing was written for long enough. A copy may keep the time of its original, so the time of its last change in this
 * file system counts as well. A file that is dated in the future has not settled: it would be the newest for ever.
 */
function hasSettled({ stat }: FolderFile, { settledAfterMs, now }: FolderQuestion): boolean {
  const changedAt = Math.max(Number(stat.mtimeMs), Number(stat.ctimeMs));
  return now - changedAt >= settledAfterMs;
}

function noticesOf({ links, unsettled }: { links: number; unsettled: number }, isAny: boolean): FeedRemark[] {
  const where = 'the folder';
  return [
    ...(links > 0 ? [{ where, why: `holds links that lead out of it, which are not read: ${links}` }] : []),
    ...(unsettled > 0
      ? [{ where, why: `holds files that are still written, or dated in the future, and wait: ${unsettled}` }] : []),
    ...(isAny || links + unsettled > 0 ? [] : [{ where, why: 'holds no file that is to be read' }]),
  ];
}

const changed = () => new FeedFault('untrustworthy', 'the file changed while it was read: it is read at the next time');

/** Opens what was looked at, and nothing that has come in its place. */
export async function openFile({ path, stat }: FolderFile): Promise<FileHandle> {
  // Without following a link that came since, and without waiting for the other end of a pipe.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch(unreadable('the newest file'));
  try {
    await refuseChanged(handle, stat);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Throws when the file is another one than it was, or was written to. */
export async function refuseChanged(handle: FileHandle, was: BigIntStats): Promise<void> {
  const is = await handle.stat({ bigint: true }).catch(unreadable('the newest file'));
  const parts = ['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const;
  if (!is.isFile() || parts.some((part) => is[part] !== was[part])) throw changed();
}

const chunkBytes = 64 * 1024;

/** The file from its start, each time. Throws when it is longer than it was. */
export async function* bytesOf(handle: FileHandle, { size }: BigIntStats): AsyncGenerator<Buffer, void> {
  for (let at = 0; ;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, at)
      .catch(unreadable('the newest file'));
    if (bytesRead === 0) return;
    at += bytesRead;
    if (at > size) throw changed();
    yield buffer.subarray(0, bytesRead);
  }
}

/** Throws unless what was read is what had been read before. */
export function refuseOther(digest: string, before: string): void {
  if (digest !== before) throw changed();
}

// Somebody has to give rights or a right path; everything else may be a network file system that is away.
const ours = new Set(['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EROFS']);

function unreadable(what: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof FeedFault) throw error;
    const code = codeOf(error);
    throw new FeedFault(ours.has(code) ? 'misconfigured' : 'unreachable', `${what} cannot be read (${code})`);
  };
}

function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException; // cast: whatever else it is has no code
  return typeof code === 'string' ? code : 'no reason given';
}
