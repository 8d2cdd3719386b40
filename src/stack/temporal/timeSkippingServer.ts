// The server that skips time, for tests: found or got once, then started for each test file that wants one.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../cacheFolder';
import { withLock } from '../lock';
import { anyFreePort } from '../ports';
import { startServer } from '../processes';
import { findProgram, isProgram, runProgram, versionOf } from '../programs';
import { reported } from '../progress';
import type { Progress } from '../progress';
import { listens, untilReady } from './readiness';
import { download, downloaded } from './sdkDownload';

/** How to start it: the port is the last argument. */
export interface TestServerCommand {
  readonly file: string;
  readonly args: readonly string[];
}

export interface TestServer {
  readonly address: string;
  stop(): Promise<void>;
}

const mavenPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
const sentence = 'There is no Temporal test server (it skips time). Any of these helps: '
  + 'set TEMPORAL_TEST_SERVER_PATH to it; '
  + 'or install Java 11 or later and Maven, with which it is fetched once';

/** Finds it or gets it. Throws one sentence that says what to install or set. */
export async function timeSkippingServer(progress: Progress): Promise<TestServerCommand> {
  const named = process.env.TEMPORAL_TEST_SERVER_PATH;
  if (named !== undefined && named !== '') {
    if (isProgram(named)) return { file: named, args: [] };
    throw new Error(`TEMPORAL_TEST_SERVER_PATH is set, but ${named} is no program. Correct it, or unset it.`);
  }
  const java = findJava();
  if (java !== undefined && existsSync(jarFolder())) return javaCommand(java, progress);
  const before = downloaded('temporal-test-server');
  if (before !== undefined) return { file: before, args: [] };
  const maven = findProgram('mvn');
  if (java !== undefined && maven !== undefined) {
    await fetchJars(maven, progress);
    return javaCommand(java, progress);
  }
  const fetched = await download('temporal-test-server', progress);
  if (fetched !== undefined) return { file: fetched, args: [] };
  const lacking = java === undefined ? 'no Java' : 'no Maven';
  throw new Error(`${sentence} (${lacking} was found, and it could not be downloaded).`);
}

/** Starts one and waits until it listens, as long as it takes. `logFile` gets what it prints. */
export async function startTestServer(command: TestServerCommand, logFile: string): Promise<TestServer> {
  const { file, args } = command;
  const port = await anyFreePort();
  const server = startServer({ file, args: [...args, String(port)], logFile });
  await untilReady('the Temporal test server', server, () => listens(port));
  return { address: `127.0.0.1:${port}`, stop: () => server.stop('SIGTERM') };
}

function findJava(): string | undefined {
  const home = process.env.JAVA_HOME;
  return [home === undefined ? undefined : join(home, 'bin', 'java'), findProgram('java')]
    .find((path) => path !== undefined && isProgram(path) && versionOf(path, '-version') !== undefined);
}

const jarFolder = () => join(cacheFolder(), 'temporal-test-server-1.35.0');

async function fetchJars(maven: string, progress: Progress): Promise<void> {
  const target = jarFolder();
  await withLock(`${target}.lock`, 'the Temporal test server', progress, async () => {
    if (existsSync(target)) return;
    const half = mkdtempSync(`${target}-`);
    try {
      const pom = join(__dirname, 'testserver', 'pom.xml');
      const args = ['-q', '-B', '-f', pom, mavenPlugin, `-DoutputDirectory=${half}`, '-DincludeScope=runtime'];
      const what = 'fetching the Temporal test server with Maven, once (37 MB)';
      await reported(progress, what, () => runProgram(maven, args));
      renameSync(half, target);
    } catch (error) {
      rmSync(half, { recursive: true, force: true });
      throw new Error(`${sentence}. Fetching it with Maven failed:\n${(error as Error).message}`);
    }
  });
}

// Quick to start rather than quick in the end: a test file's server lives for seconds.
const jvmFlags = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'];
const mainClass = 'io.temporal.testserver.TestServer';

async function javaCommand(java: string, progress: Progress): Promise<TestServerCommand> {
  const folder = jarFolder();
  // An explicit list, in order: an archive of loaded classes is valid for exactly that class path and that Java.
  const jars = readdirSync(folder).filter((name) => name.endsWith('.jar')).sort();
  const classPath = jars.map((name) => join(folder, name)).join(':');
  const version = createHash('sha256').update(`${java} ${versionOf(java, '-version')}`).digest('hex').slice(0, 12);
  const archive = join(folder, `classes-${version}.jsa`);
  if (!existsSync(archive)) {
    const what = 'preparing the Temporal test server, once';
    await withLock(`${archive}.lock`, 'the Temporal test server', progress, () =>
      reported(progress, what, () => archiveClasses(java, classPath, archive)));
  }
  const shared = existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : [];
  return { file: java, args: [...jvmFlags, ...shared, '-cp', classPath, mainClass] };
}

/** Halves the start, from 1.2 s to 0.5 s. Without it everything works as well, so a failure is none. */
async function archiveClasses(java: string, classPath: string, archive: string): Promise<void> {
  if (existsSync(archive)) return;
  const folder = mkdtempSync(join(tmpdir(), 'doorman-jsa-'));
  const half = `${archive}.${process.pid}`;
  try {
    const args = [...jvmFlags, `-XX:ArchiveClassesAtExit=${half}`, '-cp', classPath, mainClass];
    const server = await startTestServer({ file: java, args }, join(folder, 'server.log'));
    await server.stop();
    renameSync(half, archive);
  } catch {
    rmSync(half, { force: true });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
