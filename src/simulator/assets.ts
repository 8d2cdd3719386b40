// Finds the simulator's files that are not code: the compiler leaves them beside the sources.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The absolute path of a file or folder of src/simulator, from the sources and from dist alike. */
export function assetPath(...parts: string[]): string {
  const beside = join(__dirname, ...parts);
  return existsSync(beside) ? beside : resolve(__dirname, '../../../src/simulator', ...parts);
}
