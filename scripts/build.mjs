// Compiles to dist/, copies what is not code, and bundles the workflows. Does nothing when nothing has changed.
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { checkNode, inRoot, installPackages, root, run, say, step, stop } from './setup.mjs';

const sources = ['src', 'workflows', 'activities', 'bench'];
const builtFrom = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'tsconfig.verifier.json', 'scripts/build.mjs'];
const stamp = inRoot('dist', '.built-from');
const bundle = inRoot('dist', 'workflow-bundle.js');
const bundleStamp = inRoot('dist', '.bundled-from');
const typesStamp = inRoot('dist', '.declared-from');

/** What every command needs first: a Node that is new enough, the packages, the build. */
export async function prepare() {
  checkNode();
  await installPackages();
  await build();
}

/** Brings dist/ up to date. Ends the process with the compiler's words when it cannot. */
export async function build() {
  const wanted = fingerprint([...builtFrom, ...sources.flatMap(filesBelow)]);
  if (read(stamp) === wanted && existsSync(bundle)) return;
  await compile();
  await declareVerifier();
  copyAssets();
  removeLeftOvers();
  await bundleWorkflows();
  chmodSync(inRoot('dist', 'src', 'cli.js'), 0o755);
  writeFileSync(stamp, wanted);
}

async function compile() {
  // The compiler trusts its notes about what it has written; without the files they are wrong.
  if (!existsSync(inRoot('dist', 'src', 'cli.js'))) rmSync(inRoot('dist', '.tsbuildinfo'), { force: true });
  const args = [inRoot('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'];
  const { code, output } = await step('compiling', () => run(process.execPath, args, { quiet: true }));
  if (code !== 0) stop(`${output.trim()}\n\nThe code does not compile.`);
}

/** The types of what backends import; nobody else's are needed. */
async function declareVerifier() {
  const wanted = fingerprint(['package-lock.json', 'tsconfig.verifier.json', ...filesBelow('src/verifier')]);
  if (read(typesStamp) === wanted) return;
  const args = [inRoot('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.verifier.json'];
  const { code, output } = await step('declaring the verifier', () => run(process.execPath, args, { quiet: true }));
  if (code !== 0) stop(`${output.trim()}\n\nThe verifier does not compile.`);
  writeFileSync(typesStamp, wanted);
}

function copyAssets() {
  for (const file of sources.flatMap(filesBelow).filter((name) => !name.endsWith('.ts'))) {
    const target = inRoot('dist', file);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(inRoot(file), target);
  }
}

/** What was compiled from a file that is gone would still be found by `require`. */
function removeLeftOvers() {
  for (const file of sources.flatMap((folder) => filesBelow(join('dist', folder)))) {
    const source = relative('dist', file);
    const candidates = [source, source.replace(/\.(js(\.map)?|d\.ts)$/, '.ts')];
    if (!candidates.some((candidate) => existsSync(inRoot(candidate)))) rmSync(inRoot(file));
  }
}

async function bundleWorkflows() {
  const workflowsPath = inRoot('dist', 'workflows', 'index.js');
  const failureConverterPath = inRoot('dist', 'src', 'temporal', 'failureConverter.js');
  const parts = ['dist/workflows', 'dist/src/domain', 'dist/src/temporal'].flatMap(filesBelow).filter((name) => name.endsWith('.js'));
  const wanted = fingerprint(['package-lock.json', ...parts]);
  if (read(bundleStamp) === wanted && existsSync(bundle)) return;
  const { default: { bundleWorkflowCode, DefaultLogger } } = await import('@temporalio/worker');
  const { code } = await step('bundling the workflows', () =>
    bundleWorkflowCode({ workflowsPath, failureConverterPath, logger: new DefaultLogger('WARN') }));
  // A worker that starts at this moment reads the old bundle or the new one.
  writeFileSync(`${bundle}.new`, code);
  renameSync(`${bundle}.new`, bundle);
  writeFileSync(bundleStamp, wanted);
}

function fingerprint(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(inRoot(file))).update('\0');
  return hash.digest('hex');
}

function filesBelow(folder) {
  const path = inRoot(folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name))).sort();
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  await prepare();
}
