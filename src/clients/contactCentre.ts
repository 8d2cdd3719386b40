// The contract of contact centres: who a customer is, said once and for a short while; and what of them may be known,
// to whom shows all three of token, key and JWT. Whatever is wrong with any of them, the answer is none.
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Note } from '../audit/auditedTransaction';
import type { Pool, Queryable } from '../db/pool';
import type { Assurance, Method } from '../domain/messages';
import { findByAccessToken } from './accessTokens';
import type { Client, ContactCentre, ProfileField } from './clientSettings';
import { findByApiKey, noteUse } from './credentials';
import { findCustomer, noteCustomer, noteProof } from './customers';
import type { RequestLimit } from './requestLimit';

/** A verified employee, as statements speak of them. */
interface Speaker {
  readonly employeeId: string;
  readonly returnedAt: Date | null;
  readonly sessionId: string;
  readonly method: Method;
  readonly assurance: Assurance;
  readonly verifiedAt: Date;
}

interface Stated {
  readonly subject: string;
  readonly sessionId: string;
}

/** What signs and reads; over connections of its own, since it is asked within a transaction. */
interface Statements {
  customer(speaker: Speaker, to: { readonly audience: string; readonly lifetimeSeconds: number }):
  Promise<{ readonly jwt: string; readonly issuedAt: number; readonly expiresIn: number }>;
  verify(jwt: string, expected: {
    readonly typ: 'doorman-statement+jwt' | 'customer-auth+jwt'; readonly audience: string;
  }): Promise<Stated | undefined>;
  subjectOf(audience: string, employee: Pick<Speaker, 'employeeId' | 'returnedAt'>): string;
}

/** Of the directory; null for what HR registered none of. */
interface Profile {
  readonly givenName: string | null;
  readonly familyName: string | null;
  readonly email: string | null;
  readonly mobile: string | null;
  readonly employeeNumber: string;
  readonly language: string | null;
  readonly department: string | null;
  readonly returnedAt: Date | null;
}

interface Approved {
  readonly number: string;
  /** When its code was asked for. */
  readonly askedAt: Date;
}

export interface ContactCentreDeps {
  readonly pool: Pool;
  /** The clients of DOORMAN_CLIENTS. */
  readonly clients: readonly Client[];
  readonly statements: Statements;
  /** Whose session it is, when it is open at this moment. */
  findSpeaker(db: Queryable, sessionId: string): Promise<Omit<Speaker, 'sessionId'> | undefined>;
  /** Undefined for whoever does not work here. */
  findProfile(db: Queryable, employeeId: string): Promise<Profile | undefined>;
  /** The one active employee whose codes go to this number. */
  findByPhone(db: Queryable, e164: string): Promise<string | undefined>;
  /** Whether codes go to the number of this keyed hash, as one of the employee's and nobody else's. */
  hasNumber(db: Queryable, employeeId: string, numberHash: Buffer): Promise<boolean>;
  hashNumber(e164: string): Buffer;
  /** A verification that this client had approved within five minutes; once. */
  approvedNumber(db: Queryable, verificationId: string, client: string): Promise<Approved | undefined>;
  charge: RequestLimit['charge'];
}

/** What a request shows; empty for what it does not, or not in its form. */
export interface Shown {
  readonly token: string;
  readonly apiKey: string;
}

export type Proof = { readonly statement: string } | { readonly verificationId: string };

export interface CustomerAuth {
  readonly jwt: string;
  /** In s since 1970. */
  readonly issuedAt: number;
  /** In s. */
  readonly expiresIn: number;
  readonly issuedAtForm: ContactCentre['issuedAt'];
}

export type Told = Readonly<Record<string, string | null>> & { readonly customer_id: string };

/**
 * What was wrong, for our log alone: `form`, what is shown stands twice or is written otherwise; `mismatch`,
 * token and API key are of two clients; `scope`, neither settings nor token let it do this; `proof`, it proves nobody;
 * `customer`, the JWT is none for this client; `ended`, what JWT or statement came of holds no more.
 */
export type RefusalReason = 'form' | 'token' | 'apiKey' | 'mismatch' | 'scope' | 'proof' | 'customer' | 'ended';

export type Outcome<Answer> =
  | { readonly outcome: 'given'; readonly answer: Answer }
  | { readonly outcome: 'refused'; readonly reason: RefusalReason }
  /** The client makes too many requests: for so many seconds. */
  | { readonly outcome: 'limited'; readonly seconds: number };

