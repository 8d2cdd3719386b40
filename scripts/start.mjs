// npm start: everything on this computer, from nothing.
import { argv, chdir } from 'node:process';
import { prepare } from './build.mjs';
import { inRoot, root } from './setup.mjs';

await prepare();
chdir(root);
// In this very process: whoever stops it stops the stack, whichever signal it is.
argv.splice(1, argv.length - 1, inRoot('dist', 'src', 'cli.js'), 'up', ...argv.slice(2));
await import(argv[1]);
