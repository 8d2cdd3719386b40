// Activities on a real Postgres whose codes go by Twilio Verify, over the official SDK, at a simulator.
import { randomUUID } from 'node:crypto';
import type { Activities } from '../../../activities';
import type { ConfirmOutcome } from '../../../activities/challenge';
import { createPool } from '../../../src/db/pool';
import type { Pool } from '../../../src/db/pool';
import type { Verification } from '../../../src/simulator/twilio/verify';
import type { RunningSimulator } from '../../../src/simulator/simulator';
import type { ProviderGuess } from '../../../src/otp/verify/managedCheck';
import { createVerifyProvider } from '../../../src/otp/verify/verifyProvider';
import type { VerifyProvider } from '../../../src/otp/verify/verifyProvider';
import type { VerifyCodes } from '../../../src/otp/verify/verifyCarrier';
import { createTexts } from '../../../src/texts/render';
import { createTwilio } from '../../../src/twilio/client';
import type { Twilio } from '../../../src/twilio/client';
import { createWiredActivities } from '../../../src/wiredActivities';
import { createTestDatabase } from '../../support/postgres';
import { account, simulate } from '../../support/simulation';
import { addEmployees, FakeAssistant, FakeChannel, store, testKeyring, testPolicy } from '../../support/world';
import type { Person } from '../../support/world';

export const serviceSid = `VA${'0e'.repeat(16)}`;

export interface Claim {
  readonly challengeId: string;
  readonly senderId: string;
}

export interface VerifyWorld {
  readonly pool: Pool;
  readonly owner: Pool;
  readonly simulator: RunningSimulator;
  readonly provider: VerifyProvider;
  readonly activities: Activities;
  /** The way to Twilio, without a deadline that anybody meets. */
  readonly twilio: Twilio;
  /** The guesses that were handed over to be compared. */
  readonly checked: readonly ProviderGuess[];
  /** What an operator was told. */
  readonly alerts: string[];
  readonly warnings: string[];
  /** Somebody claims to be somebody; the code is not sent yet. */
  claim(person: Person, identifier?: string): Promise<Claim>;
  /** Claims, and sends the code. */
  ask(person: Person, identifier?: string): Promise<Claim & { readonly outcome: string }>;
  guess(person: Person, claim: Claim, text: string, messageId?: string): Promise<ConfirmOutcome>;
  /** The newest verification at Twilio. */
  newest(): Verification;
  /** Requests to Verify by the last part of their path. */
  requests(part: string): number;
  /** Lets a minute pass on the database's clock, for what waits for the next try. */
  passMinute(): Promise<void>;
  stop(): Promise<void>;
}

/** `simulator` stands for Twilio; each test may start its own. */
export async function createVerifyWorld(codes: VerifyCodes, now?: () => number): Promise<VerifyWorld> {
  const database = await createTestDatabase();
  const pool = createPool(database.url, { max: 10 });
  const owner = createPool(database.ownerUrl, { max: 1 });
  await addEmployees(pool);
  const simulator = await simulate({}, now === undefined ? {} : { now });
  const client = (timeoutMs: number) => createTwilio({
    accountSid: account.sid, apiKeySid: account.apiKeySid, apiKeySecret: account.apiKeySecret, apiUrl: simulator.url, timeoutMs });
  const [alerts, warnings]: string[][] = [[], []];
  const provider = createVerifyProvider({
    pool, serviceSid, codes, twilio: client(10_000),
    // Nobody waits for a silence to end, and nobody is cut off because the machine is busy.
    checkTwilio: { call: (request) => client(simulator.faults.now.apiDelayMs > 0 ? 300 : 10_000).call(request) },
    checkMs: 0,
    alert: (what) => alerts!.push(what),
    log: { warn: (event) => { warnings!.push(event); } },
  });
  const { checkCode } = provider;
  const checked: ProviderGuess[] = [];
  const ports = {
    channel: new FakeChannel(), carriers: new Map([['sms' as const, provider.carrier('sms')]]),
    assistant: new FakeAssistant(), ...checkCode === undefined ? {} : { checkCode: (guess: ProviderGuess) => {
      checked.push(guess);
      return checkCode(guess);
    } },
  };
  const activities = createWiredActivities(pool, testKeyring, createTexts({ organisation: 'Acme', language: 'en' }), ports, 'en');

  const claim = async (person: Person, identifier = '144133'): Promise<Claim> => {
    const challengeId = randomUUID();
    const message = await store(pool, testKeyring, person, identifier);
    const identified = await activities.identify({ ...message, challengeId, asked: true, policy: testPolicy });
    if (identified.reaction !== 'issue') throw new Error(`no code was issued: ${identified.reaction}`);
    return { challengeId, senderId: message.senderId };
  };
  return {
    pool, owner, simulator, provider, activities, checked, twilio: client(10_000), alerts: alerts!, warnings: warnings!, claim,
    async ask(person, identifier) {
      const claimed = await claim(person, identifier);
      const { outcome } = await activities.sendCode({ challengeId: claimed.challengeId, sends: 1 });
      return { ...claimed, outcome };
    },
    async guess(person, { challengeId }, text, messageId) {
      const message = await store(pool, testKeyring, person, text, messageId === undefined ? {} : { messageId });
      return activities.confirm({ ...message, challengeId, sessionId: randomUUID(), policy: testPolicy });
    },
    newest: () => simulator.verify.all().at(-1)!,
    requests: (part) => simulator.state.exchanges()
      .filter(({ method, url }) => method === 'POST' && new URL(url).pathname.endsWith(part)).length,
    async passMinute() {
      await owner.query(`UPDATE verifications SET tried_at = tried_at - interval '61 seconds'`);
    },
    async stop() {
      await pool.end();
      await owner.end();
      await database.drop();
    },
  };
}

/** A code that is not this one. */
export const otherThan = (code: string): string => (code === '000000' ? '000001' : '0'.repeat(code.length));

/** Lets the gap between two codes of a sender be over. */
export async function passGap({ owner }: VerifyWorld): Promise<void> {
  await owner.query(`UPDATE challenges SET last_sent_at = last_sent_at - interval '1 hour'`);
  await owner.query(`UPDATE sends SET charged_at = charged_at - interval '1 hour'`);
}
