// A47 R30: somebody else has an employee's number and code. The employee reads it in their mail, and one button ends it.
import { replyTo } from '../../../src/assistant/demo/orderReplies';
import { startMailServer } from '../../mail/mailServer';
import type { MailServerForTests } from '../../mail/mailServer';
import { Stack } from '../stack';
import { Person } from '../stand/person';
import { gatherTraces, search } from '../stand/traces';

jest.setTimeout(180_000);

const [registered, address] = ['+12025550123', 'maya.lindqvist@example.com'];
const doorman = 'doorman@acme.example';

let mailServer: MailServerForTests;
let stack: Stack;

beforeAll(async () => {
  mailServer = await startMailServer();
  stack = await Stack.start({
    policy: { replyQuantumMs: 100 },
    settings: { DOORMAN_SMTP_URL: `smtp://127.0.0.1:${mailServer.port}`, DOORMAN_MAIL_FROM: doorman },
  });
});

afterAll(async () => {
  await stack?.stop();
  await mailServer?.close();
});

async function verify(person: Person): Promise<void> {
  await person.say('my id is 144133');
  await person.readsText('codeSent', { minutes: 5 });
  await person.say(await person.code());
  await person.readsText('verified');
}

async function asks(person: Person, question: string): Promise<void> {
  await person.say(question);
  await person.reads(...replyTo(question, 'en'));
}

async function theSession() {
  const { rows } = await stack.owner.query<{ id: string; isOpen: boolean; reason: string | null }>(
    'SELECT id, ended_at IS NULL AS "isOpen", end_reason AS reason FROM sessions');
  expect(rows).toHaveLength(1);
  return rows[0]!;
}

async function alerts(): Promise<number> {
  const [, count] = /^doorman_alerts_total\{[^}]*what="disputed"[^}]*\} (\d+)$/m.exec(await stack.metrics('web')) ?? [];
  return Number(count ?? 0);
}

/** The words of a mail as they are read (quoted-printable, RFC 2045). */
function wordsIn(raw: string): string {
  const unfolded = raw.replace(/=\r\n/g, '');
  const bytes = unfolded.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

test('A47 a session from a private number is told by mail, and the link in it ends the session when the button is pressed', async () => {
  const person = new Person(stack.phones, 'private', registered);
  await verify(person);
  await asks(person, 'what about 4500000001?');

  const mail = await mailServer.first();
  expect(mail).toMatchObject({ from: doorman, to: [address] });
  expect(person.address).toMatch(/0171$/);
  expect(wordsIn(mail.raw)).toContain('from the number that ends in 0171.');
  const [link, token] = /^https?:\S+\/([\w-]+)\r$/m.exec(wordsIn(mail.raw))!;
  const url = link.trimEnd();
  expect(url).toBe(`${stack.webUrl}/not-me/${token}`);

  const { id } = await theSession();
  for (const method of ['HEAD', 'GET']) {
    const asked = await fetch(url, { method });
    expect([asked.status, asked.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect((await asked.text()).includes('<form method="post">')).toBe(method === 'GET');
  }
  await asks(person, 'what about 4500000002?');
  expect([await theSession(), await alerts()]).toEqual([{ id, isOpen: true, reason: null }, 0]);

  // The second press finds nothing left to do.
  for (const press of ['first', 'second']) {
    const pressed = await fetch(url, { method: 'POST' });
    expect([press, pressed.status, (await pressed.text()).includes('The session is over')]).toEqual([press, 200, true]);
  }
  expect([await theSession(), await alerts()]).toEqual([{ id, isOpen: false, reason: 'disputed' }, 1]);

  const told = stack.assistant.turns.length;
  await person.say('what about 4500000003?');
  await person.readsText('sessionEndedOther');
  // The message waits for a new proof.
  await person.readsText('askIdentifier');
  expect(stack.assistant.turns).toHaveLength(told);
  expect(mailServer.taken).toHaveLength(1);
  expect((await stack.run(['audit', 'verify'])).output).toContain('intact');

  const traces = await gatherTraces(stack);
  expect(search(traces, { address, token: token! })).toEqual([]);
  // Not because the search sees nothing: ids may stand there.
  expect(search(traces, { session: id }).some((hit) => hit.endsWith('in table audit'))).toBe(true);
});
