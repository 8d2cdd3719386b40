// What guards codes of applications: tries, budgets, and that nothing is told of numbers that no code goes to.
import { randomBytes, randomUUID } from 'node:crypto';
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { lookupHash } from '../../src/keys/box';
import { defaultPolicy } from '../../src/domain/policy';
import { findSend } from '../../src/otp/budgets';
import { codePurpose, issueChallenge } from '../../src/otp/challenges';
import { deriveCode, sameCode } from '../../src/otp/codes';
import { destroyOldVerifications } from '../../src/verifications/retention';
import { createApprovedNumber, openVerification, verificationPurpose } from '../../src/verifications/verifications';
import { createWiredVerifications } from '../../src/wiring/verifications';
import { testKeyring } from '../support/world';
import { clientOf, codeIn, createVerificationWorld, market, mobiles, old, shop, wrong } from './verificationWorld';
import type { VerificationWorld } from './verificationWorld';

const approvedNumber = createApprovedNumber(testKeyring.storage);
const next = mobiles();
let world: VerificationWorld;
beforeAll(async () => { world = await createVerificationWorld({ codeGap1Ms: 10_000, codeGap2Ms: 10_000, countrySendsPerDayMax: 40 }); });
afterAll(() => world.stop());
beforeEach(() => world.clear());

/** As if the gaps between sends had passed. */
const later = (minutes = 11) => world.owner.query(
  `UPDATE rest_verifications SET charged_at = charged_at - $1 * interval '1 min'`, [minutes]);
const rows = async (columns: string) => (await world.pool.query(`SELECT ${columns} FROM rest_verifications ORDER BY created_at`)).rows;
const all = <T>(count: number, act: (index: number) => Promise<T>) => Promise.all(Array.from({ length: count }, (_, index) => act(index)));

