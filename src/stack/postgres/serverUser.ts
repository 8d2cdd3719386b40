// Postgres refuses to run as root: which user it runs as then, and which folders that user can reach.
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Progress } from '../progress';

export interface ServerUser {
  readonly name: string;
  readonly ids: { readonly uid: number; readonly gid: number };
}

/** Undefined when we are not root: then Postgres runs as ourselves. Throws a sentence when there is no user to take. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'));
  for (const wanted of ['postgres', 'nobody']) {
    const [name, , uid, gid] = lines.find(([candidate]) => candidate === wanted) ?? [];
    if (name !== undefined) return { name, ids: { uid: Number(uid), gid: Number(gid) } };
  }
  throw new Error('Postgres does not run as root, and there is neither a user postgres nor nobody: '
    + 'run as another user, or set DATABASE_URL to a Postgres of your own.');
}

/** A folder of root's that everyone can enter. */
export function sharedFolder(): string {
  const folder = '/var/lib/doorman';
  mkdirSync(folder, { recursive: true });
  if (lstatSync(folder).uid !== 0) throw new Error(`${folder} does not belong to root: remove it`);
  chmodSync(folder, 0o755);
  return folder;
}

/**
 * `folder` if the server's user can get there, else one that stands for it (the same one each time). A checkout in
 * /root, say, is closed to everyone else, and a data folder in it of no use to Postgres.
 */
export function reachable(folder: string, user: ServerUser | undefined, progress: Progress): string {
  const wanted = resolve(folder);
  if (user === undefined || canEnter(dirname(wanted), user)) return wanted;
  const substitute = join(sharedFolder(), `data-${createHash('sha256').update(wanted).digest('hex').slice(0, 12)}`);
  progress(`user ${user.name} cannot enter ${dirname(wanted)}: Postgres keeps its data in ${substitute}`);
  return substitute;
}

function canEnter(folder: string, user: ServerUser): boolean {
  for (let at = folder; ; at = dirname(at)) {
    // What does not exist yet we shall make ourselves, open enough.
    if (existsSync(at) && !mayPass(at, user)) return false;
    if (at === dirname(at)) return true;
  }
}

function mayPass(folder: string, { ids }: ServerUser): boolean {
  const { mode, uid, gid } = statSync(folder);
  if (uid === ids.uid) return (mode & 0o100) !== 0;
  if (gid === ids.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}
