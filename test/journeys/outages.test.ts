// A dependency that is down or hangs closes the door and never opens it; what was acknowledged waits and is handled
// in order; what was not is said so, and can be sent again.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseKeyringFile } from '../../src/keys/keyring';
import { replyTo } from '../../src/assistant/demo/orderReplies';
import { pause } from '../../src/stack/processes';
import { Stack } from './stack';
import { Person } from './stand/person';
import { words } from './stand/phones';
import type { Posted } from './stand/phones';
import { employees } from './stand/story';

jest.setTimeout(240_000);

const codeLifetimeMs = 60_000;
const { people, csv } = employees(8);
/** What Twilio gives a webhook in all. */
const twilioPatienceMs = 15_000;

let stack: Stack;
let inSession: Person;

beforeAll(async () => {
  stack = await Stack.start({ people: csv, policy: { replyQuantumMs: 0, codeLifetimeMs } });
  inSession = personOf(0);
  await verify(inSession, 0);
});

afterAll(() => stack?.stop());

function personOf(nth: number): Person {
  const { id, number } = people[nth]!;
  return new Person(stack.phones, { profileName: id, number }, number);
}

async function verify(person: Person, nth: number): Promise<void> {
  await person.say(`my id is ${people[nth]!.id}`);
  await person.readsText('codeSent', { minutes: 1 });
  await person.say(await person.code());
  await person.readsText('verified');
}

const order = (nth: number) => `what about 450000000${nth}?`;
const answersTo = (...orders: readonly number[]) => orders.flatMap((nth) => replyTo(order(nth), 'en'));

/** The last answer to a message's webhook. */
function answerOf(sid: string): Posted {
  return stack.phones.postsOf(sid).at(-1)!;
}

describe('Temporal', () => {
  test('is down: messages are stored, acknowledged, and handled in order when it is back', async () => {
    const newcomer = personOf(1);
    await stack.parts.temporal.kill();
    const sids = [];
    for (const nth of [1, 2, 3]) sids.push((await inSession.say(order(nth))).sid);
    sids.push((await newcomer.say('hello?')).sid);
    for (const sid of sids) {
      expect(answerOf(sid)).toMatchObject({ status: 200 });
      expect(answerOf(sid).answerMs).toBeLessThan(5_000);
    }
    await stack.parts.temporal.start();
    await inSession.reads(...answersTo(1, 2, 3));
    await newcomer.readsText('askIdentifier');
  });

  test('is down when a worker starts: it waits, is not ready, and works once Temporal is there', async () => {
    await stack.parts.worker.stop();
    await stack.parts.temporal.stop();
    await inSession.say(order(2));
    const started = stack.parts.worker.start();
    await logged('worker', /Temporal does not answer yet/);
    expect((await fetch(`http://127.0.0.1:${stack.ports.internal + 1}/readyz`)).status).toBe(503);
    await stack.parts.temporal.start();
    await started;
    await inSession.reads(...answersTo(2));
  });

  test('hangs: the same', async () => {
    stack.parts.temporal.pause();
    const sids = [];
    for (const nth of [4, 1]) sids.push((await inSession.say(order(nth))).sid);
    stack.parts.temporal.resume();
    for (const sid of sids) expect(answerOf(sid).answerMs).toBeLessThan(5_000);
    await inSession.reads(...answersTo(4, 1));
  });
});

describe('Postgres', () => {
  test('is down: 503, and nothing is lost when it is back', async () => {
    await stack.parts.postgres.kill();
    const message = await stack.phones.say(inSession.who, order(2));
    expect(message.posting).toBe('refused');
    expect(answerOf(message.sid)).toMatchObject({ status: 503 });
    expect(JSON.parse(answerOf(message.sid).answerBody)).toMatchObject({ type: 'urn:doorman:problem:unavailable' });
    expect((await fetch(`http://127.0.0.1:${stack.ports.internal}/readyz`)).status).toBe(503);
    await stack.parts.postgres.start();
    expect((await stack.phones.resend(message.sid)).posting).toBe('taken');
    await inSession.reads(...answersTo(2));
  });

  test('hangs: 503 while Twilio still listens, and nothing is lost or done twice when it goes on', async () => {
    const taken = await inSession.say(order(1));
    stack.parts.postgres.pause();
    const message = await stack.phones.say(inSession.who, order(3));
    stack.parts.postgres.resume();
    expect(message.posting).toBe('refused');
    expect(answerOf(message.sid)).toMatchObject({ status: 503 });
    expect(answerOf(message.sid).answerMs).toBeLessThan(twilioPatienceMs);
    expect((await stack.phones.resend(message.sid)).posting).toBe('taken');
    expect(taken.posting).toBe('taken');
    await inSession.reads(...answersTo(1, 3));
    await inSession.say(order(4));
    await inSession.reads(...answersTo(4));
  });
});

