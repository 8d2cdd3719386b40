// Lets the Temporal SDK download a server, in a process of its own: the SDK's download knows no time limit.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../cacheFolder';
import { isProgram, runProgram } from '../programs';
import { reported } from '../progress';
import type { Progress } from '../progress';

/** `temporal` is the development server, `temporal-test-server` the one that skips time. */
export type ServerName = 'temporal' | 'temporal-test-server';

const versions: Record<ServerName, string> = { temporal: 'v1.8.2', 'temporal-test-server': 'default' };
const factories: Record<ServerName, string> = { temporal: 'createLocal', 'temporal-test-server': 'createTimeSkipping' };
const askMs = 3_000;
/** 40 MB over a slow line. */
const downloadMs = 180_000;

const folderOf = (name: ServerName) => cacheFolder('sdk', name);

/** What the SDK has downloaded for us before, if anything. */
export function downloaded(name: ServerName): string | undefined {
  const folder = folderOf(name);
  return readdirSync(folder).filter((file) => !file.endsWith('.downloading')).map((file) => join(folder, file))
    .find(isProgram);
}

/** Downloads; the path, or undefined when the network does not give it: quickly so where there is no network. */
export async function download(name: ServerName, progress: Progress): Promise<string | undefined> {
  if (!await answers('https://temporal.download/')) return undefined;
  const executable = {
    type: 'cached-download', version: versions[name], downloadDir: folderOf(name), ttl: '3650 days',
  };
  const script = `require(${JSON.stringify(require.resolve('@temporalio/testing'))}).TestWorkflowEnvironment
    .${factories[name]}({ server: { executable: ${JSON.stringify(executable)} } })
    .then((env) => env.teardown()).then(() => process.exit(0), () => process.exit(1));`;
  const run = () => runProgram(process.execPath, ['-e', script], { limitMs: downloadMs });
  try {
    await reported(progress, `downloading ${name}`, run);
  } catch {
    // A server that was downloaded but started too slowly is a server nevertheless.
  }
  return downloaded(name);
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(askMs) })
    .then(() => true, () => false);
}
