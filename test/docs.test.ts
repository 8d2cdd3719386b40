// What the documentation says is what the code does.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { settings } from '../src/config';
import { configurationPage, generatedTables, openApiPage, toolVariables, withTable } from '../src/docs';
import { failureTypes } from '../activities/failures';

const root = join(__dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('docs/configuration.md is what the code would write (npm run docs)', () => {
  expect(read('docs/configuration.md')).toBe(configurationPage());
});

test('docs/openapi.json is what the code would write (npm run docs)', () => {
  expect(read('docs/openapi.json')).toBe(openApiPage());
});

test.each(generatedTables())('%s holds the %s as the code has it (npm run docs)', (page, name, table) => {
  expect(read(page)).toBe(withTable(read(page), name, table));
});

test('docs/errors.md lists every type of failure', () => {
  const page = read('docs/errors.md');
  expect(failureTypes.filter((type) => !page.includes(`\`${type}\``))).toEqual([]);
});

test('.env.example names every setting, and nothing else', () => {
  const named = [...read('.env.example').matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name);
  expect([...new Set(named)].sort()).toEqual(Object.keys(settings).sort());
});

test('every variable of a tool that is explained is read somewhere, and every one that is read is explained', () => {
  const files = ['src/stack', 'src/simulator', 'test', 'scripts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')));
  const read = new Set(files.flatMap((text) =>
    [...text.matchAll(/\b(?:SIMULATOR|CHROMIUM|TEST_DATABASE|TEMPORAL_(?:CLI|TEST_SERVER)|SLAPD)_[A-Z_]+\b|\bDOORMAN_CACHE\b/g)]
      .map(([name]) => name)));
  expect([...read].sort()).toEqual(Object.keys(toolVariables).sort());
});

test('every decision has a number of its own, and context, choice and cost', () => {
  const records = readdirSync(join(root, 'docs/decisions'));
  expect(new Set(records.map((name) => name.slice(0, 4))).size).toBe(records.length);
  for (const name of records.filter((file) => !/^000[34]/.test(file))) {
    for (const part of ['Context', 'Choice', 'Cost']) expect(read(`docs/decisions/${name}`)).toContain(`**${part}`);
  }
});
