// Port: what carries a code to the contact that HR registered. The suite in test/ports/codeCarrier holds for each.
import type { Refusal } from '../../domain/faults';
import type { Method } from '../../domain/messages';

export interface CodeToCarry {
  /** Whose code it is: what a provider that has a state of its own is asked by. Random. */
  readonly challengeId: string;
  /** What the provider names it by when it reports what became of it: random, and nothing else. */
  readonly receiptId: string;
  /** The registered contact, from the directory and nowhere else (R19): E.164 or an e-mail address. */
  readonly to: string;
  readonly code: string;
  /** Employee's language, as a BCP 47 tag. */
  readonly language: string;
  /** Last four characters of the address that asked, shown so that a stranger's request is recognised (R22). */
  readonly requestedBy: string;
  /** Whole minutes that the code still counts, at least 1. */
  readonly minutesLeft: number;
}

export type CarryOutcome =
  | { readonly outcome: 'accepted'; readonly providerId: string }
  /** `class` says what comes next; without, it is no contact that this method could ever reach. */
  | { readonly outcome: 'undeliverable'; readonly code: string; readonly class?: Refusal };

export interface CodeCarrier {
  readonly method: Method;
  /** Hands the code to the provider. May be repeated: it is the same code. Throws Fault, which never holds it. */
  carry(code: CodeToCarry): Promise<CarryOutcome>;
}
