// npm run bench: builds, then measures. Arguments are passed on.
import { argv, env, execPath, exit } from 'node:process';
import { prepare } from './build.mjs';
import { inRoot, run, temporalBinary } from './setup.mjs';

await prepare();
const { code } = await run(execPath, [inRoot('dist', 'bench', 'index.js'), ...argv.slice(2)], {
  env: { ...env, TEMPORAL_CLI_PATH: await temporalBinary() },
});
exit(code);
