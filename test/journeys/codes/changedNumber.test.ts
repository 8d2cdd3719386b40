// R19: HR's data says that somebody has another number. Both are told, and neither gets a code until two people agree.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from '../stack';
import { Person } from '../stand/person';
import { words } from '../stand/phones';

jest.setTimeout(180_000);

const [former, changed] = ['+12025550123', '+12025550188'];

function people(mobile: string): string {
  return `employee_id,given_name,family_name,email,mobile,language,active\n144133,Maya,Lindqvist,,${mobile},en,true\n`;
}

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({ policy: { replyQuantumMs: 100, codeGap1Ms: 10_000 }, people: people(former) });
});

afterAll(() => stack?.stop());

async function doorman(...args: string[]): Promise<{ code: number | null; output: string }> {
  const operator = args[0]!;
  return stack.run(args.slice(1), { DOORMAN_OPERATOR: operator });
}

function importing(mobile: string, ...options: string[]) {
  const file = join(stack.folder, 'changed.csv');
  writeFileSync(file, people(mobile));
  return stack.run(['directory', 'import', file, ...options]);
}

const texts = (number: string) => stack.phones.to(number).map(({ text }) => text);

async function claim(number: string): Promise<void> {
  const person = new Person(stack.phones, { profileName: 'Maya', number });
  await person.say('144133');
  await person.readsText('codeSent', { minutes: 5 });
}

test('a changed number is told on both, and gets no code before two operators have confirmed it', async () => {
  expect((await importing('+33612345678', '--dry-run')).output).toContain('2 former and new contacts are told');
  expect(await stack.run(['directory', 'import', join(stack.folder, 'changed.csv')], { DOORMAN_COUNTRIES: 'DE, US' }))
    .toMatchObject({ code: 1, output: expect.stringContaining('line 2, mobile: is in a country that codes do not go to') });
  const imported = await importing(changed);
  expect(imported).toMatchObject({ code: 0, output: expect.stringContaining('Applied.') });
  expect(imported.output).toContain('2 former and new contacts are told');
  const notice = words('smsNumberChanged');
  for (const number of [former, changed]) {
    await stack.phones.until(`the notice to ${number}`, () => texts(number).includes(notice) || undefined);
  }

  await claim('+12025550171');
  await stack.atRest();
  expect([texts(former), texts(changed)]).toEqual([[notice], [notice]]);

  expect((await doorman('ann', 'employee', 'confirm-contact', '144133')).output).toContain('Another operator');
  expect(await doorman('ann', 'employee', 'confirm-contact', '144133')).toMatchObject({ code: 1 });
  expect((await doorman('bob', 'employee', 'confirm-contact', '144133')).output).toContain('Confirmed');
  await claim('+12025550172');
  await stack.phones.until('a code to the new number', () => texts(changed).length === 2 || undefined);
  expect(texts(former)).toEqual([notice]);
  expect((await stack.run(['audit', 'verify'])).output).toContain('intact');
});
