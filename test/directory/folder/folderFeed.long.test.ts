// A folder with real files, into which somebody writes while it is read.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, renameSync, rmSync, statSync, symlinkSync,
  unlinkSync, utimesSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeedPage } from '../../../src/directory/directoryFeed';
import { createFolderFeed, folderSettings } from '../../../src/directory/folder/folderFeed';
import { directoryFeedSuite } from '../../ports/directoryFeed.suite';
import { annaLine, benLine, csvOf, header } from '../csv/csvFiles';

const folders: string[] = [];

function newFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'folder-')));
  folders.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const later = () => Date.now() + 60_000;

const feedOf = (path: string, told: object = {}, now = later) =>
  createFolderFeed({ source: 'files', ...folderSettings.parse({ kind: 'folder', path, ...told }) }, {}, now);

async function pagesOf(path: string, { since, told, now }: { since?: string; told?: object; now?: () => number } = {}) {
  const pages: FeedPage[] = [];
  for await (const page of feedOf(path, told, now).read({ mode: 'full', ...since !== undefined && { since } })) pages.push(page);
  return pages;
}

/** What a reading comes to: who was read, or that nothing is new; what was remarked; the watermark. */
async function read(path: string, how: Parameters<typeof pagesOf>[1] = {}) {
  const pages = await pagesOf(path, how);
  const items = pages.flatMap((page) => page.items);
  return {
    people: pages.some(({ unchanged }) => unchanged) ? 'unchanged'
      : items.flatMap((item) => ('record' in item ? [item.record.employeeNumber] : [])),
    notices: items.flatMap((item) => ('notice' in item ? [item.notice.why] : [])),
    problems: items.flatMap((item) => ('problem' in item ? [item.problem] : [])),
    watermark: pages.at(-1)!.watermark!,
  };
}

const minute = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, n));

/** A file of these people, as of this minute. */
function put(folder: string, name: string, ids: readonly (number | string)[], at?: Date): string {
  const path = join(folder, name);
  writeFileSync(path, `${[header, ...ids.map((id) => annaLine.replace('144133', String(id)))].join('\n')}\n`);
  if (at !== undefined) utimesSync(path, at, at);
  return path;
}

directoryFeedSuite('A folder', async (people) => {
  const folder = newFolder();
  writeFileSync(join(folder, 'people.csv'), csvOf(people));
  return {
    feed: feedOf(folder),
    isOpen: () => readdirSync('/proc/self/fd').some((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
      } catch {
        return false; // the one by which the list was read
      }
    }),
  };
});

