// What the assistant gets with each message: a statement about that message and nobody else's, or no message at all.
import { decodeJwt } from 'jose';
import { createKeySet } from '../../src/statements/published';
import { createStatementVerifier } from '../../src/verifier/verifier';
import { acts, sessionId } from '../activities/acts';
import { createActivityWorld } from '../support/activityWorld';
import type { Act, ActivityWorld } from '../support/activityWorld';

let world: ActivityWorld;
beforeAll(async () => { world = await createActivityWorld(); });
afterAll(() => world.stop());
beforeEach(() => world.reset());

// Worlds without parties state for nobody.
const [issuer, audience] = ['https://doorman.invalid', 'https://assistant.invalid'];
const verifier = () => createStatementVerifier({
  issuer, audience,
  fetch: async () => new Response(await createKeySet({ pool: world.pool, tend: () => Promise.resolve() })()),
});
const relaying = (): Promise<Act> => acts['relay keeps what the assistant answers']!.prepare(world);
const relayed = async (act: Act) => {
  await world.run(act);
  return world.assistant.turns.all.at(-1)!;
};

test('a message comes with a statement of who wrote it, which the verifier knows', async () => {
  const turn = await relayed(await relaying());
  expect(await verifier().verify(turn.statement!, { messageId: turn.turnId })).toMatchObject({
    subject: turn.subject, sessionId: turn.conversationId, messageId: turn.turnId, assurance: turn.assurance,
    methods: ['otp', 'sms'], authenticatedAt: new Date(Math.floor(turn.verifiedAt.getTime() / 1_000) * 1_000),
  });
});

test('a statement has no personal data', async () => {
  const { statement } = await relayed(await relaying());
  const { rows: people } = await world.owner.query<Record<string, unknown>>(
    `SELECT e.id, e.employee_number, e.identifier, e.given_name, e.family_name, p.e164, m.address
       FROM employees e LEFT JOIN employee_phones p ON p.employee_id = e.id
       LEFT JOIN employee_emails m ON m.employee_id = e.id`);
  const text = JSON.stringify(decodeJwt(statement!));
  const values = people.flatMap((person) => Object.values(person)).filter((value) => value !== null).map(String);
  expect(values.length).toBeGreaterThan(5);
  expect(values.filter((value) => text.includes(value))).toEqual([]);
});

test('the activity keeps no statement: neither its outcome nor a table has one', async () => {
  const act = await relaying();
  const outcome = await world.run(act);
  const { statement } = world.assistant.turns.all.at(-1)!;
  // What the journey over all that is kept anywhere looks for.
  expect(statement).toMatch(/^eyJhbGciOiJFUzI1NiIsImtpZCI6/);
  const kept = JSON.stringify(outcome) + await world.traces();
  for (const part of statement!.split('.')) expect(kept).not.toContain(part);
});

test('a try that is repeated has a statement of its own, about the same message and person', async () => {
  const act = await relaying();
  world.assistant.answerTo = () => { throw new Error('down'); };
  await expect(world.run(act)).rejects.toThrow();
  await expect(world.run(act)).rejects.toThrow();
  const [first, second] = world.assistant.turns.all.slice(-2).map(({ statement }) => decodeJwt(statement!));
  expect(second).toMatchObject({ jti: first!.jti, sub: first!.sub });
  expect(world.assistant.turns.all.at(-1)!.statement).not.toBe(world.assistant.turns.all.at(-2)!.statement);
});

test('who was hired anew is somebody else to the assistant', async () => {
  const subject = (await relayed(await relaying())).subject;
  await world.reset();
  expect((await relayed(await relaying())).subject).toBe(subject);
  await world.reset();
  await world.owner.query('UPDATE employees SET returned_at = clock_timestamp()');
  expect((await relayed(await relaying())).subject).not.toBe(subject);
  await world.owner.query('UPDATE employees SET returned_at = NULL');
});

test('nothing is relayed while nothing can be signed, and the message goes on waiting', async () => {
  const act = await relaying();
  const { rows: before } = await world.owner.query<{ sealed: Buffer }>(
    `SELECT private_enc AS sealed FROM signing_keys WHERE state = 'active'`);
  await world.owner.query(`UPDATE signing_keys SET private_enc = '\\x0102' WHERE state = 'active'`);
  await expect(world.run(act)).rejects.toThrow();
  expect(world.assistant.turns.all).toEqual([]);
  await world.owner.query(`UPDATE signing_keys SET private_enc = $1 WHERE state = 'active'`, [before[0]!.sealed]);
  expect((await relayed(act)).conversationId).toBe(sessionId);
});
