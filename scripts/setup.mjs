// What every script needs before anything else can run: Node, the packages, progress. Plain Node: no package is there yet.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const inRoot = (...parts) => join(root, ...parts);

export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Ends the process with a plain sentence instead of a stack. */
export function stop(sentence) {
  say(sentence);
  process.exit(1);
}

const [nodeMajor, nodeMinor] = process.versions.node.split('.').map(Number);

export function checkNode() {
  if (nodeMajor > 20 || (nodeMajor === 20 && nodeMinor >= 19)) return;
  stop(`Doorman needs Node 20.19 or later (best: 24); this is ${process.versions.node}. Install one from https://nodejs.org.`);
}

/** Runs a step: a line when it has lasted a second, then one every five. */
export async function step(what, work) {
  const began = Date.now();
  let repeat;
  const first = setTimeout(() => {
    say(`${what} …`);
    repeat = setInterval(() => say(`${what} … ${Math.round((Date.now() - began) / 1000)} s`), 5_000);
  }, 1_000);
  try {
    return await work();
  } finally {
    clearTimeout(first);
    clearInterval(repeat);
  }
}

/** Runs a program in the root. Resolves with its exit code and what it printed ('' when it writes to the terminal). */
export function run(file, args, { env = process.env, quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, env, stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit' });
    const printed = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => printed.push(chunk));
    child.once('error', (error) => resolve({ code: 127, output: error.message }));
    child.once('close', (code, signal) => {
      if (signal !== null) say(`${file} ${args[0] ?? ''} was ended by ${signal}`);
      resolve({ code: code ?? 1, output: Buffer.concat(printed).toString('utf8') });
    });
    // A Ctrl-C reaches the child by itself; we stay to the end and pass on its exit code.
    if (!quiet) for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { if (signal === 'SIGTERM') child.kill(signal); });
  });
}

const lockfile = inRoot('package-lock.json');
const stamp = inRoot('node_modules', '.doorman-lockfile');

/** Installs the packages when there are none, or other ones than the lockfile names. */
export async function installPackages() {
  const wanted = createHash('sha256').update(readFileSync(lockfile)).update(`${process.platform} ${process.arch} ${nodeMajor}`).digest('hex');
  if (read(stamp) === wanted) return;
  if (!installedByHand()) {
    const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
    // Whatever NODE_ENV says: building and testing need the development packages, Postgres comes as an optional one.
    const args = [...npm.slice(1), 'ci', '--include=dev', '--include=optional', '--no-fund', '--no-audit'];
    const { code, output } = await step('installing packages', () => run(npm[0], args, { quiet: true }));
    if (code !== 0) stop(`${output.trim()}\n\nThe packages could not be installed (npm ci). Is the network there, and the registry reachable?`);
  }
  writeFileSync(stamp, wanted);
}

/** Whether somebody ran `npm ci` already: npm's own list of what is installed agrees with the lockfile. */
function installedByHand() {
  const hidden = read(inRoot('node_modules', '.package-lock.json'));
  if (hidden === undefined) return false;
  const installed = JSON.parse(hidden).packages ?? {};
  const locked = JSON.parse(readFileSync(lockfile, 'utf8')).packages;
  return Object.entries(locked).every(([path, { version, optional, devOptional }]) =>
    path === '' || (path in installed ? installed[path].version === version : optional === true || devOptional === true));
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** The Temporal development server, found or got by the built code. */
export async function temporalBinary() {
  const { default: stack } = await import(inRoot('dist', 'src', 'stack', 'temporal', 'temporalBinary.js'));
  return stack.temporalBinary(say);
}
