// Why a statement was refused: one stable word, for logs. Never a part of the token.

export type RefusalReason =
  /** It is no JWT, or not in the one spelling that a JWT has. */
  | 'malformed'
  /** The header has a parameter that a statement's does not have: jwk, jku, x5u, x5c, crit and all others. */
  | 'header'
  /** `alg` is not ES256. */
  | 'algorithm'
  /** `typ` is another kind of token's. */
  | 'type'
  /** `kid` is no thumbprint. */
  | 'kid'
  /** No key of Doorman's has this `kid`. */
  | 'unknownKey'
  /** Doorman's keys could not be fetched, now or within the last day: try again later. */
  | 'keysUnavailable'
  | 'signature'
  | 'issuer'
  | 'audience'
  /** A claim is missing, or has a form that Doorman gives to none. */
  | 'claims'
  /** It is to last longer than any statement does. */
  | 'lifetime'
  | 'expired'
  | 'notYet'
  /** It belongs to another message. */
  | 'message'
  /** It was used before. */
  | 'replayed';

/** Thrown for a statement that must not be believed. */
export class StatementRefused extends Error {
  constructor(readonly reason: RefusalReason) {
    super(`the statement was refused: ${reason}`);
    this.name = 'StatementRefused';
  }
}
