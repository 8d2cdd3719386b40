// What every command needs first, with nothing installed yet: a Node that is new enough, the packages, the build.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const oldestNode = [20, 19];

/** Tells people what happens, on stderr, so that a result can be piped. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Ends with a plain sentence. */
export function stop(sentence) {
  say(sentence);
  process.exit(1);
}

/** Packages as the lockfile says, then an up-to-date build. Quick when nothing has changed. */
export async function prepare() {
  checkNode();
  installPackages();
  await build();
}

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  stop(`Doorman needs Node ${oldestNode.join('.')} or later; this is ${process.versions.node}. Install a newer one from https://nodejs.org.`);
}

export function installPackages() {
  if (!isOutdated()) return;
  step('installing packages', () => {
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const { status, error } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
    if (error?.code === 'ENOENT') stop('npm is not on PATH; it comes with Node.');
    if (status !== 0) stop('The packages could not be installed: npm says why above. Is the package registry within reach?');
  });
}

/** Whether a package that this computer needs is missing or has another version than the lockfile says. */
function isOutdated() {
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (installed === undefined) return true;
  const { packages } = readJson(join(root, 'package-lock.json'));
  return Object.entries(packages).some(([path, { version, optional, peer }]) =>
    path !== '' && !optional && !peer && installed[path]?.version !== version);
}

/** Compiles what has changed, copies what is no code, bundles the workflows. */
export async function build() {
  checkNode();
  if (isBuilt()) return;
  step('compiling', () => {
    // Left from files that are gone, old output would still be found.
    if (!existsSync(join(root, 'dist/.tsbuildinfo'))) rmSync(join(root, 'dist'), { recursive: true, force: true });
    const { status } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
      { cwd: root, stdio: ['ignore', 2, 2] });
    if (status !== 0) stop('The sources do not compile: the compiler says why above.');
  });
  for (const path of ['src/db/migrations', 'src/simulator/page', 'src/simulator/demo', 'src/stack/temporal']) copyOther(path);
  cpSync(join(root, 'bench', 'README.md'), join(root, 'dist/bench/README.md'), { force: true });
  await bundleWorkflows();
}

async function bundleWorkflows() {
  const require = createRequire(import.meta.url);
  const started = Date.now();
  const { bundleWorkflowCode, DefaultLogger } = require('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'workflows/index.ts'),
    failureConverterPath: join(root, 'dist/src/temporal/failureConverter.js'),
    logger: new DefaultLogger('ERROR'),
  });
  const { writeFileSync } = await import('node:fs');
  // Last: whoever finds it newer than the sources finds everything built.
  writeFileSync(join(root, 'dist/workflow-bundle.js'), code);
  say(`bundled the workflows in ${seconds(started)}`);
}

function isBuilt() {
  const bundle = join(root, 'dist/workflow-bundle.js');
  if (!existsSync(bundle)) return false;
  const built = statSync(bundle).mtimeMs;
  const sources = ['src', 'workflows', 'activities', 'bench', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  return sources.every((path) => newest(join(root, path)) < built);
}

function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // A folder's own time tells of files that were removed.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Copies everything but TypeScript, in its place below dist. */
function copyOther(path) {
  if (!existsSync(join(root, path))) return;
  mkdirSync(join(root, 'dist', path), { recursive: true });
  cpSync(join(root, path), join(root, 'dist', path), { recursive: true, filter: (source) => !source.endsWith('.ts') });
}

function step(what, work) {
  const started = Date.now();
  say(`${what} …`);
  work();
  say(`${what}: done in ${seconds(started)}`);
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
