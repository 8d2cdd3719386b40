// npm test: all set-up from nothing, then Jest; arguments are paths of tests. Ends with one plain line of counts.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, root, say } from './setup.mjs';

const record = process.argv.includes('--record-histories');
const given = process.argv.slice(2).filter((argument) => argument !== '--record-histories');
const history = valueOf('--history');

await prepare();
if (given.length === 0 || given.some((path) => /journeys|simulator/.test(path))) installChromium();

const folder = mkdtempSync(join(tmpdir(), 'doorman-test-'));
const report = join(folder, 'report.json');
const paths = record ? ['test/replay'] : given;
const { status } = spawnSync(process.execPath,
  [join(root, 'node_modules/jest/bin/jest.js'), '--json', `--outputFile=${report}`, ...(paths.length > 0 ? ['--', ...paths] : [])],
  {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      ...(record ? { DOORMAN_RECORD_HISTORIES: '1' } : {}),
      ...(history === undefined ? {} : { DOORMAN_HISTORY: history }),
    },
  });
const code = conclude();
rmSync(folder, { recursive: true, force: true });
process.exit(code);

function conclude() {
  if (!existsSync(report)) {
    say('Jest ended without a report: what went wrong is above.');
    return status || 1;
  }
  const { numPassedTests, numFailedTests, numPendingTests, success } = JSON.parse(readFileSync(report, 'utf8'));
  // A suite that cannot be loaded has no failed test, and is a failure all the same.
  const failed = success ? numFailedTests : Math.max(numFailedTests, 1);
  process.stdout.write(`${numPassedTests} passed, ${failed} failed, ${numPendingTests} skipped\n`);
  return status ?? 1;
}

/** In CI the page is looked at in a real browser; elsewhere that test says why it is skipped. */
function installChromium() {
  const isThere = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', process.env.CHROMIUM_PATH]
    .some((path) => path !== undefined && existsSync(path));
  const canInstall = process.env.CI === 'true' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (isThere || !canInstall) return;
  say('installing Chromium …');
  const apt = (...args) => spawnSync('apt-get', [...args, '-qq', '-y'], { stdio: ['ignore', 'ignore', 'inherit'] });
  apt('update');
  if (apt('install', '--no-install-recommends', 'chromium').status !== 0) say('Chromium could not be installed: the test of the page will be skipped.');
}

function valueOf(option) {
  const index = given.indexOf(option);
  if (index < 0) return undefined;
  const [, value] = given.splice(index, 2);
  return value;
}
