// Sends the code of a challenge to the contact that HR registered, or, for a decoy, does all but that.
import type { Pool, Queryable } from '../src/db/pool';
import type { Contact } from '../src/directory/contacts';
import type { Method } from '../src/domain/messages';
import { beginSend, settleSend } from '../src/outbox/outbox';
import { takeTurn } from '../src/outbox/pacing';
import type { PurposeKeys } from '../src/keys/keyring';
import { noteDestination } from '../src/otp/assurance';
import { findSend } from '../src/otp/budgets';
import { findChallenge } from '../src/otp/challenges';
import type { Challenge } from '../src/otp/challenges';
import type { CodeCarrier } from '../src/otp/carriers/codeCarrier';
import { settleRefused } from './refusedSend';

/** A code for somebody, asked for by a sender. */
export type ContactQuestion = Pick<Challenge, 'employeeId' | 'senderId' | 'method'>;

export interface CodeDeps {
  readonly pool: Pool;
  readonly storageKeys: PurposeKeys;
  readonly carriers: ReadonlyMap<Method, CodeCarrier>;
  readonly defaultLanguage: string;
  /** The registered contact that may be used; undefined for nobody (null), the departed and those without one. */
  findContact(db: Queryable, code: ContactQuestion): Promise<Contact | undefined>;
  replyAddress(db: Queryable, senderId: string): Promise<string | undefined>;
  deriveCode(challenge: Challenge): string;
  /** Keyed hash by which sends to one number or address are counted. */
  hashDestination(to: string): Buffer;
}

export interface SendCodeInput {
  readonly challengeId: string;
  /** Which send of this code it is, from 1: part of the business key. */
  readonly sends: number;
}

/** A decoy, or a code that is over, is handed over to nobody: neither the chat nor the history tells. */
export type SendCodeOutcome = { readonly outcome: 'handedOver' | 'undeliverable' };

/** Business key of the `sends`-th send (from 1) of a code, by the way that it goes. */
export const codeKey = ({ id, method }: Pick<Challenge, 'id' | 'method'>, sends: number): string =>
  `${id}:${method}:${sends}`;

export function createCodeActivities(deps: CodeDeps) {
  const { pool } = deps;
  return {
    /** Sends the code. May be repeated: it is the same code each time, so a second copy does no harm (decision 5). */
    async sendCode({ challengeId, sends }: SendCodeInput): Promise<SendCodeOutcome> {
      const [challenge, charged] = await Promise.all([
        findChallenge(pool, challengeId), findSend(pool, challengeId, sends)]);
      if (challenge === undefined || charged === undefined) return { outcome: 'handedOver' };
      const { senderId, employeeId } = challenge;
      // The way of this send: that of the code may have changed since.
      const { method } = charged;
      const key = codeKey({ id: challengeId, method }, sends);
      const [send, contact, requester] = await Promise.all([
        beginSend(pool, deps.storageKeys, { key, senderId, kind: 'code' }),
        deps.findContact(pool, { employeeId, senderId, method }),
        deps.replyAddress(pool, senderId)]);
      // Settled before, whatever it came to: the same for a decoy as for a code.
      if (send.state !== 'pending') return { outcome: send.state === 'failed' ? 'undeliverable' : 'handedOver' };
      // The directory, or where the sender writes from, may have changed since the charge. Asked for a decoy as well.
      await noteDestination(pool, challengeId, sends, contact?.isOther ?? true);
      const carrier = deps.carriers.get(method);
      const over = challenge.state !== 'live' || challenge.expiresInMs <= 0;
      // Where it was charged to, or nowhere: another contact since has had no budget, and is RESEND's to find.
      const isCharged = contact !== undefined && charged.allowed
        && charged.destinationHash?.equals(deps.hashDestination(contact.to));
      // A decoy waits like a code and takes its token: one that is held would otherwise be told from one that is not.
      if (!over) await takeTurn(pool, { key, lane: 'codes' });
      if (over || isCharged !== true || contact === undefined || requester === undefined || carrier === undefined) {
        await settleSend(pool, key, { state: 'withheld' });
        return { outcome: 'handedOver' };
      }
      const carried = await carrier.carry({
        to: contact.to,
        challengeId,
        receiptId: send.receiptId,
        code: deps.deriveCode(challenge),
        language: contact.language ?? deps.defaultLanguage,
        requestedBy: requester.slice(-4),
        minutesLeft: Math.max(1, Math.round(challenge.expiresInMs / 60_000)),
      }).catch((error: unknown) => settleRefused(pool, key, error));
      if (carried.outcome === 'undeliverable') {
        await settleSend(pool, key, { state: 'failed', fault: carried.code });
        return { outcome: 'undeliverable' };
      }
      await settleSend(pool, key, { state: 'sent', providerId: carried.providerId });
      return { outcome: 'handedOver' };
    },
  };
}

export type CodeActivities = ReturnType<typeof createCodeActivities>;
