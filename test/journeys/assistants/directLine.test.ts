// Direct Line through the whole stack: all that it says is read in order, and whatever dies meanwhile, it is told
// once and the person hears of it once.
import { directLineSecret, FakeDirectLine } from '../../assistant/directLine/fakeDirectLine';
import { Wire } from '../../assistant/stand/wire';
import { Stack } from '../stack';
import type { Person } from '../stand/person';
import { words } from '../stand/phones';
import { csv, gate, killedWhileThinking, logsOf, numbered, policy, verified } from './thinking';

jest.setTimeout(300_000);

const wire = new Wire();
const line = new FakeDirectLine(wire);
let stack: Stack;
let person: Person;
beforeAll(async () => {
  const url = await wire.start((req, res) => line.listener(req, res));
  const settings = { kind: 'directLine', url, secret: directLineSecret, allowInsecure: true, quietMs: 500, pollMs: 50 };
  stack = await Stack.start({ people: csv, policy, settings: { DOORMAN_ASSISTANT: JSON.stringify(settings) } });
  person = await verified(stack, 0);
});
afterAll(async () => {
  await stack?.stop();
  await wire.close();
});

const says = (...texts: string[]) => { line.answerTo = () => texts.map((text) => ({ type: 'message', text })); };
const starts = () => line.asked.filter((request) => request === 'POST conversations').length;

test('all its messages are read in order, without the greeting and our own words', async () => {
  line.pageSize = 3;
  says(...numbered(8));
  await person.say('hello');
  await person.reads(...numbered(8));
  await stack.atRest();
  expect(line.posted).toHaveLength(1);
});

test('another worker goes on with the conversation, though its token has ended', async () => {
  await stack.parts.worker.kill();
  line.expire();
  await stack.parts.worker.start();
  says('still here');
  await person.say('are you there?');
  await person.reads('still here');
  expect(starts()).toBe(1);
});

test('F14 a worker that is killed while the bot thinks: it is told once, and one apology is read', async () => {
  const thinking = gate();
  says('too late');
  line.think = () => thinking.pass();
  const told = line.posted.length;
  expect(await killedWhileThinking(stack, person, thinking)).toEqual([words('assistantUnavailable')]);
  expect(line.posted).toHaveLength(told + 1);
  line.think = () => Promise.resolve();
  says('here again');
  await person.say('hello?');
  await person.reads('here again');
  expect(starts()).toBe(1);
  expect(logsOf(stack)).not.toContain(directLineSecret);
});
