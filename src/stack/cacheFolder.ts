// Where things that took long to get are kept, for this user and all checkouts: servers built or downloaded once.
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `DOORMAN_CACHE`, or `doorman` in the user's cache folder. Made when missing. */
export function cacheFolder(...parts: string[]): string {
  const { DOORMAN_CACHE: own, XDG_CACHE_HOME: shared } = process.env;
  const base = own !== undefined && own !== '' ? own
    : join(shared !== undefined && shared !== '' ? shared : join(homedir(), '.cache'), 'doorman');
  const folder = join(base, ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}
