// Everything that an assistant says arrives: by the dozen, late, pushed, and while processes die.
import { Webhook } from 'standardwebhooks';
import { pause } from '../../src/stack/processes';
import { Stack } from './stack';
import { Person } from './stand/person';
import { employees } from './stand/story';

jest.setTimeout(300_000);

const { people, csv } = employees(4);
/** Each costs the start of a worker, and up to 15 s until its death is noticed (workflows/io.ts). */
const killsMax = 6;

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({ people: csv, policy: { replyQuantumMs: 0 } });
});

afterAll(() => stack?.stop());

async function verified(nth: number): Promise<Person> {
  const { id, number } = people[nth]!;
  const person = new Person(stack.phones, { profileName: id, number }, number);
  await person.say(`my id is ${id}`);
  await person.readsText('codeSent', { minutes: 5 });
  await person.say(await person.code());
  await person.readsText('verified');
  return person;
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `reply ${n}`);

/** The next turn is answered with these replies. */
function says(texts: readonly string[]): void {
  stack.assistant.moods.push((_turn, res) => {
    res.writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ replies: texts.map((text) => ({ text })), end_turn: true }));
    return true;
  });
}

/** The next turn is answered later. */
function willPush(): void {
  stack.assistant.moods.push((_turn, res) => {
    res.writeHead(202).end();
    return true;
  });
}

/** Pushes until it is taken, as an assistant does; the status of the last answer. */
async function push(turnId: string, id: string, texts: readonly string[], isLast = false): Promise<number> {
  const body = JSON.stringify({ turn_id: turnId, replies: texts.map((text) => ({ text })), end_turn: isLast });
  for (;;) {
    const now = new Date();
    const answer = await fetch(`${stack.webUrl}/assistant/turns/${turnId}/replies`, {
      method: 'POST', body,
      headers: {
        'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': new Webhook(stack.assistantSecret).sign(id, now, body),
      },
    }).catch(() => undefined);
    if (answer !== undefined && answer.status < 500) return answer.status;
    await pause(100);
  }
}

const nextTurn = async (count: number) => {
  while (stack.assistant.turns.length < count) await pause(20);
  return stack.assistant.turns[count - 1]!.turn_id;
};

test('twenty replies are read in order, each after the former one was reported out', async () => {
  const person = await verified(0);
  says(numbered(20));
  await person.say('hello');
  await person.reads(...numbered(20));
  const { rows } = await stack.owner.query<{ receipt: string | null; inOrder: boolean }>(
    `SELECT receipt, settled_at >= lag(settled_at, 1, settled_at) OVER (ORDER BY place) AS "inOrder"
       FROM outbox, substring(key FROM '^SM\\w+:(\\d+)$') AS digits, cast(digits AS integer) AS place ORDER BY place`);
  const replies = rows.slice(0, 20);
  expect(replies.map(({ inOrder }) => inOrder)).toEqual(Array(20).fill(true));
  expect(replies.slice(0, -1).map(({ receipt }) => receipt)).not.toContain(null);
});

test('of twenty replies every one is read once, in order, with the worker killed every second', async () => {
  const person = await verified(1);
  const before = person.replies().length;
  says(numbered(20));
  await person.say('hello');
  const seen: number[] = [];
  // After each second of its life; what it takes to start again is not counted.
  while (seen.length < killsMax && person.replies().length < before + 20) {
    await pause(1_000);
    await stack.parts.worker.kill();
    seen.push(person.replies().length - before);
    await stack.parts.worker.start();
  }
  await person.reads(...numbered(20));
  await stack.atRest();
  expect(person.replies().slice(before)).toEqual(numbered(20));
  expect(seen.filter((count) => count < 20).length).toBeGreaterThan(1);
});

test('replies that are pushed while web and worker die are read in order, each once', async () => {
  const person = await verified(2);
  willPush();
  const turns = stack.assistant.turns.length;
  await person.say('a report, please');
  const turnId = await nextTurn(turns + 1);
  expect(await push(turnId, 'a', ['one', 'two'])).toBe(202);
  await stack.parts.web.kill();
  const pushed = push(turnId, 'b', ['three']);
  await stack.parts.worker.kill();
  await stack.parts.web.start();
  expect(await pushed).toBe(202);
  expect(await push(turnId, 'b', ['three'])).toBe(202);
  await stack.parts.worker.start();
  expect(await push(turnId, 'c', ['four'], true)).toBe(202);
  expect(await push(turnId, 'd', ['five'])).toBe(409);
  await person.reads('one', 'two', 'three', 'four');
  await stack.atRest();
  expect(person.replies().slice(-4)).toEqual(['one', 'two', 'three', 'four']);
});

test('replies that are pushed while Temporal is down are taken, and read once it is back', async () => {
  const person = await verified(3);
  willPush();
  const turns = stack.assistant.turns.length;
  await person.say('a report, please');
  const turnId = await nextTurn(turns + 1);
  expect(await push(turnId, 'e', ['one'])).toBe(202);
  await person.reads('one');
  await stack.parts.temporal.kill();
  expect(await push(turnId, 'f', ['two', 'three'], true)).toBe(202);
  await stack.parts.temporal.start();
  await person.reads('two', 'three');
});
