// Rasa through the whole stack: all that it says is read in order, and whatever dies meanwhile, it is told once and
// the person hears of it once.
import { fakeRasa } from '../../assistant/rasa/fakeRasa';
import type { RasaOptions } from '../../assistant/rasa/fakeRasa';
import { json, Wire } from '../../assistant/stand/wire';
import { Stack } from '../stack';
import { words } from '../stand/phones';
import { csv, gate, killedWhileThinking, logsOf, numbered, policy, verified } from './thinking';

jest.setTimeout(300_000);

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
  options.answerTo = ({ sender, message }, res) => json(res, [{ recipient_id: sender, text: `heard ${message}` }]);
  await person.say('2');
  await person.reads('heard /pick{"n":2}');
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