export interface ContactCentres {
  /** A customer's JWT. Rejects when it cannot be known. */
  authenticate(shown: Shown, proof: Proof): Promise<Outcome<CustomerAuth>>;
  /** A customer's profile; refused after the same work, whatever is wrong. Rejects when it cannot be known. */
  readProfile(shown: Shown & { readonly jwt: string }): Promise<Outcome<Told>>;
}

/** A client that may do this, and by which credentials it is known. */
interface Caller {
  readonly name: string;
  readonly centre: ContactCentre;
  readonly credentials: readonly string[];
  /** Whether its verifications prove anything: where it is told the codes, it approves them itself. */
  readonly provesByCode: boolean;
}

export function createContactCentres(deps: ContactCentreDeps): ContactCentres {
  const byName = new Map(deps.clients.map((client) => [client.name, client]));
  return {
    async authenticate(shown, proof) {
      const { caller, wrong } = await findCaller(deps.pool, byName, shown, false);
      const seconds = await deps.charge(caller?.name);
      if (seconds !== undefined) return { outcome: 'limited', seconds };
      return caller === undefined ? refused(wrong) : authenticate(deps, caller, proof);
    },
    async readProfile({ jwt, ...shown }) {
      const { caller, wrong, name, audience } = await findCaller(deps.pool, byName, shown, true);
      const seconds = await deps.charge(caller?.name);
      if (seconds !== undefined) return { outcome: 'limited', seconds };
      // Read in any case, for whom either of the others names: no answer comes sooner because of which was wrong.
      const stated = await deps.statements.verify(jwt, { typ: 'customer-auth+jwt', audience });
      const found = await findStated(deps, name, audience, stated);
      if (caller === undefined) return refused(wrong);
      if (found === undefined) return refused(stated === undefined ? 'customer' : 'ended');
      return { outcome: 'given', answer: await tell(deps, caller, found) };
    },
  };
}

const nobody = '-';
const noId = '00000000-0000-0000-0000-000000000000';
const noHash = Buffer.alloc(0);

const refused = (reason: RefusalReason) => ({ outcome: 'refused', reason } as const);

/** Whoever is known of a request, by name and audience; as `caller` when nothing is wrong. */
type Known = { readonly name: string; readonly audience: string } & (
  | { readonly caller: Caller; readonly wrong?: undefined }
  | { readonly caller?: undefined; readonly wrong: RefusalReason });

/** Both are looked up in any case. What is shown is not to be wrong, also where one would do. */
async function findCaller(
  pool: Pool, byName: ReadonlyMap<string, Client>, { token, apiKey }: Shown, needsBoth: boolean,
): Promise<Known> {
  const [byToken, byKey] = await Promise.all([findByAccessToken(pool, token), findByApiKey(pool, apiKey)]);
  const credentials = [byToken, byKey].filter((one) => one !== undefined);
  const [name = nobody, ...others] = new Set(credentials.map(({ client }) => client));
  const { contactCentre: centre, verifications } = byName.get(name) ?? {};
  const known = { name, audience: centre?.audience ?? nobody };
  if (byToken === undefined && (needsBoth || token !== '')) return { ...known, wrong: 'token' };
  if (byKey === undefined && (needsBoth || apiKey !== '')) return { ...known, wrong: 'apiKey' };
  if (others.length > 0) return { ...known, wrong: 'mismatch' };
  if (centre === undefined || byToken?.scopes.includes('contact-centre') === false) return { ...known, wrong: 'scope' };
  return {
    ...known,
    caller: {
      name, centre, credentials: credentials.map(({ id }) => id), provesByCode: verifications?.returnsCode === false,
    },
  };
}

