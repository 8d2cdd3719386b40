// npm test: sets up all that the tests need, runs them, and ends with one line: N passed, N failed, N skipped.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, env, execPath, exit, stdout } from 'node:process';
import { prepare } from './build.mjs';
import { inRoot, run, say, step } from './setup.mjs';

const recording = argv.includes('--record-histories');
const wanted = argv.slice(2).filter((argument) => argument !== '--record-histories');
// A history from production to be replayed: a path.
const history = wanted.includes('--history') ? wanted.splice(wanted.indexOf('--history'), 2)[1] : undefined;
if (recording) wanted.push('test/replay/recording');
await prepare();
const programs = { CHROMIUM_PATH: await findChromium(), SLAPD_PATH: await findSlapd() };

const folder = mkdtempSync(join(tmpdir(), 'doorman-results-'));
const results = join(folder, 'results.json');
// Servers are found, fetched or built by the tests' own set-up (test/support/setup), when a test needs them.
const { code } = await run(execPath, [inRoot('node_modules', 'jest', 'bin', 'jest.js'), '--json', `--outputFile=${results}`, ...wanted], {
  env: {
    ...env,
    ...Object.fromEntries(Object.entries(programs).filter(([, path]) => path !== undefined)),
    ...recording ? { DOORMAN_RECORD_HISTORIES: '1' } : {},
    ...history === undefined ? {} : { DOORMAN_HISTORY: history },
  },
});
stdout.write(`${closingLine()}\n`);
rmSync(folder, { recursive: true, force: true });
exit(code);

function closingLine() {
  if (!existsSync(results)) return '0 passed, 1 failed, 0 skipped';
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(results, 'utf8'));
  // A file that does not even load has no test to count.
  const unloadable = testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0).length;
  return `${numPassedTests} passed, ${numFailedTests + unloadable} failed, ${numPendingTests + numTodoTests} skipped`;
}

/** The browser of the page's test. */
function findChromium() {
  return findProgram({
    name: 'Chromium', variable: 'CHROMIUM_PATH', debian: 'chromium', tests: 'the tests of the simulator page',
    needed: /simulator|page|browser|journeys/,
    places: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'],
  });
}

/** The LDAP server that the tests of LDAP start. */
function findSlapd() {
  return findProgram({
    name: 'slapd', variable: 'SLAPD_PATH', debian: 'slapd', tests: 'the tests of a real LDAP server',
    needed: /ldap|slapd|directory/,
    places: ['/usr/sbin/slapd', '/usr/libexec/slapd', '/usr/lib/openldap/slapd', '/opt/homebrew/opt/openldap/libexec/slapd'],
  });
}

/** In CI what is missing is installed where that is possible. Without it its tests are skipped. */
async function findProgram({ name, variable, debian, tests, needed, places }) {
  const found = () => [env[variable], ...places].find((path) => path !== undefined && existsSync(path));
  if (wanted.length > 0 && !wanted.some((argument) => needed.test(argument))) return found();
  if (found() === undefined && env.CI === 'true' && process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    // At this run level no package starts a service of its own: the tests start what they need.
    const quietly = { quiet: true, env: { ...env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } };
    const apt = (...args) => run('apt-get', ['-y', '-qq', ...args], quietly);
    await step(`installing ${name}`, async () => {
      await apt('update');
      await apt('install', '--no-install-recommends', debian);
    });
  }
  if (found() === undefined) say(`There is no ${name} (${variable}): ${tests} are skipped.`);
  return found();
}
