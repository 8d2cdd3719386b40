// What a statement says, and that one of ours is known again.
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { createStatements } from '../../src/statements/statements';
import type { Speaker, Statements, StatementType } from '../../src/statements/statements';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { testKeyring } from '../support/world';

const issuer = 'https://doorman.acme.example';
const audience = 'https://assistant.acme.example';
const messageId = 'SM00000000000000000000000000000001';
const anna: Speaker = {
  employeeId: '11111111-1111-4111-8111-111111111111', returnedAt: null,
  sessionId: '22222222-2222-4222-8222-222222222222', method: 'sms', assurance: 'standard',
  verifiedAt: new Date('2026-01-02T03:04:05.678Z'),
};

let database: TestDatabase;
let pool: Pool;
let statements: Statements;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 5 });
  statements = createStatements({ pool, keyring: testKeyring, issuer });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const state = (changes: Partial<Speaker> = {}) => statements.state({ ...anna, ...changes }, { audience, messageId });

test('a statement says who speaks, to whom, how that was proved and when, and nothing else', async () => {
  const jwt = await state();
  const { rows: [key] } = await pool.query<{ kid: string }>(`SELECT kid FROM signing_keys WHERE state = 'active'`);
  expect(decodeProtectedHeader(jwt)).toEqual({ alg: 'ES256', kid: key!.kid, typ: 'doorman-statement+jwt' });
  const { iat } = decodeJwt(jwt);
  expect(decodeJwt(jwt)).toEqual({
    iss: issuer, aud: audience, sub: statements.subjectOf(audience, anna), sid: anna.sessionId, jti: messageId,
    iat, nbf: iat, exp: iat! + 120, auth_time: 1_767_323_045, amr: ['otp', 'sms'],
    acr: 'urn:doorman:assurance:standard',
  });
});

test.each([
  ['sms', ['otp', 'sms']], ['call', ['otp', 'tel']], ['email', ['otp']],
] as const)('a code by %s is stated as %j', async (method, amr) => {
  expect(decodeJwt(await state({ method })).amr).toEqual(amr);
});

test('the assurance that is stated is the session\'s', async () => {
  expect(decodeJwt(await state({ assurance: 'low' })).acr).toBe('urn:doorman:assurance:low');
});

describe('a subject', () => {
  const subject = (to: string, changes: Partial<Speaker> = {}) => statements.subjectOf(to, { ...anna, ...changes });

  test('is the same for the same person and audience, and a UUID', () => {
    expect(subject(audience)).toBe(subject(audience, { sessionId: 'another' }));
    expect(subject(audience)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('is another one for each audience, each person, and after each return', () => {
    const returned = (day: number) => ({ returnedAt: new Date(Date.UTC(2026, 0, day)) });
    const all = [
      subject(audience), subject('https://other.example'), subject(audience, { employeeId: anna.sessionId }),
      subject(audience, returned(1)), subject(audience, returned(2)),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('what Doorman itself is shown again', () => {
  const typ = 'customer-auth+jwt' as const;
  const customer = () => statements.customer(anna, { audience, lifetimeSeconds: 900 });

  test('is known by type and audience', async () => {
    const { jwt, issuedAt, expiresIn } = await customer();
    expect(await statements.verify(jwt, { typ, audience })).toEqual({
      subject: statements.subjectOf(audience, anna), sessionId: anna.sessionId, jti: decodeJwt(jwt).jti,
      verifiedAt: new Date('2026-01-02T03:04:05Z'), assurance: 'standard',
      issuedAt: new Date(issuedAt * 1_000), expiresAt: new Date((issuedAt + expiresIn) * 1_000),
    });
  });

  test.each<[string, { typ: StatementType; audience: string }]>([
    ['A60 of another type', { typ: 'doorman-statement+jwt', audience }],
    ['A60 for another audience', { typ, audience: 'https://other.example' }],
  ])('is refused when it is %s', async (_what, expected) => {
    expect(await statements.verify((await customer()).jwt, expected)).toBeUndefined();
  });

  test('is refused when another installation signed it, or nobody did', async () => {
    const { jwt } = await customer();
    expect(await statements.verify(`${jwt.slice(0, jwt.lastIndexOf('.'))}.${'A'.repeat(86)}`, { typ, audience }))
      .toBeUndefined();
    expect(await statements.verify('', { typ, audience })).toBeUndefined();
  });

  test('is refused once its key is not published any more', async () => {
    const { jwt } = await customer();
    await pool.query('DELETE FROM signing_keys');
    expect(await statements.verify(jwt, { typ, audience })).toBeUndefined();
  });

  test.each([0, 901, 0.5, NaN])('never lasts %s s', async (lifetimeSeconds) => {
    await expect(statements.customer(anna, { audience, lifetimeSeconds })).rejects.toThrow(RangeError);
  });
});

test('claims of an assertion replace none of ours', async () => {
  const claims = { iss: 'https://evil.example', aud: 'elsewhere', exp: '9', sub: 'root', tenant: 'acme' };
  const said = decodeJwt(await statements.assertion(anna, { audience, claims }));
  expect(said).toMatchObject({ iss: issuer, aud: audience, sub: statements.subjectOf(audience, anna), tenant: 'acme' });
  expect(said.exp).toBe(said.iat! + 120);
});

test('an assertion names the account that the endpoint knows', async () => {
  expect(decodeJwt(await statements.assertion(anna, { audience, subject: 'account-7' })).sub).toBe('account-7');
});

test('nothing is stated while the database does not answer', async () => {
  const gone = createPool(database.url, { max: 1 });
  await gone.end();
  await expect(createStatements({ pool: gone, keyring: testKeyring, issuer }).state(anna, { audience, messageId }))
    .rejects.toThrow();
});
