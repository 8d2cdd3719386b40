// Settings that are documents: read from text or file, secrets from files of their own, values never repeated.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonSetting } from '../../src/config/jsonSetting';
import { createSources, directorySettings } from '../../src/directory/sync/sources';

const folder = mkdtempSync(join(tmpdir(), 'doorman-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const written = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const schema = z.strictObject({
  sources: z.array(z.strictObject({ name: z.string(), password: z.string().min(4, 'is too short') })) });

describe('a setting that is a document', () => {
  test('is the text itself or the path of a file, beside which its secrets lie', () => {
    written('secret.txt', ' s3cret\n');
    const text = '{"sources": [{"name": "a", "passwordFile": "secret.txt"}]}';
    const read = { sources: [{ name: 'a', password: 's3cret' }] };
    expect(readJsonSetting(written('document.json', text), schema)).toEqual(read);
    expect(readJsonSetting(text.replace('secret.txt', join(folder, 'secret.txt')), schema)).toEqual(read);
  });

  test.each([
    ['{"sources": [{"name": "a", "password": "abc"}]}', 'sources.0.password: is too short'],
    ['{"sources": [{"name": "a", "password": "hidden", "hidden2": 1}]}', 'sources.0: has members that are not known'],
    ['{"sources": "hidden"}', /^sources: /],
    ['{"sources": [hidden]}', 'is not JSON'],
    ['[{"name": "a", "password": "hidden"}]', 'is neither a JSON object nor the path of one'],
    ['{"sources": [{"password": "hidden", "passwordFile": "/hidden"}]}', 'passwordFile: stands beside password: leave one of the two out'],
    ['\'{"sources": [{"password": "hidden"}]}\'', 'is neither a JSON object nor the path of one'],
  ])('%s is refused without repeating a value', (text, why) => {
    const refused = (() => {
      try {
        readJsonSetting(text, schema);
      } catch (error) {
        return (error as Error).message;
      }
      return undefined;
    })();
    expect(refused).toEqual(typeof why === 'string' ? why : expect.stringMatching(why));
    expect(refused).not.toContain('hidden');
  });

  test('whose secret is not there names the file', () => {
    expect(() => readJsonSetting('{"sources": [{"passwordFile": "/nowhere/secret"}]}', schema)).toThrow('/nowhere/secret');
  });

  test('A40 with members called like parts of JavaScript\'s objects changes nothing', () => {
    expect(() => readJsonSetting('{"__proto__": {"polluted": true}, "sources": []}', schema)).toThrow('not known');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('the sources of the directory', () => {
  const read = (sources: unknown[]) => readJsonSetting(JSON.stringify({ sources }), directorySettings);
  const csv = { name: 'people', kind: 'csv', path: '/data/people.csv' };

  test('are read each quarter of an hour unless told', () => {
    const sources = createSources(read([csv, { ...csv, name: 'others', every: '30s', deactivationShareMax: 0 }]), {});
    expect([...sources].map(([name, { everyMs, deactivationShareMax }]) => [name, everyMs, deactivationShareMax]))
      .toEqual([['people', 900_000, 0.1], ['others', 30_000, 0]]);
    expect(sources.get('people')!.feed).toMatchObject({ source: 'people', complete: true });
  });

  test.each([
    [[{ ...csv, name: 'People' }], 'sources.0.name: must be 1 to 32'],
    [[csv, csv], 'two have the same name'],
    [[{ ...csv, every: '5s' }], 'must be from 10s to 31d'],
    [[{ ...csv, every: 'often' }], 'must be a duration'],
    [[{ ...csv, deactivationShareMax: 2 }], 'deactivationShareMax'],
    [[{ ...csv, kind: 'tape' }], 'sources.0.kind'],
    [[{ ...csv, user: 'x' }], 'has members that are not known'],
  ])('are refused when they make no sense: %j', (sources, why) => {
    expect(() => read(sources)).toThrow(why);
  });

  test('lie beside the document that names them, where that is a file', () => {
    const path = (kind: string, text: (sources: object[]) => string, given: string) => {
      const read = readJsonSetting(text([{ name: 'people', kind, path: given }]), directorySettings, ['path']);
      return read.sources.map((source) => ('path' in source ? source.path : undefined))[0];
    };
    const inFile = (sources: object[]) => written('sources.json', JSON.stringify({ sources }));
    const asText = (sources: object[]) => JSON.stringify({ sources });
    expect(path('csv', inFile, 'people.csv')).toBe(join(folder, 'people.csv'));
    expect(path('folder', inFile, './lists')).toBe(join(folder, 'lists'));
    expect(path('csv', inFile, '/data/people.csv')).toBe('/data/people.csv');
    expect(path('csv', asText, 'people.csv')).toBe('people.csv');
    expect(() => path('folder', asText, 'lists')).toThrow('from the root');
    expect(() => path('csv', inFile, '')).toThrow('sources.0.path');
  });

  test('with a country that there is not are refused', () => {
    expect(() => createSources(read([{ ...csv, country: 'Germany' }]), {})).toThrow('two capital letters');
  });
});