test('no worker runs: messages wait, and are answered in order by the next one', async () => {
  await stack.parts.worker.stop();
  for (const nth of [1, 2]) await inSession.say(order(nth));
  await stack.parts.worker.start();
  await inSession.reads(...answersTo(1, 2));
});

describe('Twilio', () => {
  test('is down for a moment: the code arrives when it is back, and counts', async () => {
    const person = personOf(2);
    await stack.phones.fault({ apiStatus: 503 });
    await person.say(`my id is ${people[2]!.id}`);
    await callsAnswered(503, 2);
    await stack.phones.noFaults();
    await person.readsText('codeSent', { minutes: 1 });
    await person.say(await person.code());
    await person.readsText('verified');
  });

  test('loses its answers: what it took is not sent again, however often it was tried', async () => {
    await stack.phones.fault({ apiLosesAnswers: true });
    await inSession.say(order(3));
    await callsAnswered(null, 2);
    await stack.phones.noFaults();
    await inSession.reads(...answersTo(3));
    await inSession.say(order(4));
    await inSession.reads(...answersTo(4));
  });

  test('A36 is down until the code has expired: the chat says so once, to real and unknown alike', async () => {
    const real = personOf(3);
    const unknown = new Person(stack.phones, { profileName: 'nobody', number: '+12025554444' });
    for (const person of [real, unknown]) {
      await person.say('hello');
      await person.readsText('askIdentifier');
    }
    await stack.phones.fault({ apiStatus: 503 });
    await real.say(`my id is ${people[3]!.id}`);
    await unknown.say('my id is E-00000');
    await callsAnswered(503, 4);
    await stack.phones.fault({ apiStatus: 429, apiRetryAfterSeconds: 4 });
    await codesExpired();
    await stack.phones.noFaults();
    const said = [words('codeSent', { minutes: 1 }), words('codeExpired')];
    await Promise.all([real.reads(...said), unknown.reads(...said)]);
    expect(stack.phones.calls().some(({ status }) => status === 429)).toBe(true);
    // Nothing else came, neither a second notice nor a code that counts no more; and both can start over.
    await real.say(`my id is ${people[3]!.id}`);
    await unknown.say('my id is E-00000');
    await Promise.all([real, unknown].map((person) => person.readsText('codeSent', { minutes: 1 })));
    await real.code();
    expect(real.smsCount()).toBe(1);
    expect(real.replies()).toEqual(unknown.replies());
  });
});

describe('keys', () => {
  async function restart(): Promise<void> {
    await stack.parts.worker.stop();
    await stack.parts.worker.start();
    await stack.parts.web.stop();
    await stack.parts.web.start();
  }

  test('are rotated: conversations go on, under the new key and with what the old one sealed', async () => {
    expect((await stack.run(['keys', 'rotate', stack.keyringFile, 'payload'])).code).toBe(0);
    await restart();
    await inSession.say(order(1));
    await inSession.reads(...answersTo(1));
  });

  test('of storage are rotated and the former one is retired: who wrote before is still answered', async () => {
    const earlier = personOf(5);
    await earlier.say(`my id is ${people[5]!.id}`);
    await earlier.readsText('codeSent', { minutes: 1 });
    expect((await stack.run(['keys', 'add', stack.keyringFile, 'storage'])).code).toBe(0);
    await restart();
    expect((await stack.run(['keys', 'activate', stack.keyringFile, 'storage', 'k2'])).code).toBe(0);
    await restart();
    await destroyHeld();
    const resealed = await stack.run(['keys', 'reseal']);
    expect(resealed).toMatchObject({ code: 0, output: expect.stringContaining('the former storage keys can go') });
    const retired = parseKeyringFile(readFileSync(stack.keyringFile, 'utf8'));
    delete retired.storage.keys.k1;
    writeFileSync(stack.keyringFile, JSON.stringify(retired));
    await restart();
    // Nobody writes: the notice needs the address that was sealed under the key that is gone.
    await earlier.readsText('codeExpired');
    await inSession.say(order(3));
    await inSession.reads(...answersTo(3));
  });

  test('are missing: nothing is answered, and nothing is lost when they are back', async () => {
    const whole = readFileSync(stack.keyringFile, 'utf8');
    const lacking = parseKeyringFile(whole);
    delete lacking.payload.keys.k1;
    writeFileSync(stack.keyringFile, JSON.stringify(lacking));
    await restart();
    const before = inSession.replies().length;
    await inSession.say(order(2));
    await logged('worker', /UnknownKey|Unsealable/);
    expect(inSession.replies()).toHaveLength(before);
    writeFileSync(stack.keyringFile, whole);
    await restart();
    await inSession.reads(...answersTo(2));
  });
});

