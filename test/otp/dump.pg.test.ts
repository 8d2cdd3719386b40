// Everything that the database holds while codes count, in the hands of somebody who has none of the keys.
import { createHash, createHmac } from 'node:crypto';
import { deriveCode } from '../../src/otp/codes';
import { codePurpose } from '../../src/otp/challenges';
import { Visitor, wrong } from '../activities/visitor';
import { createActivityWorld } from '../support/activityWorld';
import type { ActivityWorld } from '../support/activityWorld';
import { anna, annaPrivate, stranger } from '../support/world';

let world: ActivityWorld;

beforeAll(async () => {
  world = await createActivityWorld();
});

afterAll(async () => {
  await world.stop();
});

/** Every value of every row of every table, as bytes; what is written in hexadecimal also as what it stands for. */
async function dump(): Promise<Buffer[]> {
  const { rows: tables } = await world.owner.query<{ name: string }>(
    `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`);
  const values = new Set<string>();
  const collect = (value: unknown): void => {
    if (value === null || typeof value === 'boolean') return;
    if (typeof value === 'object') Object.values(value).forEach(collect);
    else values.add(String(value));
  };
  for (const { name } of tables) {
    const { rows } = await world.owner.query<{ row: object }>(`SELECT to_jsonb(t) AS row FROM ${name} t`);
    for (const { row } of rows) collect(row);
  }
  return [...values].flatMap((text) => {
    const bytes = /^(?:\\x)?((?:[0-9a-f]{2})+)$/.exec(text)?.[1];
    return [Buffer.from(text), ...bytes === undefined ? [] : [Buffer.from(bytes, 'hex')]];
  });
}

const hashes = ['md5', 'sha1', 'sha256', 'sha512'] as const;

/** What somebody would try who believes that a code was kept: in clear, hashed, salted or keyed by what lies beside it. */
function recovers(code: string, values: readonly Buffer[]): boolean {
  if (values.some((value) => value.includes(code))) return true;
  const kept = new Set(values.flatMap((value) => [value.toString('hex'), value.toString('latin1')]));
  const isKept = (digest: Buffer): boolean =>
    kept.has(digest.toString('hex')) || kept.has(digest.toString('base64')) || kept.has(digest.toString('base64url'));
  return [Buffer.alloc(0), ...values].some((salt) => hashes.some((hash) => [
    createHash(hash).update(salt).update(code).digest(), createHash(hash).update(code).update(salt).digest(),
    createHash(hash).update(salt).update(':').update(code).digest(), createHmac(hash, salt).update(code).digest(),
    createHmac(hash, code).update(salt).digest(),
  ].some(isKept)));
}

/** Whether a value of the dump is the key under which the code is derived. */
function isDerivedFrom(code: string, challengeId: string, values: readonly Buffer[]): boolean {
  return values.some((value) =>
    deriveCode({ activeId: 'k', key: () => value }, { keyId: 'k', challengeId, purpose: codePurpose, digits: code.length }) === code);
}

test('A32 a dump of the database gives back none of the codes that count', async () => {
  // Ten digits: six would be found by chance among times.
  const policy = { codeDigitsKnown: 10, codeDigitsStranger: 10 };
  const visitors = [anna, annaPrivate, stranger].map((person) => new Visitor(world, person, policy));
  for (const visitor of visitors) {
    await visitor.claims('144133');
    await world.run(({ sendCode }) => sendCode({ challengeId: visitor.challengeId, sends: 1 }));
    await visitor.types(wrong(await visitor.code()));
  }
  expect(world.carrier.carried.all.map(({ code }) => code)).toEqual(
    await Promise.all(visitors.map((visitor) => visitor.code())));
  const values = await dump();
  expect(values.length).toBeGreaterThan(150);
  for (const visitor of visitors) {
    const code = await visitor.code();
    expect(recovers(code, values)).toBe(false);
    expect(recovers(wrong(code), values)).toBe(false);
    expect(isDerivedFrom(code, visitor.challengeId, values)).toBe(false);
  }
}, 180_000);

test('the search would find a code in clear, its hash, a salted one, and the key', async () => {
  await world.reset();
  const visitor = new Visitor(world, anna);
  await visitor.claims('144133');
  const code = await visitor.code();
  const salted = createHash('sha256').update(visitor.challengeId).update(code).digest();
  for (const planted of [Buffer.from(`it is ${code}.`), createHash('sha1').update(code).digest(), salted,
    Buffer.from(salted.toString('hex')), Buffer.from(salted.toString('base64'))]) {
    expect(recovers(code, [...await dump(), planted])).toBe(true);
  }
  const key = Buffer.alloc(32, 'key');
  const derived = deriveCode({ activeId: 'k', key: () => key }, { keyId: 'k', challengeId: 'id', purpose: codePurpose, digits: 6 });
  expect(isDerivedFrom(derived, 'id', [key])).toBe(true);
});
