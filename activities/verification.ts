// Codes that applications asked for: sends one, judges a guess, ends what was not used. Ids in, a word out.
import { auditedTransaction } from '../src/audit/auditedTransaction';
import type { Pool } from '../src/db/pool';
import type { Policy } from '../src/domain/policy';
import type { PurposeKeys } from '../src/keys/keyring';
import type { CarryApplicationCode } from '../src/otp/carriers/smsCarrier';
import type { Alert } from '../src/otp/budgets';
import { beginSend, settleSend } from '../src/outbox/outbox';
import { takeTurn } from '../src/outbox/pacing';
import { chargeGuess, dropGuess, expire, judgeGuess, openGuess } from '../src/verifications/guesses';
import type { Judged } from '../src/verifications/guesses';
import { chargeSend, sendKey } from '../src/verifications/sends';
import { openVerification, wipeReturned } from '../src/verifications/verifications';
import type { OpenVerification } from '../src/verifications/verifications';
import { settleRefused } from './refusedSend';

export interface VerificationDeps {
  readonly pool: Pool;
  /** As it holds today: these lives are short. */
  readonly policy: Policy;
  readonly storageKeys: PurposeKeys;
  readonly carry: CarryApplicationCode;
  /** Codes that may be sent for a client within a day; 0 for one that may have none any more. */
  sendsPerDayMax(client: string): number;
  deriveCode(verification: OpenVerification): string;
  sameCode(guess: string, code: string): boolean;
  alert(what: Alert): void;
}

export type VerificationActivities = ReturnType<typeof createVerificationActivities>;

export function createVerificationActivities(deps: VerificationDeps) {
  const { pool, policy, storageKeys } = deps;
  return {
    /** May be repeated: it is charged once, and it is the same code. The history tells nothing of what became of it. */
    async sendVerification({ verificationId }: { verificationId: string }): Promise<'handedOver'> {
      const asked = await openVerification(pool, storageKeys, verificationId);
      if (asked === undefined) return 'handedOver';
      const isAllowed = await auditedTransaction(pool, (tx, note) => chargeSend(tx, (record) => {
        note(record);
        if (record.kind === 'country.spent') deps.alert('countrySpent');
      }, policy, asked, deps.sendsPerDayMax(asked.client)));
      if (isAllowed && asked.isLive) await send(deps, asked);
      if (asked.mode === 'returned') await wipeReturned(pool, verificationId);
      return 'handedOver';
    },

    /** Charges, compares and judges, in this order, each committed before the next (decision 6). */
    async judgeVerification(guess: { verificationId: string; guessId: string }): Promise<Judged> {
      const { verificationId, guessId } = guess;
      const charge = await chargeGuess(pool, policy, guess, () => deps.alert('breakerTripped'));
      if (charge === 'unknown') return 'pending';
      if (charge === 'refused') {
        await dropGuess(pool, guessId);
        return 'over';
      }
      const [verification, code] = await Promise.all([
        openVerification(pool, storageKeys, verificationId), openGuess(pool, storageKeys, guess)]);
      // Compared also where nothing was sent, or a budget is spent, so that it takes as long; but nothing opens those.
      const isSame = verification !== undefined && deps.sameCode(code ?? '', deps.deriveCode(verification));
      const right = isSame && charge === 'charged' && verification.allowed === true;
      return auditedTransaction(pool, (tx, note) => judgeGuess(tx, note, { ...guess, right }));
    },

    async expireVerification({ verificationId }: { verificationId: string }): Promise<void> {
      await expire(pool, verificationId);
    },
  };
}

async function send(deps: VerificationDeps, asked: OpenVerification): Promise<void> {
  const { pool } = deps;
  const key = sendKey(asked.id);
  const begun = await beginSend(pool, deps.storageKeys, { key, senderId: null, kind: 'code' });
  const code = asked.mode === 'returned' ? asked.code : deps.deriveCode(asked);
  if (begun.state !== 'pending') return;
  if (asked.number === undefined || code === undefined) return settleSend(pool, key, { state: 'withheld' });
  await takeTurn(pool, { key, lane: 'codes' });
  const carried = await deps.carry({
    to: asked.number,
    code,
    language: asked.language,
    receiptId: begun.receiptId,
    minutesLeft: Math.max(1, Math.round(asked.expiresInMs / 60_000)),
  }).catch((error: unknown) => settleRefused(pool, key, error));
  if (carried.outcome === 'undeliverable') {
    return settleSend(pool, key, { state: 'failed', fault: carried.code });
  }
  await auditedTransaction(pool, async (tx, note) => {
    await settleSend(tx, key, { state: 'sent', providerId: carried.providerId });
    const destination = asked.destinationHash?.toString('base64url') ?? '';
    note({ kind: 'verification.sent', facts: { verificationId: asked.id, client: asked.client, destination } });
  });
}