/** What people of other tests wrote and never proved, as the retention destroys it. */
async function destroyHeld(): Promise<void> {
  await stack.owner.query(
    `UPDATE inbox SET handled_at = clock_timestamp(), outcome = 'abandoned', result = '{"reaction": "abandoned"}',
            text_enc = NULL, origin_enc = NULL WHERE handled_at IS NULL`);
  await stack.owner.query(`UPDATE outbox SET state = 'withheld', text_enc = NULL WHERE text_enc IS NOT NULL`);
}

describe('a misconfiguration', () => {
  const bad = {
    DOORMAN_PUBLIC_URL: 'doorman.example.com', DOORMAN_PORT: 'many', DOORMAN_KEYRING_FILE: undefined,
    DATABASE_URL: 'mysql://root:hunter2@db/x', TEMPORAL_ADDRESS: 'temporal', TWILIO_ACCOUNT_SID: 'SK123',
    TWILIO_AUTH_TOKEN: 'a-short-secret', TWILIO_API_KEY_SECRET: undefined, TWILIO_SMS_SENDER: undefined,
    ASSISTANT_SECRET: 'whsec_tooshort', DOORMAN_POLICY: '{"codeTriesMax": 50, "codeLifetimeMs": 1}',
  };

  test.each(['web', 'worker', 'codec'])('%s does not start, and names every problem at once', async (command) => {
    const { code, output } = await stack.run([command], bad);
    expect(code).toBe(2);
    const named = [
      'DOORMAN_PUBLIC_URL', 'DOORMAN_PORT', 'DOORMAN_KEYRING', 'DATABASE_URL', 'TEMPORAL_ADDRESS', 'TWILIO_ACCOUNT_SID',
      'TWILIO_AUTH_TOKEN', 'TWILIO_API_KEY_SECRET', 'TWILIO_SMS_SENDER', 'ASSISTANT_SECRET',
      'codeTriesMax', 'codeLifetimeMs',
    ];
    expect(named.filter((name) => !output.includes(name))).toEqual([]);
    expect(output).not.toMatch(/hunter2|a-short-secret|tooshort|\n\s+at /);
  });

  test('of production is told apart from development', async () => {
    const { code, output } = await stack.run(['web'], { DOORMAN_PROFILE: undefined });
    expect(code).toBe(2);
    const named = [
      'DOORMAN_PUBLIC_URL: production needs https', 'ASSISTANT_URL: production needs https', 'TWILIO_API_URL',
      'replyQuantumMs',
    ];
    expect(named.filter((name) => !output.includes(name))).toEqual([]);
    expect((await stack.run(['simulator'], { DOORMAN_PROFILE: undefined })).code).toBe(2);
  });
});

/** Waits until the provider has answered so many calls with this status since now; null: not at all. */
async function callsAnswered(status: number | null, count: number): Promise<void> {
  const such = () => stack.phones.calls().filter((call) => call.status === status && call.answerMs !== null).length;
  const before = such();
  await stack.phones.until(`${count} calls answered with ${status}`, () => such() >= before + count || undefined);
}

/** Waits until every code that was issued counts no more, by the database's clock. */
async function codesExpired(): Promise<void> {
  for (;;) {
    const { rows } = await stack.owner.query(
      `SELECT 1 FROM challenges WHERE state = 'live' AND expires_at > clock_timestamp()`);
    if (rows.length === 0) return;
    await pause(500);
  }
}

async function logged(part: 'web' | 'worker', words: RegExp): Promise<void> {
  for (const until = Date.now() + 60_000; !words.test(stack.parts[part].log());) {
    if (Date.now() > until) throw new Error(`${String(words)} is not in the log\n${stack.explain()}`);
    await pause(100);
  }
}
