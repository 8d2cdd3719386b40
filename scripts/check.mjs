// npm run check: types, lint, tidiness and every test that needs neither a server nor long. What a developer runs all day.
import { argv, env, execPath, exit } from 'node:process';
import { checkNode, inRoot, installPackages, run, say, step } from './setup.mjs';

checkNode();
await installPackages();
// All of them make much that lives for a moment: with room for it they take a fifth less of the processor.
const node = (...args) => run(execPath, ['--max-semi-space-size=64', ...args], { quiet: true });
// The linter of docs/openapi.json asks nobody for a newer version, and tells nobody that it ran.
Object.assign(env, { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' });
const checks = {
  types: () => node(inRoot('node_modules', 'typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.json'),
  lint: () => node(inRoot('node_modules', 'eslint', 'bin', 'eslint.js'), '--cache', '--cache-location', 'node_modules/.cache/eslint/', '.'),
  openapi: () => node(inRoot('node_modules', '@redocly', 'cli', 'bin', 'cli.js'), 'lint', inRoot('docs', 'openapi.json'), '--config', inRoot('redocly.yaml')),
  // Jest leaves one processor alone; types and lint are done long before the tests are.
  tests: () => node(inRoot('node_modules', 'jest', 'bin', 'jest.js'), '--selectProjects', 'unit', '--maxWorkers=100%', ...argv.slice(2)),
};
let failed = false;
await step('checking types, lint and the tests that need neither a server nor long', () => Promise.all(Object.entries(checks).map(async ([name, check]) => {
  const { code, output } = await check();
  failed ||= code !== 0;
  say(code === 0 ? `${name}: in order${name === 'tests' ? ` (${/^Tests:.*$/m.exec(output)?.[0].replace(/^Tests:\s*/, '')})` : ''}` : `${output.trim()}\n${name}: NOT in order`);
})));
exit(failed ? 1 : 0);
