// Assistants that do twice what they are told twice, through the whole stack: all that they say is read in order, and
// whatever dies meanwhile, each is told once and the person hears of it once.
import { readFileSync } from 'node:fs';
import { directLineSecret, FakeDirectLine } from '../assistant/directLine/fakeDirectLine';
import { fakeRasa } from '../assistant/rasa/fakeRasa';
import type { RasaOptions } from '../assistant/rasa/fakeRasa';
import { json, Wire } from '../assistant/stand/wire';
import { Stack } from './stack';
import { Person } from './stand/person';
import { words } from './stand/phones';
import { employees } from './stand/story';

jest.setTimeout(300_000);

const { people, csv } = employees(3);
// A try that follows a killed one must not say that it takes long just before it says that there is no answer.
const policy = { replyQuantumMs: 0, stillWorkingAfterMs: 60_000 };

async function verified(stack: Stack, nth: number): Promise<Person> {
  const { id, number } = people[nth]!;
  const person = new Person(stack.phones, { profileName: id, number }, number);
  await person.say(`my id is ${id}`);
  await person.readsText('codeSent', { minutes: 5 });
  await person.say(await person.code());
  await person.readsText('verified');
  return person;
}

/** Something that is held until it is let go, and tells when it was reached. */
function gate() {
  let reach = () => {};
  let open = () => {};
  const reached = new Promise<void>((resolve) => { reach = resolve; });
  const opened = new Promise<void>((resolve) => { open = resolve; });
  return { reached, open: () => open(), pass: () => { reach(); return opened; } };
}

/** The person writes, and the worker dies while the assistant thinks; what was read of it in the end. */
async function killedWhileThinking(stack: Stack, person: Person, thinking: ReturnType<typeof gate>): Promise<string[]> {
  const before = person.replies().length;
  await person.say('cancel my order');
  await thinking.reached;
  await stack.parts.worker.kill();
  await stack.parts.worker.start();
  await person.readsText('assistantUnavailable');
  thinking.open();
  await stack.atRest();
  return person.replies().slice(before);
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `reply ${n}`);
const logsOf = (stack: Stack) => stack.logFiles().map((file) => readFileSync(file, 'utf8')).join('\n');

describe('Rasa', () => {
  const token = 'rasa-token-of-24-letters';
  const wire = new Wire();
  const options: RasaOptions = { token };
  let stack: Stack;
  beforeAll(async () => {
    const url = await wire.start((req, res) => fakeRasa(wire, options)(req, res));
    const settings = { kind: 'rasa', url, token, allowInsecure: true };
    stack = await Stack.start({
      people: csv, policy, settings: { DOORMAN_ASSISTANT: JSON.stringify(settings), DOORMAN_MEDIA_HOSTS: 'files.example.com' } });
  });
  afterAll(async () => {
    await stack?.stop();
    await wire.close();
  });

  test('all its messages are read in order, with choices by number and media by their link', async () => {
    const person = await verified(stack, 0);
    options.answerTo = ({ sender }, res) => json(res, [
      ...numbered(5).map((text) => ({ recipient_id: sender, text })),
      { recipient_id: sender, text: 'Which one?', buttons: [{ title: 'the first', payload: '/pick{"n":1}' }, { title: 'the second', payload: '/pick{"n":2}' }] },
      { recipient_id: sender, custom: { chart: [1] } },
      { recipient_id: sender, image: 'https://files.example.com/a.png' },
      { recipient_id: sender, image: 'https://elsewhere.example.com/a.png' },
      { recipient_id: 'somebody-else', text: 'not yours' },
    ]);
    await person.say('/restart');
    await person.reads(...numbered(5), 'Which one?\n\n1. the first\n2. the second', 'https://files.example.com/a.png');
    expect(wire.turns.map(({ turn }) => turn.text)).toEqual(['∕restart']);
    await stack.atRest();
  });

  test('F14 a worker that is killed while it thinks: it is told once, and one apology is read', async () => {
    const person = await verified(stack, 1);
    const thinking = gate();
    options.answerTo = async (_given, res) => {
      await thinking.pass();
      json(res, [{ text: 'too late' }]);
    };
    const told = wire.turns.length;
    expect(await killedWhileThinking(stack, person, thinking)).toEqual([words('assistantUnavailable')]);
    expect(wire.turns).toHaveLength(told + 1);
    options.answerTo = (_given, res) => json(res, [{ text: 'here again' }]);
    await person.say('hello?');
    await person.reads('here again');
    expect(logsOf(stack)).not.toContain(token);
  });

  test('a turn that it turns away is told again, and answered', async () => {
    const person = await verified(stack, 2);
    options.answerTo = (_given, res) => {
      options.answerTo = (_later, again) => json(again, [{ text: 'now' }]);
      json(res, {}, 429, { 'retry-after': '1' });
    };
    await person.say('hello');
    await person.reads('now');
  });
});

describe('Direct Line', () => {
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
});