describe('a code for an application', () => {
  it('is approved once, by the right code, for the client that asked for it', async () => {
    const number = next();
    const { id, code } = await world.ask(number);
    expect(await world.check(id, wrong(code!))).toBe('pending');
    expect(await world.check(id, code!, old)).toBe('none');
    expect(await world.verifications.status(clientOf(old), id)).toBeUndefined();
    expect(await world.check(id, code!)).toBe('approved');
    expect(await world.check(id, code!)).toBe('over');
    expect(await world.verifications.status(clientOf(shop), id)).toBe('approved');
    const destination = lookupHash(testKeyring.lookup, 'destination', number).toString('base64url');
    expect(await world.audit('verification.sent')).toContainEqual({ verificationId: id, client: 'shop', destination });
    expect(await world.audit('verification.approved')).toContainEqual({ verificationId: id, client: 'shop', destination });
  });

  it('brings its number to its client within five minutes, and once', async () => {
    const number = next();
    const { id, code } = await world.ask(number);
    expect(await approvedNumber(world.pool, id, 'shop')).toBeUndefined();
    await world.check(id, code!);
    expect(await approvedNumber(world.pool, id, 'old')).toBeUndefined();
    expect(await approvedNumber(world.pool, 'no id', 'shop')).toBeUndefined();
    const taken = await all(5, () => approvedNumber(world.pool, id, 'shop'));
    const { rows: [asked] } = await world.pool.query<{ at: Date }>('SELECT created_at AS at FROM rest_verifications WHERE id = $1', [id]);
    expect(taken.filter((one) => one !== undefined)).toEqual([{ number, askedAt: asked!.at }]);
    const late = await world.ask(next());
    await world.check(late.id, late.code!);
    await world.owner.query(`UPDATE rest_verifications SET ended_at = ended_at - interval '301 s'`);
    expect(await approvedNumber(world.pool, late.id, 'shop')).toBeUndefined();
  });

  it('A17 R07 evaluates exactly its tries of 500 guesses at a time, and answers them all', async () => {
    const { id, code } = await world.ask(next());
    const { rows: guesses } = await world.owner.query<{ id: string }>(
      `INSERT INTO rest_guesses (id, verification_id) SELECT gen_random_uuid(), $1 FROM generate_series(1, 500) RETURNING id`, [id]);
    const judged = await Promise.all(guesses.map((guess) => world.activities.judgeVerification({ verificationId: id, guessId: guess.id })));
    expect(judged).toHaveLength(500);
    const { rows: [counted] } = await world.pool.query('SELECT count(*)::int AS evaluated FROM rest_guesses WHERE evaluated');
    expect(counted).toEqual({ evaluated: defaultPolicy.codeTriesMax });
    expect(await world.check(id, code!)).toBe('over');
    expect(await world.audit('verification.exhausted')).toContainEqual(expect.objectContaining({ verificationId: id }));
  });

  it('charges and judges a guess once, however often its activity is repeated', async () => {
    const { id, code } = await world.ask(next());
    const told: string[] = [];
    const verifications = createCapturing(told);
    await verifications.check(clientOf(shop), id, code!).catch(() => undefined);
    const guess = { verificationId: id, guessId: told[0]! };
    const judged = [await world.activities.judgeVerification(guess), await world.activities.judgeVerification(guess)];
    expect(judged).toEqual(['approved', 'approved']);
    expect(await rows('tries_used')).toEqual([{ tries_used: 1 }]);
    expect(await world.audit('verification.approved')).toContainEqual(expect.objectContaining({ verificationId: id }));
    const { rows: kept } = await world.pool.query('SELECT guess_enc FROM rest_guesses');
    expect(kept).toEqual([{ guess_enc: null }]);
  });

  it('A26 of the chat is worth nothing here, and the reverse', async () => {
    const { id } = await world.ask(next());
    const { keyId, digits } = (await openVerification(world.pool, testKeyring.storage, id))!;
    const code = (challengeId: string, purpose: string) => deriveCode(testKeyring.code, { keyId, challengeId, purpose, digits });
    const ids = [id, randomUUID()];
    const codes = ids.flatMap((one) => [codePurpose, verificationPurpose].map((purpose) => code(one, purpose)));
    codes.forEach((guess, at) => codes.forEach((right, of) => expect(sameCode(guess, right)).toBe(at === of)));
    expect(await world.check(id, code(id, codePurpose))).toBe('pending');
    const other = await world.ask(next());
    expect(await world.check(id, other.code!)).toBe('pending');
    expect(await world.check(id, code(id, verificationPurpose))).toBe('approved');
  });

  it('is asked for once under an Idempotency-Key, and the key serves no other request', async () => {
    const asked = { number: next(), language: 'en', key: 'k-1' };
    const answers = await all(8, () => world.verifications.start(clientOf(shop), asked));
    expect(new Set(answers.map((one) => 'id' in one ? one.id : one.outcome)).size).toBe(1);
    expect(world.sms.all).toHaveLength(1);
    expect(await world.verifications.start(clientOf(shop), { ...asked, number: next() })).toEqual({ outcome: 'reused' });
    expect(await world.verifications.start(clientOf(old), asked)).toMatchObject({ outcome: 'taken' });
  });

  it('is gone with its number when its time is over', async () => {
    const [{ id, code }, guessed] = [await world.ask(next()), await world.ask(next())];
    await world.check(guessed.id, wrong(guessed.code!));
    await world.owner.query(`UPDATE rest_verifications SET created_at = created_at - interval '26 hours', expires_at = expires_at - interval '26 hours'`);
    expect(await world.check(id, code!)).toBe('over');
    expect(await destroyOldVerifications(world.pool)).toBe(1);
    expect(await rows('id, number_enc, state')).toEqual([{ id: guessed.id, number_enc: null, state: 'expired' }]);
    await world.owner.query(`UPDATE rest_verifications SET created_at = created_at - interval '30 days'`);
    expect(await destroyOldVerifications(world.pool)).toBe(1);
  });

  /** Requests whose workflows nobody tells: what they would have been told is kept. */
  function createCapturing(told: string[]) {
    const workflows = {
      start: async () => undefined,
      check: async ({ guessId }: { guessId: string }) => { told.push(guessId); return Promise.reject(new Error('nobody is told')); },
    };
    return createWiredVerifications({
      pool: world.pool, policy: defaultPolicy, keyring: testKeyring, countries: undefined, workflows });
  }
});

