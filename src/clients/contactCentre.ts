// The contract of contact centres: who a customer is, said once and for a short while; and what of them may be known,
// to whom shows all three of token, key and JWT. Whatever is wrong with any of them, the answer is none.
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Note } from '../audit/auditedTransaction';
import type { Pool, Queryable } from '../db/pool';
import type { Assurance, Method } from '../domain/messages';
import { findByAccessToken } from './accessTokens';
import type { TokenHolder } from './accessTokens';
import type { Client, ContactCentre, ProfileField } from './clientSettings';
import { findByApiKey, noteUse } from './credentials';
import type { Credential } from './credentials';
import { findCustomer, noteCustomer, noteProof } from './customers';

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
  /** The number of a verification that this client had approved within five minutes; once. */
  approvedNumber(db: Queryable, verificationId: string, client: string): Promise<string | undefined>;
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

export interface ContactCentres {
  /** A customer's JWT; undefined for whoever may not, and for what proves nothing. Rejects when it cannot be known. */
  authenticate(shown: Shown, proof: Proof): Promise<CustomerAuth | undefined>;
  /** A customer's profile; undefined for whatever is wrong, after the same work. Rejects when it cannot be known. */
  readProfile(shown: Shown & { readonly jwt: string }): Promise<Told | undefined>;
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
    async authenticate({ token, apiKey }, proof) {
      const [byToken, byKey] = await findBoth(deps.pool, token, apiKey);
      // One of the two is enough. What is shown besides is not to be wrong.
      if ((token !== '' && byToken === undefined) || (apiKey !== '' && byKey === undefined)) return undefined;
      const caller = callerOf(byName, byToken, byKey);
      return caller === undefined ? undefined : authenticate(deps, caller, proof);
    },
    async readProfile({ token, apiKey, jwt }) {
      const [byToken, byKey] = await findBoth(deps.pool, token, apiKey);
      const caller = callerOf(byName, byToken, byKey);
      // Read in any case, for whom either of the others names: no answer comes sooner because of which was wrong.
      const audience = caller?.centre.audience
        ?? byName.get(byToken?.client ?? byKey?.client ?? '')?.contactCentre?.audience ?? nobody;
      const stated = await deps.statements.verify(jwt, { typ: 'customer-auth+jwt', audience });
      const found = await findStated(deps, caller?.name ?? nobody, audience, stated);
      if (byToken === undefined || byKey === undefined || caller === undefined || found === undefined) return undefined;
      return tell(deps, caller, found);
    },
  };
}

const nobody = '-';
const noId = '00000000-0000-0000-0000-000000000000';

function findBoth(
  pool: Pool, token: string, apiKey: string,
): Promise<[TokenHolder | undefined, Credential | undefined]> {
  return Promise.all([findByAccessToken(pool, token), findByApiKey(pool, apiKey)]);
}

/** The one client of all that is known of a request; undefined when there are two, or none that may do this. */
function callerOf(
  byName: ReadonlyMap<string, Client>, byToken: TokenHolder | undefined, byKey: Credential | undefined,
): Caller | undefined {
  const known = [byToken, byKey].filter((one) => one !== undefined);
  const names = new Set(known.map(({ client }) => client));
  const [name] = names;
  const client = byName.get(name ?? '');
  if (names.size !== 1 || client?.contactCentre === undefined) return undefined;
  if (byToken !== undefined && !byToken.scopes.includes('contact-centre')) return undefined;
  return {
    name: client.name, centre: client.contactCentre,
    credentials: known.map(({ id }) => id),
    provesByCode: client.verifications !== undefined && !client.verifications.returnsCode,
  };
}

async function authenticate(
  deps: ContactCentreDeps, { name, centre, credentials, provesByCode }: Caller, proof: Proof,
): Promise<CustomerAuth | undefined> {
  const { audience, lifetimeSeconds, issuedAt: issuedAtForm } = centre;
  const stated = 'statement' in proof
    ? await deps.statements.verify(proof.statement, { typ: 'doorman-statement+jwt', audience }) : undefined;
  return auditedTransaction(deps.pool, async (tx, note) => {
    await noteUse(tx, credentials);
    const speaker = 'statement' in proof ? await speakerOf(deps, tx, audience, stated)
      : provesByCode ? await verifiedBy(deps, tx, name, proof.verificationId) : undefined;
    if (speaker === undefined) return undefined;
    const { employeeId, sessionId } = speaker;
    await noteCustomer(tx, name, deps.statements.subjectOf(audience, speaker), employeeId);
    const by = 'statement' in proof ? { sessionId } : { verificationId: proof.verificationId };
    note({ kind: 'customer.authenticated', facts: { client: name, employeeId, ...by } });
    return { ...await deps.statements.customer(speaker, { audience, lifetimeSeconds }), issuedAtForm };
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
  { approvedNumber, findByPhone, findProfile }: ContactCentreDeps, tx: Queryable, client: string,
  verificationId: string,
): Promise<Speaker | undefined> {
  const number = await approvedNumber(tx, verificationId, client);
  const employeeId = number === undefined ? undefined : await findByPhone(tx, number);
  const profile = employeeId === undefined ? undefined : await findProfile(tx, employeeId);
  if (employeeId === undefined || profile === undefined) return undefined;
  const verifiedAt = await noteProof(tx, client, verificationId, employeeId);
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

/** Whom a JWT speaks of, when they work here and what it was made by holds. The same work for whatever is wrong. */
async function findStated(
  { pool, statements, findSpeaker, findProfile }: ContactCentreDeps, client: string, audience: string,
  stated: Stated | undefined,
): Promise<Found | undefined> {
  const { subject, sessionId } = stated ?? { subject: noId, sessionId: noId };
  const customer = await findCustomer(pool, client, subject, sessionId);
  const session = await findSpeaker(pool, sessionId);
  // The last: whoever left until now is out.
  const profile = await findProfile(pool, customer?.employeeId ?? noId);
  if (customer === undefined || profile === undefined) return undefined;
  const { employeeId } = customer;
  const isHeld = customer.isVerified || session?.employeeId === employeeId;
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
