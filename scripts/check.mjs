// npm run check: types, lint, and every test that needs no server. What a developer runs all day.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { checkNode, installPackages, root, say } from './setup.mjs';

checkNode();
installPackages();

const tools = [
  ['types', 'typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'],
  ['lint', 'eslint/bin/eslint.js', '--cache', '--cache-location', 'node_modules/.cache/eslint/', '.'],
  ['tests', 'jest/bin/jest.js', '--selectProjects', 'unit', '--silent', '--reporters', 'default'],
];

/** Its output at once when it fails, nothing but a line when it does not. */
function run([name, script, ...args]) {
  const started = Date.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', script), ...args], { cwd: root });
    let output = '';
    child.stdout.on('data', (data) => { output += data; });
    child.stderr.on('data', (data) => { output += data; });
    child.on('exit', (code) => {
      const took = `${((Date.now() - started) / 1000).toFixed(1)} s`;
      say(code === 0 ? `${name}: fine, ${took}` : `${name}: failed, ${took}\n${output}`);
      resolve(code === 0);
    });
  });
}

const results = await Promise.all(tools.map(run));
process.exit(results.every(Boolean) ? 0 : 1);
