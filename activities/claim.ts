// Somebody claims to be somebody: who that is, whether the sender may ask, and whether the code goes anywhere.
import type { Note } from '../src/audit/auditedTransaction';
import type { Queryable } from '../src/db/pool';
import type { Employee, FoundEmployee } from '../src/directory/employees';
import { codeLengths, readCode } from '../src/domain/codeText';
import { isEmailIdentifier } from '../src/domain/identifiers';
import type { IdentifyBy, Method } from '../src/domain/messages';
import type { Policy } from '../src/domain/policy';
import { askSender } from '../src/otp/budgets';
import { findJustExpired, issueChallenge, lockedForMs, lockSpentSender, wasVerified } from '../src/otp/challenges';
import type { Challenge } from '../src/otp/challenges';
import type { DisputeDeps } from './dispute';
import { chooseRoute, firstMethod } from './route';
import type { RouteDeps } from './route';

export interface ClaimDeps extends DisputeDeps, RouteDeps {
  findEmployee(db: Queryable, identifier: string): Promise<FoundEmployee>;
  /** Whether the sender writes from one of these numbers (E.164). */
  writesFrom(db: Queryable, senderId: string, numbers: readonly string[]): Promise<boolean>;
  /** What people are asked for, `employeeId` unless told. With `workEmail` their number is bound to the account. */
  readonly identifyBy?: IdentifyBy;
  /** Whether the employee has an account where one is needed; throws Fault. Asked only after the code was right. */
  hasAccount?(employeeId: string): Promise<boolean>;
  readonly activeCodeKeyId: string;
  /** Derives the challenge's code and compares, in constant time; the code does not leave it. */
  isCode(challenge: Challenge, guess: string): boolean;
}

export interface IdentifyInput {
  readonly senderId: string;
  readonly messageId: string;
  readonly challengeId: string;
  /** Whether the person was asked before. */
  readonly asked: boolean;
  readonly policy: Policy;
}

export type IdentifyOutcome =
  | {
    readonly reaction: 'issue';
    /** The given one, unless this message was handled before with another. */
    readonly challengeId: string;
    /** The first way that is configured, whichever way this person's code goes: that would tell who is known. */
    readonly method: Method;
    readonly expiresInMs: number;
  }
  | { readonly reaction: 'locked'; readonly lockedForMs: number }
  | { readonly reaction: 'tooSoon'; readonly waitMs: number }
  /** `again`: it was sent back for a stronger proof. Whatever it says, it is nothing that was said to us. */
  | { readonly reaction: 'holdAndAsk'; readonly bytes: number; readonly again?: true }
  | { readonly reaction: 'ask' | 'askOne' | 'cancel' | 'dispute' | 'textOnly' | 'flood' | 'ignore' };

/** Issues a code, or a decoy, to whoever claims to be somebody; unless the sender has to wait. */
export async function issueFor(
  deps: ClaimDeps, tx: Queryable, note: Note, input: IdentifyInput, identifier: string,
): Promise<IdentifyOutcome> {
  const { senderId, challengeId, policy } = input;
  const locked = await lockedForMs(tx, senderId);
  if (locked > 0) return { reaction: 'locked', lockedForMs: locked };
  if (await isLateCode(deps, tx, senderId, identifier)) return { reaction: 'ask' };
  const claimed = await deps.findEmployee(tx, identifier);
  const person = claimed.outcome === 'found' ? claimed.employee : undefined;
  const employee = person?.active === true ? person : undefined;
  // Counted by the person where there is one, so that an e-mail and an ID of the same person share one budget.
  const identityHash = deps.hashIdentity(person?.id ?? identifier);
  const claimHash = deps.hashIdentity(identifier);
  const may = await askSender(tx, policy, senderId, claimHash);
  if (may.outcome === 'tooSoon') return { reaction: 'tooSoon', waitMs: may.waitMs };
  if (may.outcome === 'spent') {
    await lockSpentSender(tx, note, senderId, may.waitMs);
    return { reaction: 'locked', lockedForMs: may.waitMs };
  }
  const { method, destination } = await chooseRoute(deps, tx, { employeeId: employee?.id ?? null, senderId });
  const pool = await isKnown(deps, tx, input, employee) ? 'known' : 'stranger';
  const expiresInMs = await issueChallenge(tx, alerting(deps, note), policy, {
    challengeId, senderId, method, employeeId: employee?.id, identityHash, claimHash, pool,
    keyId: deps.activeCodeKeyId,
    ...destination,
  });
  return { reaction: 'issue', challengeId, method: firstMethod(deps), expiresInMs };
}

/** Notes records, and tells at once what security has to hear. */
export function alerting(deps: ClaimDeps, note: Note): Note {
  return (record) => {
    note(record);
    if (record.kind === 'country.spent') deps.alert('countrySpent');
  };
}

/**
 * Whether what was taken for an ID is this sender's code that has just run out. It opens nothing and tells nothing: a
 * decoy has a code as well. Under a former key it is not looked at: that key may be gone.
 */
async function isLateCode(deps: ClaimDeps, tx: Queryable, senderId: string, identifier: string): Promise<boolean> {
  if (!/^[0-9-]+$/.test(identifier)) return false;
  const expired = await findJustExpired(tx, senderId);
  if (expired === undefined || expired.keyId !== deps.activeCodeKeyId) return false;
  const reading = readCode(identifier, codeLengths);
  return reading.found === 'one' && deps.isCode(expired, reading.code);
}

/** A sender is known who writes from the employee's own number, or proved to be this employee not long ago. */
async function isKnown(
  deps: ClaimDeps, tx: Queryable, input: IdentifyInput, employee: Employee | undefined,
): Promise<boolean> {
  // Asked for everybody, with what nobody has for the unknown: the same work for real and decoy (R25).
  const numbers = employee?.phones.map(({ e164 }) => e164) ?? [];
  const fromOwnNumber = await deps.writesFrom(tx, input.senderId, numbers);
  const verifiedBefore = await wasVerified(tx, input.senderId, employee?.id ?? null, input.policy.knownSenderDays);
  return fromOwnNumber || verifiedBefore;
}

/**
 * Whoever has no account is answered as after a wrong code. While that is not known nobody is let in, until the code is
 * over.
 */
export async function isLetIn(
  { hasAccount }: Pick<ClaimDeps, 'hasAccount'>, { employeeId, expiresInMs }: Challenge,
): Promise<boolean> {
  if (hasAccount === undefined || employeeId === null) return true;
  try {
    return await hasAccount(employeeId);
  } catch (error) {
    if (expiresInMs > 0) throw error;
    return false;
  }
}

/** Where people are asked for their e-mail, an ID is nothing: it would name an account that nobody asked for. */
export const mayClaim = ({ identifyBy }: Pick<ClaimDeps, 'identifyBy'>, identifier: string): boolean =>
  identifyBy !== 'workEmail' || isEmailIdentifier(identifier);
