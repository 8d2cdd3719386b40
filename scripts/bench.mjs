// npm run bench: builds, then measures. Arguments are explained in bench/README.md.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './setup.mjs';

await prepare();
const { status } = spawnSync(process.execPath, [join(root, 'dist/bench/index.js'), ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
