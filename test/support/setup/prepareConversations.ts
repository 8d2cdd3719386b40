// Before the tests that skip time: the server's programs, and the bundle of the workflows, made once until they change.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { reported } from '../../../src/stack/progress';
import type { Progress } from '../../../src/stack/progress';
import { timeSkippingServer } from '../../../src/stack/temporal/timeSkippingServer';

const root = resolve(__dirname, '../../..');

/** Hands over, in the environment, how to start a server that skips time, and where the bundle is. */
export async function prepareConversations(progress: Progress): Promise<() => Promise<void>> {
  const [command, bundle] = await Promise.all([timeSkippingServer(progress), bundleOf(progress)]);
  Object.assign(process.env, { DOORMAN_TEST_SERVER: JSON.stringify(command), DOORMAN_TEST_BUNDLE: bundle });
  return async () => undefined;
}

/** The path of the bundle of the workflows as they are now. Five seconds when something changed, else none. */
export async function bundleOf(progress: Progress): Promise<string> {
  const folder = join(root, 'node_modules', '.cache', 'doorman');
  const file = join(folder, `bundle-${fingerprint()}.js`);
  if (existsSync(file)) return file;
  await reported(progress, 'bundling the workflows', async () => {
    // Loaded only when needed: webpack takes half a second.
    const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(root, 'workflows', 'index.ts'),
      failureConverterPath: join(root, 'src', 'temporal', 'failureConverter.ts'),
      logger: new DefaultLogger('WARN'),
    });
    mkdirSync(folder, { recursive: true });
    for (const old of readdirSync(folder).filter((name) => name.startsWith('bundle-'))) {
      if (Date.now() - statSync(join(folder, old)).mtimeMs > dayMs) rmSync(join(folder, old), { force: true });
    }
    writeFileSync(`${file}.${process.pid}`, code);
    renameSync(`${file}.${process.pid}`, file);
  });
  return file;
}

const dayMs = 24 * 3_600_000;

/** Of everything that a bundle can contain: what workflows may import, and the packages' versions. */
function fingerprint(): string {
  const hash = createHash('sha256');
  const paths = ['package-lock.json', ...['workflows', 'src/domain', 'src/temporal'].flatMap((folder) => filesBelow(join(root, folder)))];
  for (const path of paths) hash.update(`${relative(root, resolve(root, path))}\0`).update(readFileSync(resolve(root, path))).update('\0');
  return hash.digest('hex').slice(0, 16);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name)).sort();
}
