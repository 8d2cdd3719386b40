// npm run build: packages must be there; does nothing in a fraction of a second when nothing has changed.
import { build } from './setup.mjs';

await build();
