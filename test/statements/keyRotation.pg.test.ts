// Signing keys from the first to the last day: by themselves, at an operator's word, at once, and by many at a time.
import { decodeProtectedHeader } from 'jose';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { sealedByKey } from '../../src/inbox/reseal';
import { addKey, activateKey, newKeyring, parseKeyring } from '../../src/keys/keyring';
import type { Keyring } from '../../src/keys/keyring';
import {
  resealSigningKeys, rotateSigningKey, tendSigningKeys, withdrawSigningKey,
} from '../../src/statements/keyRotation';
import type { RotationDeps } from '../../src/statements/keyRotation';
import { createKeySet, listSigningKeys } from '../../src/statements/published';
import { createStatements } from '../../src/statements/statements';
import type { Speaker } from '../../src/statements/statements';
import { keyTimes } from '../../src/statements/times';
import { createStatementVerifier } from '../../src/verifier/verifier';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { testKeyring } from '../support/world';
import { verdict } from '../verifier/forge';

const issuer = 'https://doorman.acme.example';
const audience = 'https://assistant.acme.example';
const anna: Speaker = {
  employeeId: '11111111-1111-4111-8111-111111111111', returnedAt: null,
  sessionId: '22222222-2222-4222-8222-222222222222', method: 'sms', assurance: 'standard', verifiedAt: new Date(1_767_323_045_000),
};
const day = 24 * 3_600_000;

let database: TestDatabase;
let pool: Pool;
let deps: RotationDeps;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 20 });
  deps = { pool, storageKeys: testKeyring.storage, times: keyTimes() };
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(() => pool.query('DELETE FROM signing_keys'));

