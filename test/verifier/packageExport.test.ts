// What backends import is what the build writes.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

test('the package gives backends the verifier, with its types, and nothing else', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, unknown>;
  };
  expect(exports).toEqual({
    './verifier': { types: './dist/src/verifier/verifier.d.ts', default: './dist/src/verifier/verifier.js' },
    './package.json': './package.json',
  });
  expect(existsSync(join(root, 'src', 'verifier', 'verifier.ts'))).toBe(true);
});