describe('of a folder', () => {
  it('the newest file is read, by its time', async () => {
    const folder = newFolder();
    put(folder, 'c.csv', [1001], minute(1));
    put(folder, 'b.csv', [1002, 1003], minute(3));
    put(folder, 'a.CSV', [1004], minute(2));
    const { people, notices } = await read(folder);
    expect({ people, notices }).toEqual({
      people: ['1002', '1003'], notices: ['is read: its file of 2026-01-01T00:03:00.000Z'] });
  });

  it('the newest file is read, by its name where names hold the date', async () => {
    const folder = newFolder();
    put(folder, 'people-2026-01-02.csv', [1002], minute(1));
    put(folder, 'people-2026-01-01.csv', [1001], minute(9));
    expect(await read(folder, { told: { order: 'name' } })).toMatchObject({ people: ['1002'] });
  });

  it.each([
    ['people-*.csv', true], ['*', true], ['people-?.CSV', true], ['people-1.csv', true], ['*-*-*.csv', false],
    ['people-??.csv', false], ['[a-z]*.csv', false], ['.*', false], ['people-1-csv', false],
  ])('the pattern %s says which files are read: %p', async (pattern, isRead) => {
    const folder = newFolder();
    put(folder, 'people-1.csv', [1001]);
    const { people } = await read(folder, { told: { pattern } });
    expect(people).toEqual(isRead ? ['1001'] : 'unchanged');
  });

  it.each([
    '.people.csv', 'people.csv.part', 'people.csv.tmp', 'people.csv.filepart', 'people.csv~', 'people.csv.PARTIAL', 'people.crdownload',
  ])('%s is not read: nobody has written it to its end', async (name) => {
    const folder = newFolder();
    put(folder, name, [1001]);
    expect(await read(folder, { told: { pattern: '*' } })).toMatchObject({
      people: 'unchanged', notices: ['holds no file that is to be read'] });
  });

  it('a file waits until nobody has written to it for a while', async () => {
    const folder = newFolder();
    const old = put(folder, 'old.csv', [1001], minute(1));
    put(folder, 'new.csv', [1002], minute(2));
    const changedAt = statSync(join(folder, 'new.csv')).ctimeMs;
    const waiting = 'holds files that are still written, or dated in the future, and wait: 2';
    expect(await read(folder, { now: () => changedAt + 29_000 })).toMatchObject({ people: 'unchanged', notices: [waiting] });
    expect(await read(folder, { now: () => changedAt + 30_000 })).toMatchObject({ people: ['1002'] });
    const told = { settledAfter: '5m' };
    expect(await read(folder, { told, now: () => changedAt + 299_000 })).toMatchObject({ people: 'unchanged' });
    unlinkSync(old);
    expect(await read(folder, { told, now: () => changedAt + 300_000 })).toMatchObject({ people: ['1002'] });
  });

  it('a file that is dated in the future waits, and keeps no other from being read', async () => {
    const folder = newFolder();
    put(folder, 'now.csv', [1001]);
    put(folder, 'future.csv', [1002], new Date(Date.now() + 3_600_000));
    expect(await read(folder)).toMatchObject({
      people: ['1001'],
      notices: ['holds files that are still written, or dated in the future, and wait: 1', expect.stringMatching(/^is read/)] });
  });

  it('nothing but files is read', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'folder.csv'));
    execFileSync('mkfifo', [join(folder, 'pipe.csv')]);
    expect(await read(folder)).toMatchObject({ people: 'unchanged' });
  });

  it('no file is read that lies elsewhere, through whatever link', async () => {
    const [folder, elsewhere] = [newFolder(), newFolder()];
    put(elsewhere, 'people.csv', [1001]);
    symlinkSync(join(elsewhere, 'people.csv'), join(folder, 'a.csv'));
    symlinkSync(elsewhere, join(folder, 'more'));
    symlinkSync('more/people.csv', join(folder, 'b.csv'));
    symlinkSync('nowhere', join(folder, 'c.csv'));
    symlinkSync('d.csv', join(folder, 'd.csv'));
    expect(await read(folder)).toMatchObject({
      people: 'unchanged', notices: ['holds links that lead out of it, which are not read: 2'] });
  });

  it('a file is read through a link within it, as where a volume is swapped as a whole', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, '..2026'));
    put(join(folder, '..2026'), 'people.csv', [1001]);
    symlinkSync('..2026', join(folder, '..data'));
    symlinkSync('..data/people.csv', join(folder, 'people.csv'));
    expect(await read(folder)).toMatchObject({ people: ['1001'] });
  });

  it('a file with a problem is told line by line', async () => {
    const folder = newFolder();
    put(folder, 'people.csv', ['__proto__', 1002]);
    expect(await read(folder)).toMatchObject({ people: ['1002'], problems: [{ where: 'line 2', column: 'employee_id' }] });
    writeFileSync(join(folder, 'people.csv'), `${header}\n"${annaLine}\n${benLine}\n`);
    expect(await read(folder)).toMatchObject({ people: [], problems: [{ where: 'line 2' }] });
  });
});