const tend = () => tendSigningKeys(deps);
const keySet = () => createKeySet({ pool, tend })();
const published = async () =>
  (JSON.parse(await keySet()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid).sort();
const states = async () => (await listSigningKeys(pool)).map(({ state }) => state);
const kidOf = async (state: string) => (await listSigningKeys(pool)).find((key) => key.state === state)?.kid;
/** As if so much time had passed. */
const pass = (ms: number) => pool.query(
  `UPDATE signing_keys SET published_at = published_at - $1 * interval '1 ms',
     due_at = due_at - $1 * interval '1 ms', retired_at = retired_at - $1 * interval '1 ms'`, [ms]);
const newProcess = (keyring: Keyring = testKeyring) => {
  const statements = createStatements({ pool, keyring, issuer });
  return () => statements.state(anna, { audience, messageId: 'SM1' });
};
const signerOf = async (sign: () => Promise<string>) => decodeProtectedHeader(await sign()).kid;
const audit = async () => {
  const { rows } = await pool.query<{ kind: string; facts: Record<string, string> }>(
    `SELECT kind, facts FROM audit WHERE kind LIKE 'signingkey.%' ORDER BY seq`);
  return rows;
};

test('the first key of an installation signs at once, and the next one is published with it', async () => {
  const sign = newProcess();
  const kid = await signerOf(sign);
  expect(await states()).toEqual(['active', 'next']);
  expect(await kidOf('active')).toBe(kid);
  expect(await published()).toEqual([kid, (await kidOf('next'))!].sort());
});

test('processes that all begin at once make one key between them', async () => {
  const kids = await Promise.all(Array.from({ length: 20 }, () => signerOf(newProcess())));
  expect(new Set(kids).size).toBe(1);
  expect(await states()).toEqual(['active', 'next']);
});

test('a key set that is asked for before anything was signed has keys', async () => {
  expect(await published()).toHaveLength(2);
});

test('the key set holds public keys and nothing else', async () => {
  const { keys } = JSON.parse(await keySet()) as { keys: object[] };
  for (const key of keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
});

test('the private key is sealed, and belongs to its own row', async () => {
  await tend();
  const { rows } = await pool.query<{ sealed: Buffer; jwk: { d?: string } }>(
    'SELECT private_enc AS sealed, public_jwk AS jwk FROM signing_keys');
  for (const { sealed, jwk } of rows) {
    expect(jwk.d).toBeUndefined();
    expect(sealed.toString('latin1')).not.toContain('"d"');
  }
  await pool.query(`UPDATE signing_keys a SET private_enc = n.private_enc FROM signing_keys n
    WHERE a.state = 'active' AND n.state = 'next'`);
  await expect(newProcess()()).rejects.toThrow('this was changed, or belongs elsewhere');
});

test('a key signs for 90 days; then the next one does, and what the first signed is still believed for a while', async () => {
  const sign = newProcess();
  const own = createStatements({ pool, keyring: testKeyring, issuer });
  const customer = (await own.customer(anna, { audience, lifetimeSeconds: 900 })).jwt;
  const isBelieved = async () => await own.verify(customer, { typ: 'customer-auth+jwt', audience }) !== undefined;
  const first = await signerOf(sign);
  await pass(90 * day - 60_000);
  await tend();
  expect(await signerOf(sign)).toBe(first);
  await pass(60_000);
  const next = await kidOf('next');
  await tend();
  expect(await signerOf(sign)).toBe(next);
  expect(await states()).toEqual(['retiring', 'active', 'next']);
  expect(await published()).toContain(first);
  expect(await isBelieved()).toBe(true);
  const { rows: [retired] } = await pool.query<{ sealed: Buffer | null }>(
    'SELECT private_enc AS sealed FROM signing_keys WHERE kid = $1', [first]);
  expect(retired!.sealed).toBeNull();
  // The longest token, half a minute, ten minutes.
  await pass(25.5 * 60_000 - 10_000);
  await tend();
  expect(await published()).toContain(first);
  await pass(10_000);
  await tend();
  expect(await published()).not.toContain(first);
  expect(await isBelieved()).toBe(false);
  expect(await states()).toEqual(['active', 'next']);
});

test('a key that was published for less than a day does not take over, whatever is due', async () => {
  const sign = newProcess();
  const first = await signerOf(sign);
  await pool.query(`UPDATE signing_keys SET due_at = clock_timestamp() - interval '1 second' WHERE state = 'active'`);
  await pass(day - 60_000);
  await tend();
  expect(await signerOf(sign)).toBe(first);
  await pass(60_000);
  await tend();
  expect(await signerOf(sign)).not.toBe(first);
});

test('every change is in the audit, by the keys\' names alone', async () => {
  await pool.query('DELETE FROM signing_keys');
  const before = (await audit()).length;
  await tend();
  const [first, second] = [await kidOf('active'), await kidOf('next')];
  await pass(90 * day);
  await tend();
  await pass(30 * 60_000);
  await tend();
  const third = await kidOf('next');
  expect((await audit()).slice(before).map(({ kind, facts }) => [kind, facts])).toEqual([
    ['signingkey.made', { kid: first }], ['signingkey.activated', { kid: first }], ['signingkey.made', { kid: second }],
    ['signingkey.retired', { kid: first }], ['signingkey.activated', { kid: second }], ['signingkey.made', { kid: third }],
    ['signingkey.gone', { kid: first }],
  ]);
});

test('twenty processes that tend at once do it once, and all sign with what is active', async () => {
  await tend();
  await pass(90 * day);
  const next = await kidOf('next');
  await Promise.all(Array.from({ length: 20 }, tend));
  expect(await states()).toEqual(['retiring', 'active', 'next']);
  expect(new Set(await Promise.all(Array.from({ length: 20 }, () => signerOf(newProcess()))))).toEqual(new Set([next]));
});

describe('an operator', () => {
  test('has the next key take over at once when it was published for a day', async () => {
    await tend();
    await pass(2 * day);
    const next = await kidOf('next');
    expect(await rotateSigningKey(deps, 'tester')).toMatchObject({ outcome: 'rotated', kid: next });
    expect(await kidOf('active')).toBe(next);
    expect(await states()).toEqual(['retiring', 'active', 'next']);
  });

  test('has it take over by itself later when it was not, and may say so twice', async () => {
    const sign = newProcess();
    const first = await signerOf(sign);
    const next = await kidOf('next');
    const said = [await rotateSigningKey(deps, 'tester'), await rotateSigningKey(deps, 'tester')];
    expect(said).toEqual([
      { outcome: 'waiting', kid: next, at: said[0]!.at }, { outcome: 'waiting', kid: next, at: said[0]!.at }]);
    expect(await signerOf(sign)).toBe(first);
    await pass(day);
    await tend();
    expect(await signerOf(sign)).toBe(next);
    expect((await audit()).filter(({ kind, facts }) => kind === 'signingkey.asked' && facts.kid === first))
      .toEqual([{ kind: 'signingkey.asked', facts: { kid: first, operator: 'tester' } }]);
  });

  test('who asks when the next key is due anyway has it take over once', async () => {
    await tend();
    await pass(90 * day);
    const next = await kidOf('next');
    expect(await rotateSigningKey(deps, 'tester')).toMatchObject({ outcome: 'rotated', kid: next });
    await pass(2 * day);
    await tend();
    expect(await kidOf('active')).toBe(next);
  });

  test('withdraws a stolen key: from then on no process signs with it, and what it signed is refused', async () => {
    const processes = [newProcess(), newProcess(), newProcess()];
    const stolen = await processes[0]!();
    await Promise.all(processes.map((sign) => sign()));
    const kid = decodeProtectedHeader(stolen).kid!;
    const next = await kidOf('next');
    expect(await withdrawSigningKey(deps, 'tester')).toEqual({ withdrawn: kid, kid: next });
    expect(await published()).not.toContain(kid);
    expect(await Promise.all(processes.map(signerOf))).toEqual([next, next, next]);
    const statements = createStatements({ pool, keyring: testKeyring, issuer });
    expect(await statements.verify(stolen, { typ: 'doorman-statement+jwt', audience })).toBeUndefined();
    expect((await audit()).filter(({ facts }) => facts.operator !== undefined).at(-1))
      .toEqual({ kind: 'signingkey.withdrawn', facts: { kid, operator: 'tester' } });
  });

  test('withdraws before anything was ever signed', async () => {
    expect(await withdrawSigningKey(deps, 'tester')).toEqual({ withdrawn: undefined, kid: await kidOf('active') });
  });
});

test('A59 verifiers refuse nothing while keys rotate under them, round after round', async () => {
  const sign = newProcess();
  const fetch = async () => new Response(await createKeySet({ pool, tend })());
  let days = 0;
  const elapsed = () => days * day;
  const lasting = createStatementVerifier({ issuer, audience, fetch, elapsed });
  const found = new Map<string, number>();
  // A key signs for a day and a half here, and is known for that long before.
  const often = { ...deps, times: { ...deps.times, ageMs: 1.5 * day } };
  await tendSigningKeys(often);
  const before = (await audit()).length;
  for (days = 0; days < 40; days += 0.5) {
    await pass(day / 2);
    const [one, , other] = await Promise.all([sign(), tendSigningKeys(often), sign()]);
    for (const jwt of [one, other, await sign()]) {
      for (const verifier of [lasting, createStatementVerifier({ issuer, audience, fetch, elapsed })]) {
        const said = await verdict(verifier.verify(jwt));
        found.set(said, (found.get(said) ?? 0) + 1);
      }
    }
  }
  expect([...found]).toEqual([['accepted', 480]]);
  expect((await audit()).slice(before).filter(({ kind }) => kind === 'signingkey.retired').length).toBeGreaterThan(20);
});

describe('the storage key', () => {
  test('can be changed under the signing keys', async () => {
    const old = newKeyring();
    const { file: added, keyId } = addKey(old, 'storage');
    const keyring = parseKeyring(JSON.stringify(activateKey(added, 'storage', keyId)));
    const before = parseKeyring(JSON.stringify(old));
    const kid = await signerOf(newProcess(before));
    expect(await sealedByKey(pool)).toEqual({ k1: 2 });
    expect(await resealSigningKeys(pool, keyring.storage)).toBe(2);
    expect(await resealSigningKeys(pool, keyring.storage)).toBe(0);
    expect(await sealedByKey(pool)).toEqual({ [keyId]: 2 });
    expect(await signerOf(newProcess(keyring))).toBe(kid);
    // Whoever lacks the key says nothing.
    await expect(newProcess(before)()).rejects.toThrow('the keyring has no key');
  });
});