describe('a number that no code goes to', () => {
  const nowhere = [
    ['of a country that the client may not reach', '+14155550123'], ['of a country of nobody', '+8613800138000'],
    ['without a plus', '4915112345678'], ['with an extension', '+4915112345678 ext. 7'], ['a short code', '+4911'],
    ['a vanity number', '+1800FLOWERS'], ['a fixed line', '+49301234567'], ['a premium-rate number', '+499001234567'],
    ['no number at all', 'x'], ['a chat', 'whatsapp:+4915112345678'],
  ] as const;

  it.each(nowhere)('A37 A70 R47 %s, is answered and guessed at like any other', async (_what, number) => {
    const [nothing, real] = [await world.ask(number), await world.ask(next())];
    expect([nothing.code, typeof real.code]).toEqual([undefined, 'string']);
    const tries = Array.from({ length: 7 }, () => wrong(real.code!));
    const answers = async (id: string) => {
      const said: string[] = [];
      for (const guess of tries) said.push(await world.check(id, guess), (await world.verifications.status(clientOf(shop), id))!);
      return said;
    };
    expect(await answers(nothing.id)).toEqual(await answers(real.id));
  });

  it('is not kept, and its own code opens nothing', async () => {
    const { id } = await world.ask('+14155550123');
    const row = (await openVerification(world.pool, testKeyring.storage, id))!;
    expect(row.number).toBeUndefined();
    const code = deriveCode(testKeyring.code, { keyId: row.keyId, challengeId: id, purpose: verificationPurpose, digits: row.digits });
    expect(await world.check(id, code)).toBe('pending');
    expect(world.sms.all).toEqual([]);
  });
});

