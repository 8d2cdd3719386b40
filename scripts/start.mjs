// npm start: packages, build, then `doorman up` in this terminal.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './setup.mjs';

await prepare();
const up = spawn(process.execPath, [join(root, 'dist/src/cli.js'), 'up', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
// Ctrl-C reaches both; this process waits for the other one to end in order.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => up.kill('SIGTERM'));
up.on('exit', (code, signal) => process.exit(signal === null ? code ?? 1 : 0));