async function authenticate(
  deps: ContactCentreDeps, { name, centre, credentials, provesByCode }: Caller, proof: Proof,
): Promise<Outcome<CustomerAuth>> {
  const { audience, lifetimeSeconds, issuedAt: issuedAtForm } = centre;
  const stated = 'statement' in proof
    ? await deps.statements.verify(proof.statement, { typ: 'doorman-statement+jwt', audience }) : undefined;
  return auditedTransaction(deps.pool, async (tx, note) => {
    await noteUse(tx, credentials);
    const speaker = 'statement' in proof ? await speakerOf(deps, tx, audience, stated)
      : provesByCode ? await verifiedBy(deps, tx, name, proof.verificationId) : undefined;
    if (speaker === undefined) return refused(stated === undefined ? 'proof' : 'ended');
    const { employeeId, sessionId } = speaker;
    await noteCustomer(tx, name, deps.statements.subjectOf(audience, speaker), employeeId);
    const by = 'statement' in proof ? { sessionId } : { verificationId: proof.verificationId };
    note({ kind: 'customer.authenticated', facts: { client: name, employeeId, ...by } });
    const answer = { ...await deps.statements.customer(speaker, { audience, lifetimeSeconds }), issuedAtForm };
    return { outcome: 'given', answer };
  });
}

/** Who spoke, as long as their session is open. */
async function speakerOf(
  deps: ContactCentreDeps, db: Queryable, audience: string, stated: Stated | undefined,
): Promise<Speaker | undefined> {
  if (stated === undefined) return undefined;
  const session = await deps.findSpeaker(db, stated.sessionId);
  if (session === undefined || deps.statements.subjectOf(audience, session) !== stated.subject) return undefined;
  return { ...session, sessionId: stated.sessionId };
}

/** The code went to the number that HR registered: what is asked of a session of the chat, too. */
async function verifiedBy(
  { approvedNumber, hashNumber, findByPhone, findProfile }: ContactCentreDeps, tx: Queryable, client: string,
  verificationId: string,
): Promise<Speaker | undefined> {
  const approved = await approvedNumber(tx, verificationId, client);
  const employeeId = approved === undefined ? undefined : await findByPhone(tx, approved.number);
  const profile = employeeId === undefined ? undefined : await findProfile(tx, employeeId);
  if (approved === undefined || employeeId === undefined || profile === undefined) return undefined;
  const { number, askedAt } = approved;
  const verifiedAt = await noteProof(
    tx, { verificationId, client, employeeId, numberHash: hashNumber(number), askedAt });
  if (verifiedAt === undefined) return undefined;
  return {
    employeeId, returnedAt: profile.returnedAt, sessionId: verificationId, method: 'sms', assurance: 'low', verifiedAt,
  };
}

interface Found {
  readonly subject: string;
  readonly employeeId: string;
  readonly profile: Profile;
}

/**
 * Whom a JWT speaks of, when they work here and what it was made by holds at this moment: the session, or that the code
 * went to a number of theirs. The same work for whatever is wrong.
 */
async function findStated(
  { pool, statements, findSpeaker, findProfile, hasNumber }: ContactCentreDeps, client: string, audience: string,
  stated: Stated | undefined,
): Promise<Found | undefined> {
  const { subject, sessionId } = stated ?? { subject: noId, sessionId: noId };
  const customer = await findCustomer(pool, client, subject, sessionId);
  const session = await findSpeaker(pool, sessionId);
  const isVerified = await hasNumber(pool, customer?.employeeId ?? noId, customer?.numberHash ?? noHash);
  // The last: whoever left until now is out.
  const profile = await findProfile(pool, customer?.employeeId ?? noId);
  if (customer === undefined || profile === undefined) return undefined;
  const { employeeId } = customer;
  const isHeld = isVerified || session?.employeeId === employeeId;
  const isSame = statements.subjectOf(audience, { employeeId, returnedAt: profile.returnedAt }) === subject;
  return isHeld && isSame ? { subject, employeeId, profile } : undefined;
}

async function tell(
  { pool }: ContactCentreDeps, { name, centre, credentials }: Caller, { subject, employeeId, profile }: Found,
): Promise<Told> {
  await auditedTransaction(pool, async (tx, note: Note) => {
    await noteUse(tx, credentials);
    note({ kind: 'profile.read', facts: { client: name, employeeId, fields: [...centre.profile] } });
  });
  const told = Object.fromEntries(centre.profile.map((field) => [field, valueOf[field](profile)]));
  return { ...told, customer_id: subject };
}

const valueOf: Readonly<Record<ProfileField, (profile: Profile) => string | null>> = {
  given_name: ({ givenName }) => givenName,
  family_name: ({ familyName }) => familyName,
  email: ({ email }) => email,
  mobile: ({ mobile }) => mobile,
  employee_number: ({ employeeNumber }) => employeeNumber,
  language: ({ language }) => language,
  department: ({ department }) => department,
};
