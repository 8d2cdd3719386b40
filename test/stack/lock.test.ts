// One process at a time gets what takes long to get.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../../src/stack/lock';

let folder: string;

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'doorman-lock-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('several that want the same thing take turns', async () => {
  let inside = 0;
  let most = 0;
  await Promise.all([1, 2, 3].map(() => withLock(join(folder, 'lock'), 'it', () => undefined, async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => { setImmediate(resolve); });
    inside -= 1;
  })));
  expect(most).toBe(1);
});

test('the lock of a process that died is taken over', async () => {
  writeFileSync(join(folder, 'lock'), '4194303 long-ago');
  expect(await withLock(join(folder, 'lock'), 'it', () => undefined, async () => 'done')).toBe('done');
});

test('work that fails gives the lock back', async () => {
  const failing = withLock(join(folder, 'lock'), 'it', () => undefined, async () => { throw new Error('no network'); });
  await expect(failing).rejects.toThrow('no network');
  expect(await withLock(join(folder, 'lock'), 'it', () => undefined, async () => 'done')).toBe('done');
});
