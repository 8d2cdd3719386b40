// Finds Temporal's development server, or gets it once and keeps it: by download, or built from source with Go.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../cacheFolder';
import { withLock } from '../lock';
import { findProgram, runProgram, versionOf } from '../programs';
import { reported } from '../progress';
import type { Progress } from '../progress';
import { download, downloaded } from './sdkDownload';

/** The version that we build and test with (Temporal server 1.31.2). */
export const temporalCliVersion = '1.8.2';

const sentence = 'There is no Temporal development server. Any of these helps: '
  + 'set TEMPORAL_ADDRESS to a Temporal server that runs; '
  + 'install the Temporal CLI (https://docs.temporal.io/cli) or set TEMPORAL_CLI_PATH to it; '
  + 'or install Go 1.26 or later, with which it is built once';

/** The path of a `temporal` that runs. Throws one sentence that says what to install or set. */
export async function temporalBinary(progress: Progress): Promise<string> {
  const named = process.env.TEMPORAL_CLI_PATH;
  if (named !== undefined && named !== '') {
    if (runs(named)) return named;
    throw new Error(`TEMPORAL_CLI_PATH is set, but \`${named} --version\` does not work. Correct it, or unset it.`);
  }
  for (const candidate of [findProgram('temporal'), built(), downloaded('temporal')]) {
    if (candidate !== undefined && runs(candidate)) return candidate;
  }
  const fetched = await download('temporal', progress);
  if (fetched !== undefined && runs(fetched)) return fetched;
  if (findProgram('go') === undefined) throw new Error(`${sentence} (it could not be downloaded, and there is no Go).`);
  return buildTemporal(progress);
}

// One that exits at once would cost half a minute of waiting and a misleading message later.
function runs(path: string): boolean {
  return versionOf(path)?.startsWith('temporal version') ?? false;
}

const builtFolder = () => cacheFolder(`temporal-${temporalCliVersion}`);

function built(): string | undefined {
  const path = join(builtFolder(), 'temporal');
  return existsSync(path) ? path : undefined;
}

/** Builds it with Go into the cache folder: four to ten minutes on two cores, once for this user. */
export async function buildTemporal(progress: Progress): Promise<string> {
  const target = join(builtFolder(), 'temporal');
  return withLock(`${target}.lock`, 'Temporal', progress, async () => {
    // Another process may have built it while we waited.
    if (existsSync(target) && runs(target)) return target;
    for (const name of readdirSync(builtFolder()).filter((one) => one.startsWith('half-'))) {
      rmSync(join(builtFolder(), name), { recursive: true, force: true });
    }
    const half = mkdtempSync(join(builtFolder(), 'half-'));
    try {
      await build(half, progress);
      renameSync(join(half, 'temporal'), target);
    } catch (error) {
      throw new Error(`${sentence}. Building it with Go failed:\n${(error as Error).message}`);
    } finally {
      rmSync(half, { recursive: true, force: true });
    }
    return target;
  });
}

async function build(folder: string, progress: Progress): Promise<void> {
  const source = join(folder, 'source');
  mkdirSync(source);
  for (const file of ['go.mod', 'go.sum', 'tools.go']) {
    copyFileSync(join(__dirname, 'cli', file), join(source, file));
  }
  progress(`building Temporal ${temporalCliVersion} from source with Go, once: four to ten minutes on two cores`);
  const flags = `-s -w -X github.com/temporalio/cli/internal/temporalcli.Version=${temporalCliVersion}`;
  let packages = 0;
  const counted = (line: string) => progress(packages === 0 ? line : `${line} (${packages} packages)`);
  const to = join(folder, 'temporal');
  await reported(counted, 'building Temporal', () => runProgram('go', [
    'build', '-v', '-trimpath', '-ldflags', flags, '-o', to, 'github.com/temporalio/cli/cmd/temporal',
  ], {
    cwd: source,
    // No C compiler is needed, whatever is installed.
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
    onLine: () => { packages += 1; },
  }));
}