describe('a file of a folder', () => {
  it('is read once', async () => {
    const folder = newFolder();
    put(folder, 'people.csv', [1001]);
    const { watermark } = await read(folder);
    expect(await read(folder, { since: watermark })).toEqual({ people: 'unchanged', notices: [], problems: [], watermark });
    expect(await read(folder)).toMatchObject({ people: ['1001'] });
  });

  it('is the same one after it was touched, renamed or put there again', async () => {
    const folder = newFolder();
    const path = put(folder, 'people.csv', [1001], minute(1));
    const { watermark: since } = await read(folder);
    utimesSync(path, minute(2), minute(2));
    expect(await read(folder, { since })).toMatchObject({ people: 'unchanged', watermark: since });
    renameSync(path, join(folder, 'renamed.csv'));
    expect(await read(folder, { since })).toMatchObject({ people: 'unchanged' });
    put(folder, 'again.csv', [1001], minute(5));
    expect(await read(folder, { since })).toMatchObject({ people: 'unchanged' });
  });

  it('is read again when it says something else, though name, size and time are as they were before', async () => {
    const folder = newFolder();
    put(folder, 'people.csv', [1001], minute(1));
    const { watermark: since } = await read(folder);
    put(folder, 'people.csv', [1002], minute(2));
    expect(await read(folder, { since })).toMatchObject({ people: ['1002'] });
  });

  it.each([{ country: 'DE' }, { aliases: { mobile: ['Natel'] } }, { complete: false }])(
    'is read again when it is read otherwise: %j', async (told) => {
      const folder = newFolder();
      put(folder, 'people.csv', [1001]);
      const { watermark: since } = await read(folder);
      expect(await read(folder, { since, told })).toMatchObject({ people: ['1001'] });
    });

  it('is not gone back to when the newer one is taken away', async () => {
    const folder = newFolder();
    put(folder, 'monday.csv', [1001, 1002], minute(1));
    const newer = put(folder, 'tuesday.csv', [1001], minute(2));
    for (const told of [{ order: 'mtime' }, { order: 'name' }]) {
      const { people, watermark: since } = await read(folder, { told });
      expect(people).toEqual(['1001']);
      renameSync(newer, join(folder, '.archived'));
      expect(await read(folder, { since, told })).toMatchObject({
        people: 'unchanged', watermark: since,
        notices: ['holds nothing newer than what was applied last: an older file is not read'] });
      renameSync(join(folder, '.archived'), newer);
    }
  });

  it.each(['', 'null', '{}', '[]', '{"sha256":"x"}', 'x'.repeat(10_000), '{"__proto__":{"settings":"x"}}'])(
    'is read when the last reading is told by %p', async (since) => {
      const folder = newFolder();
      put(folder, 'people.csv', [1001]);
      expect(await read(folder, { since })).toMatchObject({ people: ['1001'] });
    });
});

describe('a file that changes while it is read', () => {
  const ids = Array.from({ length: 3_000 }, (_, n) => 10_000 + n);
  const changes: Record<string, (path: string) => void> = {
    'grows': (path) => appendFileSync(path, `${benLine}\n`),
    'is cut short': (path) => writeFileSync(path, `${header}\n${annaLine}\n`),
    'is written anew, with its time put back': (path) => {
      const { mtime } = statSync(path);
      put(join(path, '..'), 'people.csv', [...ids].reverse());
      utimesSync(path, mtime, mtime);
    },
    'is replaced': (path) => renameSync(put(join(path, '..'), 'other.txt', ids), path),
    'is taken away': unlinkSync,
  };

  it.each(Object.keys(changes))('and %s, is not applied', async (what) => {
    const folder = newFolder();
    const path = put(folder, 'people.csv', ids);
    const pages = feedOf(folder).read()[Symbol.asyncIterator]();
    await pages.next();
    changes[what]!(path);
    const rest = async () => {
      const watermarks = [];
      for (let page = await pages.next(); page.done !== true; page = await pages.next()) watermarks.push(page.value.watermark);
      return watermarks;
    };
    await expect(rest()).rejects.toMatchObject({
      kind: 'untrustworthy', message: 'the file changed while it was read: it is read at the next time' });
  });
});

describe('a folder that cannot be read', () => {
  it('is ours to mend, and says why without saying where', async () => {
    const folder = newFolder();
    const file = put(folder, 'people.csv', [1001]);
    for (const [path, code] of [[join(folder, 'secret'), 'ENOENT'], [file, 'ENOTDIR']] as const) {
      await expect(read(path)).rejects.toMatchObject({
        kind: 'misconfigured', message: `the folder cannot be read (${code})` });
    }
  });

  it('because nobody tidies it, is ours to mend', async () => {
    const folder = newFolder();
    for (let n = 0; n <= 10_000; n += 1) writeFileSync(join(folder, `${n}.csv`), '');
    await expect(read(folder)).rejects.toMatchObject({ kind: 'misconfigured' });
  });
});

it('tells a file that is larger than any company without reading it', async () => {
  const folder = newFolder();
  execFileSync('truncate', ['-s', '100000001', join(folder, 'people.csv')]);
  expect(await read(folder)).toMatchObject({ problems: [{ where: 'the file', why: 'is larger than 100 MB' }], notices: [] });
});
