// Whoever's number may get no code talks to Doorman as the unknown do, word for word.
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { stranger } from '../support/world';
import type { Person } from '../support/world';
import { usualRules } from '../../src/directory/contacts';

let world: ConversationWorld;

beforeAll(async () => {
  world = await startConversations('skipping', { rules: { ...usualRules, countries: new Set(['GB', 'US']), sameNumber: 'refuse' } });
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
});

const number = '+12025550123';
const own: Person = { phone: `whatsapp:${number}` };

const register = (e164: string, held = false) => world.pool.query(
  `UPDATE employee_phones SET e164 = $1, held_from = CASE WHEN $2 THEN clock_timestamp() END
    WHERE e164 = '+447700900123'`, [e164, held]);

/** All that somebody reads who claims to be Anna, or nobody, and then guesses. */
async function transcript(person: Person, identifier: string): Promise<string> {
  await world.write(person, 'hello');
  await world.write(person, identifier);
  await world.write(person, 'resend');
  await world.write(person, 'what now?');
  for (let n = 0; n < 5; n += 1) await world.write(person, '12345678');
  await world.write(person, 'hello');
  const sent = await world.channel.sent.count(10);
  return sent.map(({ text }) => text).join('\n');
}

test.each<[string, Person, () => Promise<unknown>]>([
  ['is held back', stranger, () => register(number, true)],
  ['is at a premium', stranger, () => register('+449012345678')],
  ['is in a country that is not listed', stranger, () => register('+33612345678')],
  ['is the one that they write from, where that is refused', own, () => register(number)],
])('an employee whose number %s reads what the unknown read, and gets no code', async (_why, person, prepare) => {
  await prepare();
  const read = await transcript(person, '144133');
  expect(world.carrier.carried.all).toEqual([]);
  await world.reset();
  expect(await transcript(person, '999999')).toBe(read);
});

test('the same number gets a code when it may', async () => {
  await register(number);
  await transcript(stranger, '144133');
  expect(world.carrier.carried.all.map(({ to }) => to)).toEqual([number]);
});