describe('budgets', () => {
  it('A70 R47 ten spellings of one number share one, under any interleaving', async () => {
    const spellings = [
      '+4915112345678', '004915112345678', '+49 151 12345678', '+49-151-12345678', '+49 (0)151 12345678', '+49/151/12345678',
      '\u202a+4915112345678\u202c', '+４９15112345678', ' +49.151.12345678 ', '+49\u00a0151\u201112345678',
    ];
    const asked = await all(30, (index) => world.ask(spellings[index % 10]!));
    expect(asked).toHaveLength(30);
    expect(world.sms.all.map(({ to }) => to)).toEqual(['+4915112345678']);
    for (const _ of [1, 2, 3, 4, 5, 6]) {
      await later(3);
      await all(10, (index) => world.ask(spellings[index]!));
    }
    // Three in an hour.
    expect(world.sms.all).toHaveLength(defaultPolicy.strangerSendsPerHourMax);
    await later(61);
    await all(10, (index) => world.ask(spellings[index]!));
    await later();
    await all(10, (index) => world.ask(spellings[index]!));
    await later();
    await all(10, (index) => world.ask(spellings[index]!));
    expect(world.sms.all).toHaveLength(defaultPolicy.strangerSendsPerDayMax);
  });

  it('both spellings of one line in Mexico share one', async () => {
    await world.ask('+5215512345678');
    await world.ask('+525512345678');
    expect(world.sms.all).toHaveLength(1);
  });

  it('A52 codes to one telephone are counted together with those of the chat, both ways', async () => {
    const number = next();
    const to = lookupHash(testKeyring.lookup, 'destination', number);
    const inChat = async (pool: 'known' | 'stranger') => {
      const { rows: [sender] } = await world.pool.query<{ id: string }>('INSERT INTO senders DEFAULT VALUES RETURNING id');
      const challengeId = randomUUID();
      await auditedTransaction(world.pool, (tx, note) => issueChallenge(tx, note, defaultPolicy, {
        challengeId, senderId: sender!.id, employeeId: undefined, identityHash: randomBytes(32), claimHash: randomBytes(32),
        pool, method: 'sms', keyId: 'k1', destinationHash: to, country: 'DE' }));
      return (await findSend(world.pool, challengeId, 1))!.allowed;
    };
    expect(await all(3, () => inChat('stranger'))).toEqual([true, true, true]);
    for (const _ of [1, 2, 3]) { await world.ask(number); await later(); }
    // Five of ten, with those of strangers.
    expect(world.sms.all).toHaveLength(2);
    expect(await inChat('stranger')).toBe(false);
    const known = await all(8, () => inChat('known'));
    expect(known.filter(Boolean)).toHaveLength(5);
    await later();
    await world.ask(number);
    expect(world.sms.all).toHaveLength(2);
  });

  it('A52 a country gets half of its day for applications, and it is said once', async () => {
    await all(60, () => world.ask(next()));
    expect(world.sms.all).toHaveLength(20);
    expect(world.alerts).toEqual(['countrySpent']);
  });

  it('a client has so many a day, another one has its own, and a refused one costs neither', async () => {
    const few = { name: 'few', requestsPerMinute: 300, verifications: { countries: ['DE'], perDay: 3, returnsCode: false } };
    const small = await createVerificationWorld({}, undefined, [few, shop]);
    try {
      await all(10, () => small.ask(next(), few));
      expect(small.sms.all).toHaveLength(3);
      await small.ask(next());
      expect(small.sms.all).toHaveLength(4);
      expect(await small.audit('client.spent')).toEqual([{ client: 'few' }]);
      // Nobody whom the settings do not name.
      await small.ask(next(), { ...few, name: 'gone' });
      expect(small.sms.all).toHaveLength(4);
    } finally {
      await small.stop();
    }
  });

  it('wrong guesses at a client\'s codes trip its own breaker: nothing of its is compared any more, nothing tells, and no other client\'s is stopped', async () => {
    const small = await createVerificationWorld({ organisationGuessesPerDayMax: 12 });
    try {
      const codes = [await small.ask(next()), await small.ask(next()), await small.ask(next())];
      for (const { id, code } of codes) for (let n = 0; n < 4; n += 1) await small.check(id, wrong(code!));
      expect(small.alerts).toEqual(['breakerTripped']);
      const [own, other, third] = [await small.ask(next()), await small.ask(next(), market), await small.ask(next(), market)];
      expect(await small.check(own.id, own.code!)).toBe('pending');
      expect(await small.check(other.id, wrong(other.code!), market)).toBe('pending');
      expect([await small.check(other.id, other.code!, market), await small.check(third.id, third.code!, market)]).toEqual(['approved', 'approved']);
      expect(await small.audit('restbreaker.tripped')).toEqual([{ client: 'shop', guesses: 12 }]);
    } finally {
      await small.stop();
    }
  });

  it('wrong guesses at one number are counted over all of its codes', async () => {
    const small = await createVerificationWorld({ strangerGuessesPerDayMax: 6, codeGap1Ms: 10_000 });
    try {
      const number = next();
      const first = await small.ask(number);
      for (let n = 0; n < 5; n += 1) await small.check(first.id, wrong(first.code!));
      await small.owner.query(`UPDATE rest_verifications SET charged_at = charged_at - interval '11 min'`);
      const second = await small.ask(number);
      expect(await small.check(second.id, wrong(second.code!))).toBe('pending');
      expect(await small.check(second.id, second.code!)).toBe('pending');
    } finally {
      await small.stop();
    }
  });
});

describe('a code that is returned', () => {
  it('is in the answer and in the SMS, is random, and passes nowhere', async () => {
    const asked = () => world.verifications.startReturned(clientOf(old), { number: next(), language: 'de' });
    const codes = await all(20, asked);
    expect(codes.every((code) => /^\d{6}$/.test(code))).toBe(true);
    expect(world.sms.all.map((sms) => codeIn(sms)).sort()).toEqual([...codes].sort());
    expect(new Set(codes).size).toBeGreaterThan(15);
    const found = await rows('id, code_enc');
    expect(found.every(({ code_enc: sealed }) => sealed === null)).toBe(true);
    for (const { id } of found) {
      expect([await world.check(id, codes[0]!, old), await world.verifications.status(clientOf(old), id)]).toEqual(['none', undefined]);
    }
    expect(await world.audit('verification.returned')).toContainEqual({ verificationId: found[0].id, client: 'old' });
  });

  it('is answered alike for a number that none goes to', async () => {
    expect(await world.verifications.startReturned(clientOf(old), { number: '+14155550123', language: 'en' })).toMatch(/^\d{6}$/);
    expect(world.sms.all).toEqual([]);
  });
});
