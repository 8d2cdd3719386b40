// The audit's vocabulary: every kind of record and the facts it holds. Ids are random; nothing here names a person.

export interface RecordFacts {
  'sender.changed': { senderId: string; formerSenderIds: string[] };
  'challenge.issued': { challengeId: string; senderId: string; identity: string; pool: string; method: string };
  /**
   * `operator`: login name of whoever ordered it, when it was no RESEND. `missed`: the former send did not arrive.
   * Without a method: by SMS, in records of before there were others.
   */
  'challenge.resent': {
    challengeId: string; senderId: string; sends: number; method?: string; operator?: string; reason?: 'missed';
  };
  'challenge.guessed': { challengeId: string; senderId: string; verdict: 'right' | 'wrong'; ordinal: number };
  'challenge.exhausted': { challengeId: string; senderId: string; lockedUntil: string };
  'challenge.expired': { challengeId: string; senderId: string };
  'challenge.voided': { challengeId: string; senderId: string; reason: string };
  /** It is nobody's any more, since somebody left or said NOT ME: it looks live, and opens nothing. */
  'challenge.disowned': { challengeId: string; senderId: string; reason: string };
  /** So many guesses in a row were wrong that none is evaluated for this pool until two people reopen it. */
  'pool.closed': { identity: string; pool: string };
  /** The employee said NOT ME: strangers are out until two people let them in again. */
  'pool.shut': { identity: string };
  'pool.reopening': { identity: string; operator: string };
  'pool.reopened': { identity: string; operator: string; askedBy: string };
  /** Strangers guessed wrong so often within a day, in all, that none of their guesses is evaluated. */
  'breaker.tripped': { guesses: number };
  'sender.locked': { senderId: string; lockedUntil: string };
  'sender.unlocked': { senderId: string; operator: string };
  'session.opened': {
    sessionId: string; senderId: string; employeeId: string; challengeId: string; method: string; assurance: string;
  };
  /** The employee was told of it on another channel, or could not be. */
  'session.announced': { sessionId: string; employeeId: string };
  'session.unannounced': { sessionId: string; employeeId: string; fault: string };
  'session.ended': {
    sessionId: string; senderId: string; employeeId: string; reason: string;
    /** Login name of the operator who did it. */
    operator?: string;
  };
  /** The employee said NOT ME to a session that was over: it is no proof any more. */
  'session.disputed': { sessionId: string; senderId: string; employeeId: string };
  /** The employee said NOT ME: codes for applications that were asked for before prove nothing more of them. */
  'employee.disputed': { employeeId: string };
  /** A sender's number is an employee's account's now: proved by a code that went to the registered work e-mail. */
  'number.bound': { bindingId: string; senderId: string; employeeId: string; how: string };
  'number.released': { bindingId: string; senderId: string; employeeId: string; reason: string; operator?: string };
  'directory.imported': {
    source: string; added: number; changed: number; reactivated: number; deactivated: number; unchanged: number;
  };
  /** An operator let a reading be applied by which many left at once. */
  'directory.approved': { source: string; deactivated: number; operator: string };
  /** A reading that waited was replaced by a newer one: how many it would have put out, how the newer one came out. */
  'directory.withdrawn': { source: string; deactivated: number; outcome: 'applied' | 'waiting' | 'unchanged' };
  /** A source told of one person. `outcome`: added, changed, ended or returned. */
  'employee.changed': { employeeId: string; source: string; outcome: string };
  /** A source told of one person who has a number, a work address or an employee ID of another one who works here. */
  'employee.shared': { employeeId: string; source: string; columns: readonly string[] };
  /**
   * An operator lifted the tombstone of somebody who left by an event, or forgot the versions of theirs. Without an
   * employee: nobody had come by the key.
   */
  'tombstone.forgiven': {
    source: string; employeeId: string | null; reason: string; versions: boolean; operator: string;
  };
  /** A later import changed somebody's contacts: what is new is held back. Counts of contacts. */
  'contact.changed': { employeeId: string; added: number; removed: number };
  /** Numbers that nobody told of a change, since one import changed too many. */
  'contact.untold': { source: string; numbers: number };
  /** `destination`: keyed hash of the number that was told, or was not. */
  'contact.notified': { employeeId: string; destination: string };
  'contact.unnotified': { employeeId: string; destination: string; fault: string };
  'contact.confirming': { employeeId: string; operator: string; contacts: number };
  'contact.confirmed': { employeeId: string; operator: string; askedBy: string; contacts: number };
  /** So many codes went to a country today that this pool gets no more there. */
  'country.spent': { country: string; pool: string };
  /**
   * `operator`: login name of whoever did it, when it was no feed. `afterMs`: since the word of it came until nothing
   * was relayed any more (R32); not in records of before it was measured.
   */
  'employee.ended': { employeeId: string; reason: string; operator?: string; afterMs?: number };
  /** An operator stopped what leaves, let it go, or changed how fast: chat, codes. */
  'sending.held': { lanes: string[]; operator: string };
  'sending.released': { lanes: string[]; operator: string };
  /** Null: no limit. */
  'sending.limited': {
    perSecond: number | null; codeReserve: number; recipientBurst: number | null; recipientEveryMs: number;
    operator: string;
  };
  /** Requests in a partner's name that were not signed by it, within a minute. `unknown`: there is no such partner. */
  'partner.refused': { partner: string; count: number };
  /** A genuine event of which a field could not be read; its name is ours. */
  'partner.unreadable': { partner: string; eventId: string; field: string };
  /** A leave of whom nobody knows: its key may be a wrong one, and somebody else still be let in. */
  'partner.unknown': { partner: string; eventId: string };
  'partner.forwarded': { partner: string; eventId: string };
  /** Its target did not take it for three days, or refuses it for good. */
  'partner.parked': { partner: string; eventId: string; fault: string };
  /** Parked events that an operator has tried again. */
  'partner.resumed': { partner: string; events: number; operator: string };
  /** A code for an application was sent. `destination`: keyed hash of the number. */
  'verification.sent': { verificationId: string; client: string; destination: string };
  /** The application itself got the code, in the answer. */
  'verification.returned': { verificationId: string; client: string };
  'verification.approved': { verificationId: string; client: string; destination: string };
  /** Without a destination nothing was sent. */
  'verification.exhausted': { verificationId: string; client: string; destination?: string };
  /** So many codes were sent for a client today that it gets no more. */
  'client.spent': { client: string };
  /** A client makes more requests in a minute than it may; noted once a day. */
  'client.limited': { client: string };
  /**
   * Guesses at a client's codes were wrong so often within a day that none of them is evaluated. Without a client, in
   * records of before each had its own: those of all.
   */
  'restbreaker.tripped': { client?: string; guesses: number };
  'payload.decoded': { payloads: number; operator: string };
  /** A token by which an identity provider pushes people, by its id. */
  'scimtoken.issued': { tokenId: string; source: string; operator: string };
  'scimtoken.revoked': { tokenId: string; source: string; operator: string };
  /** The keys that sign statements, by their thumbprints. `asked`: an operator wants the next one to take over. */
  'signingkey.made': { kid: string };
  'signingkey.activated': { kid: string };
  'signingkey.retired': { kid: string };
  'signingkey.asked': { kid: string; operator: string };
  /** It may be in wrong hands: nothing that it signed is believed any more. */
  'signingkey.withdrawn': { kid: string; operator: string };
  'signingkey.gone': { kid: string };
  /** Credentials of an application that calls Doorman, by their id. */
  'client.issued': { credentialId: string; client: string; operator: string };
  'client.revoked': { credentialId: string; client: string; operator: string };
  /** A contact centre proved who its customer is: by the session of a message, or by a verification of its own. */
  'customer.authenticated': { client: string; employeeId: string; sessionId?: string; verificationId?: string };
  /** `fields`: which of a profile it was told, beside the identifier. */
  'profile.read': { client: string; employeeId: string; fields: string[] };
  'addresses.resealed': { keyId: string; addresses: number; operator: string };
}

export type RecordKind = keyof RecordFacts;

/** One line of the audit, before it is written. */
export type AuditRecord = { [K in RecordKind]: { kind: K; facts: RecordFacts[K] } }[RecordKind];
