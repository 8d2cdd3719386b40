// HR's file is read by the worker, as operators order it: who comes is let in, who leaves is out, many are asked about.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause } from '../../src/stack/processes';
import { Stack } from './stack';
import { Person } from './stand/person';
import { employees } from './stand/story';

jest.setTimeout(300_000);

const { people, csv } = employees(20);
const [header, ...lines] = csv.trimEnd().split('\n');
const folder = mkdtempSync(join(tmpdir(), 'doorman-hr-'));
const file = join(folder, 'people.csv');

/** HR's file with these people alone. */
const listed = (count: number) => writeFileSync(file, `${[header, ...lines.slice(0, count)].join('\n')}\n`);

let stack: Stack;

beforeAll(async () => {
  listed(18);
  stack = await Stack.start({
    people: `${[header, ...lines.slice(0, 18)].join('\n')}\n`,
    policy: { replyQuantumMs: 0 },
    settings: { DOORMAN_DIRECTORY: JSON.stringify({ sources: [{ name: 'csv', kind: 'csv', path: file, every: '1d' }] }) },
  });
  // The worker makes the schedule a moment after it has started.
  while ((await stack.run(['directory', 'sync', 'csv', '--follow'])).code !== 0) await pause(200);
});

afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const personOf = (nth: number) => {
  const { id, number } = people[nth]!;
  return { id, person: new Person(stack.phones, { profileName: id, number }, number) };
};

async function verified(nth: number): Promise<Person> {
  const { id, person } = personOf(nth);
  await person.say(`my id is ${id}`);
  await person.readsText('codeSent', { minutes: 5 });
  await person.say(await person.code());
  await person.readsText('verified');
  return person;
}

const synced = (...options: string[]) => stack.run(['--json', 'directory', 'sync', 'csv', '--follow', ...options]);

test('who is hired can prove who they are after the next reading', async () => {
  listed(19);
  const { code, output } = await synced();
  expect(code).toBe(0);
  expect(output).toContain('"added": 1');
  await verified(18);
});

test('who left is out when the reading has ended, with what an assistant is about to say', async () => {
  const person = await verified(17);
  let answer = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    stack.assistant.moods.push((_turn, res) => {
      answer = () => res.writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ replies: [{ text: 'a secret of the company' }], end_turn: true }));
      resolve();
      return true;
    });
  });
  await person.say('tell me');
  await asked;
  writeFileSync(file, `${[header, ...lines.slice(0, 19)].join('\n')}\n`.replace(`${lines[17]!}\n`, ''));
  expect((await synced()).output).toContain('"deactivated": 1');
  answer();
  await person.readsText('sessionEndedOther');
  expect(stack.assistant.turns).toHaveLength(1);
  const { rows: [record] } = await stack.owner.query<{ facts: { reason: string; afterMs: number } }>(
    `SELECT facts FROM audit WHERE kind = 'employee.ended' ORDER BY seq DESC LIMIT 1`);
  expect(record!.facts).toMatchObject({ reason: 'missing', afterMs: expect.any(Number) });
});

test('many who would be out wait for an operator, and are out by the order', async () => {
  listed(2);
  const { code, output } = await synced();
  expect(code).toBe(1);
  expect(output).toContain('"state": "waiting"');
  expect((await stack.run(['directory', 'status'])).output).toContain('csv: waiting');
  expect(await stack.run(['directory', 'approve', 'csv'])).toMatchObject({ code: 0 });
  for (;;) {
    const { output: now } = await stack.run(['directory', 'status']);
    if (now.includes('csv: applied')) break;
    await pause(100);
  }
  const { readings, shared } = JSON.parse((await stack.run(['directory', 'status', '--json'])).output) as Record<string, unknown>;
  expect([readings, shared]).toEqual([
    [expect.objectContaining({ source: 'csv', state: 'applied' })], { employeeIds: 0, numbers: 0, addresses: 0 }]);
  const { rows: [left] } = await stack.owner.query<{ active: number }>('SELECT count(*)::int AS active FROM employees WHERE active');
  expect(left!.active).toBe(2);
  expect(await stack.run(['directory', 'approve', 'csv'])).toMatchObject({ code: 1 });
});

test('a source that there is not is refused, and a file with a wrong line changes nothing', async () => {
  expect(await stack.run(['directory', 'sync', 'nobody'])).toMatchObject({ code: 1 });
  writeFileSync(file, `${header}\n${lines[0]}\nx,,,,nonsense,,maybe\n`);
  const { code, output } = await synced();
  expect(code).toBe(1);
  expect(output).toContain('"refused"');
  expect(output).not.toContain('nonsense');
});
