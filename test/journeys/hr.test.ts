// What the page's HR does, seen in the chat: by its own route, Doorman's real webhook, and the whole stack.
import { randomBytes } from 'node:crypto';
import { replyTo } from '../../src/assistant/demo/orderReplies';
import type { Told } from '../../src/simulator/hr/hr';
import { hrPartner } from '../../src/stack/up/hrPartner';
import { Stack } from './stack';
import { Person } from './stand/person';
import { words } from './stand/phones';

jest.setTimeout(240_000);

const secret = randomBytes(32).toString('hex');
const question = 'What is the status of purchase order 4500000001?';

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({
    policy: { replyQuantumMs: 100, codeGap1Ms: 10_000 },
    settings: { DOORMAN_PARTNERS: hrPartner(secret), SIMULATOR_HR_SECRET: secret },
  });
});

afterAll(() => stack?.stop());

async function hr(path: string, body: object = {}): Promise<Told> {
  const response = await fetch(`http://127.0.0.1:${stack.ports.simulator}/admin/hr/${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  const told = await response.json() as Told;
  expect([response.status, told.answer]).toEqual([200, expect.objectContaining({ isTaken: true, sentence: 'Applied.' })]);
  return told;
}

/** Asks, proves who it is when it is asked back, and gets the answer. */
async function verify(person: Person, id: string): Promise<void> {
  await person.say(question);
  await person.readsText('askIdentifier');
  await prove(person, id);
  await person.reads(...replyTo(question, 'en'));
}

async function prove(person: Person, id: string): Promise<void> {
  const before = person.smsCount();
  await person.say(`my id is ${id}`);
  await person.readsText('codeSent', { minutes: 5 });
  await person.say(`${await person.code(before)} is my otp`);
  await person.readsText('verified');
}

/** The next message of somebody who is out: it is kept from the assistant, and the code that is announced goes nowhere. */
async function isRefused(person: Person, id: string, text: string): Promise<void> {
  const [turns, texts] = [stack.assistant.turns.length, person.smsCount()];
  await person.say(text);
  await person.readsText('sessionEndedOther');
  await person.readsText('askIdentifier');
  await person.say(`my id is ${id}`);
  await person.readsText('codeSent', { minutes: 5 });
  const { rows: [code] } = await stack.owner.query(
    'SELECT employee_id AS "of" FROM challenges ORDER BY issued_at DESC LIMIT 1');
  expect(code).toEqual({ of: null });
  expect([stack.assistant.turns.length, person.smsCount()]).toEqual([turns, texts]);
}

async function hired(givenName: string): Promise<{ id: string; person: Person }> {
  const { person } = await hr('people', { givenName, familyName: 'Weber', language: 'en' });
  const { id, mobile } = person!; // it was taken
  return { id, person: new Person(stack.phones, { profileName: givenName, number: mobile }, mobile) };
}

test('somebody of the demo whose number is changed: both telephones are told, and the new one gets no code', async () => {
  const [former, changed] = ['+12025550123', '+12025550188'];
  await hr('people/144133/number', { mobile: changed });
  const texts = (number: string) => stack.phones.to(number).map(({ text }) => text);
  const notice = words('smsNumberChanged');
  for (const number of [former, changed]) {
    await stack.phones.until(`the notice to ${number}`, () => texts(number).includes(notice) || undefined);
  }
  const person = new Person(stack.phones, 'private');
  await person.say('my id is 144133');
  await person.readsText('codeSent', { minutes: 5 });
  await stack.atRest();
  expect([texts(former), texts(changed)]).toEqual([[notice], [notice]]);
});

test('somebody of the demo who had left is let in again once they are hired again', async () => {
  const person = new Person(stack.phones, 'departed', '+12025550160');
  await hr('people/152760/rehire');
  await verify(person, '152760');
});

test('somebody who is hired on the page is answered in the chat, and who leaves is out with the next message', async () => {
  const { id, person } = await hired('Lena');
  await verify(person, id);
  const { answer } = await hr(`people/${id}/leave`);
  expect(answer.status).toBe(200);
  await isRefused(person, id, 'and 4500000002?');
  expect((await stack.run(['audit', 'verify'])).output).toContain('intact');
});

test('somebody who goes on leave is out, and back without being hired anew', async () => {
  const { id, person } = await hired('Omar');
  await verify(person, id);
  await hr(`people/${id}/absent`);
  await isRefused(person, id, 'and 4500000003?');
  await hr(`people/${id}/back`);
  // By another chat: the former one waits for a code that never comes.
  await verify(new Person(stack.phones, { profileName: 'Omar', number: '+12025550173' }, person.mobile), id);
});
