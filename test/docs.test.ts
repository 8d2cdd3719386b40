// What the documentation says is what the code does.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { settings } from '../src/config';
import { configurationPage, generatedTables, withTable } from '../src/docs';
import { failureTypes } from '../activities/failures';

const root = join(__dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('docs/configuration.md is what the code would write (npm run docs)', () => {
  expect(read('docs/configuration.md')).toBe(configurationPage());
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

test('every decision has a number of its own, and context, choice and cost', () => {
  const records = readdirSync(join(root, 'docs/decisions'));
  expect(new Set(records.map((name) => name.slice(0, 4))).size).toBe(records.length);
  for (const name of records.filter((file) => !/^000[34]/.test(file))) {
    for (const part of ['Context', 'Choice', 'Cost']) expect(read(`docs/decisions/${name}`)).toContain(`**${part}`);
  }
});
