// I8: after everything that a conversation can go through, nothing of the person stands where it does not belong.
import { appendFileSync } from 'node:fs';
import { replyTo } from '../../src/assistant/demo/orderReplies';
import { Stack } from './stack';
import { repeats } from './stand/assistant';
import { Person } from './stand/person';
import { gatherTraces, search } from './stand/traces';

jest.setTimeout(180_000);

const header = 'employee_id,given_name,family_name,email,mobile,language,active';
const people = `${header}
QZX-7731904,Zephyrine,Quillfeather,zephyrine.quillfeather@example.com,+12025558462,en,true
WVK-5528317,Balthazar,Crumpleton,balthazar.crumpleton@example.com,+15005550009,en,true
`;

/** What must not be found. Codes and guesses have ten digits: six would be found by chance among timestamps. */
const canaries: Record<string, string> = {
  'employee ID': 'QZX-7731904',
  'other employee ID': 'WVK-5528317',
  'given name': 'Zephyrine',
  'family name': 'Quillfeather',
  'e-mail address': 'quillfeather@example.com',
  'registered number': '2025558462',
  'number that the provider refuses': '5005550009',
  'number written from': '2025557391',
  'other number written from': '2025556158',
  'BSUID': 'US.99887766554433221100',
  'name on WhatsApp': 'Zephy Marmalade ✨',
  'user name on WhatsApp': 'zephy.marmalade',
  'first question': 'PELLUCID-UMBRELLA',
  'question in a session': 'MELLIFLUOUS-GONDOLA',
  'forged message': 'OBSTREPEROUS-LANTERN',
  'reply of the assistant': 'Litware Networks',
  'first wrong guess': '7316409258',
  'second wrong guess': '2849157306',
  // With which each of them begins: its header.
  'statement of who speaks': 'eyJhbGciOiJFUzI1NiIsImtpZCI6',
};

const question = 'Where is my PELLUCID-UMBRELLA, order 4500000003?';

let stack: Stack;
let zephyrine: Person;
let balthazar: Person;

beforeAll(async () => {
  stack = await Stack.start({ people, policy: { replyQuantumMs: 0, codeDigitsKnown: 10, codeDigitsStranger: 10 } });
  zephyrine = new Person(stack.phones, {
    profileName: 'Zephy Marmalade ✨', number: '+12025557391', businessScopedId: 'US.99887766554433221100',
    username: 'zephy.marmalade',
  }, '+12025558462');
  balthazar = new Person(stack.phones, { profileName: 'Balthazar', number: '+12025556158' });
});

afterAll(() => stack?.stop());

const found = async () => search(await gatherTraces(stack), canaries);

test('A33 while a question is held and a code is awaited', async () => {
  await zephyrine.say(question);
  await zephyrine.readsText('askIdentifier');
  await zephyrine.say('my id is QZX-7731904');
  await zephyrine.readsText('codeSent', { minutes: 5 });
  canaries.code = await zephyrine.code();
  expect(canaries.code).toMatch(/^\d{10}$/);
  await zephyrine.say('7316409258');
  await zephyrine.readsText('wrongCode', { triesLeft: 4 });
  expect(await found()).toEqual([]);
});

test('A33 when the provider is down, and when it refuses in words that repeat the number', async () => {
  await stack.phones.fault({ apiStatus: 503 });
  await zephyrine.say('is it 2849157306?');
  await stack.phones.until('a failed send', () => stack.phones.calls().find(({ status }) => status === 503));
  await stack.phones.noFaults();
  await zephyrine.readsText('wrongCode', { triesLeft: 3 });
  await balthazar.say('my id is WVK-5528317');
  await balthazar.readsText('codeSent', { minutes: 5 });
  await stack.phones.until('a refused send', () => stack.phones.calls().find(({ status }) => status === 400));
  expect(await found()).toEqual([]);
});

test('A12 A33 when somebody forges a message', async () => {
  await stack.phones.fault({ webhookBadSignature: true });
  const forged = await stack.phones.say(zephyrine.who, 'OBSTREPEROUS-LANTERN');
  expect(forged.posting).toBe('refused');
  await stack.phones.noFaults();
  expect(await found()).toEqual([]);
});

test('A33 in a session, with an assistant that fails in words that repeat the question, and after it', async () => {
  stack.assistant.moods.push(repeats(500));
  await zephyrine.say(`${canaries.code} is my otp`);
  await zephyrine.readsText('verified');
  await zephyrine.reads(...replyTo(question, 'en'));
  expect(zephyrine.replies().at(-2)).toContain('Litware Networks');
  stack.assistant.moods.push(repeats(422));
  await zephyrine.say('And the MELLIFLUOUS-GONDOLA?');
  await zephyrine.readsText('assistantUnavailable');
  expect(stack.assistant.turns.map(({ text }) => text)).toEqual([question, question, 'And the MELLIFLUOUS-GONDOLA?']);
  await zephyrine.say('LOGOUT');
  await zephyrine.readsText('sessionEndedByLogout');
  expect(await found()).toEqual([]);
});

test('A33 nothing of the person reaches the assistant but the words and an opaque name', () => {
  const sent = [{ where: 'turns', bytes: Buffer.from(JSON.stringify(stack.assistant.turns)) }];
  const words = ['first question', 'question in a session', 'forged message', 'reply of the assistant'];
  const personal = Object.fromEntries(Object.entries(canaries).filter(([name]) => !words.includes(name)));
  expect(search(sent, personal)).toEqual([]);
});

test('the search finds what is planted, wherever and however it is written', async () => {
  const bytes = (text: string) => Buffer.from(`....${text}....`);
  await stack.owner.query('CREATE TABLE planted (words text, facts jsonb, bytes bytea)');
  await stack.owner.query('INSERT INTO planted VALUES ($1, NULL, NULL), (NULL, $2, NULL), (NULL, NULL, $3)', [
    'says zephyrine', { name: 'Zephy Marmalade ✨' }, bytes('Quillfeather')]);
  const [code, id] = [bytes(canaries.code!).toString('base64'), bytes('QZX-7731904').toString('hex')];
  appendFileSync(stack.parts.web.logFile, `${code} +12025558462 ${id}\n`);
  const client = await stack.temporal({ sealed: true });
  await client.workflow.start('planted', {
    workflowId: 'wa-+12025557391', taskQueue: 'nobody', args: ['PELLUCID-UMBRELLA'], memo: { name: 'WVK-5528317' },
  });
  const hits = await found();
  const kinds = [
    'given name as text in table planted', 'name on WhatsApp as text in table planted',
    'family name as text in bytes in table planted',
    'code as base64 in log', 'registered number as text in log', 'employee ID as hex in log',
    'number written from as text in id, search attributes', 'other employee ID as base64 in id, search attributes',
    'first question as base64 in history', 'first question as text in bytes in the history',
    'first question as text in opened payload',
    'number written from as text in Temporal\'s database',
  ];
  expect(kinds.filter((kind) => !hits.some((hit) => hit.startsWith(kind)))).toEqual([]);
});
