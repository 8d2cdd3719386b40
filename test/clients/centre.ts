// A contact centre's world: people with open sessions, two vendors with credentials, and the public routes.
import { randomUUID } from 'node:crypto';
import { SignJWT, decodeJwt, decodeProtectedHeader, importJWK } from 'jose';
import type { JWK } from 'jose';
import { clientSettings } from '../../src/clients/clientSettings';
import { issueCredentials } from '../../src/clients/credentials';
import { createPool } from '../../src/db/pool';
import type { Pool, Queryable } from '../../src/db/pool';
import { defaultPolicy } from '../../src/domain/policy';
import { open } from '../../src/keys/box';
import { createStatements } from '../../src/statements/statements';
import type { Speaker, Statements } from '../../src/statements/statements';
import { createWiredClients } from '../../src/wiring/clients';
import { createTestDatabase } from '../support/postgres';
import { keptLog, startPublicServer } from '../support/publicServer';
import type { Answer, Headers, PublicServer } from '../support/publicServer';
import { addEmployees, testKeyring } from '../support/world';

/** `twin` has one setting of each that `vendor` has not. */
export const settings = clientSettings.parse({ clients: [
  { name: 'vendor', contactCentre: { audience: 'https://vendor.example', profile: ['given_name', 'email', 'mobile', 'language', 'department'] },
    verifications: { countries: ['GB'] } },
  { name: 'twin', contactCentre: { audience: 'https://twin.example', issuedAt: 'iso', lifetimeSeconds: 60 }, verifications: { countries: ['GB'], returnsCode: true } },
  { name: 'texts', verifications: { countries: ['GB'] } },
  { name: 'nothing' },
] }).clients;
export type ClientName = 'vendor' | 'twin' | 'texts' | 'nothing';

export interface Credentials {
  readonly id: string;
  readonly secret: string;
  readonly apiKey: string;
}

export const json = ['Content-Type', 'application/json'] as const;
export const form = ['Content-Type', 'application/x-www-form-urlencoded'] as const;
export const basic = (id: string, secret: string) =>
  ['Authorization', `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`] as const;
export const bearer = (token: string) => ['Authorization', `Bearer ${token}`] as const;
export const customerAuth = (jwt: string) => ['customer-auth', `JWT ${jwt}`] as const;
export const apiKey = (key: string) => ['api-key', key] as const;
export const messageId = 'SM00000000000000000000000000000001';

export class Centre {
  /** Numbers of verifications that were approved, each for one client, once. */
  readonly approved = new Map<string, { client: string; number: string; askedAt: Date }>();
  readonly credentials = new Map<ClientName, Credentials>();
  /** Statements that the contact centre's own connections ran. */
  readonly queries: string[] = [];

  private constructor(
    readonly pool: Pool, readonly owner: Pool, readonly statements: Statements, readonly lines: readonly string[],
    private readonly drop: () => Promise<void>,
  ) {}

  server!: PublicServer;

  static async start(): Promise<Centre> {
    const database = await createTestDatabase();
    const [pool, owner, own] = [
      createPool(database.url, { max: 5 }), createPool(database.ownerUrl, { max: 1 }), createPool(database.url, { max: 5 })];
    const { log, lines } = keptLog();
    const statements = createStatements({ pool, keyring: testKeyring, issuer: 'https://doorman.acme.example' });
    const centre = new Centre(pool, owner, statements, lines, async () => {
      await own.end();
      await database.drop();
    });
    // Nothing is replaced: what runs is written down.
    const query = own.query.bind(own) as (...given: unknown[]) => unknown; // cast: it has many forms
    Object.assign(own, { query: (...given: unknown[]) => {
      centre.queries.push(String(given[0]));
      return query(...given);
    } });
    await addEmployees(pool);
    for (const { name } of settings) {
      const issued = await issueCredentials(pool, name, 'olga');
      if (issued.outcome === 'issued') centre.credentials.set(name as ClientName, issued); // cast: the names above
    }
    const clients = createWiredClients({
      pool: own, clients: settings, statements, contactHoldMs: defaultPolicy.contactHoldMs, keyring: testKeyring, log,
      approvedNumber: async (_db: Queryable, id: string, client: string) => {
        const found = centre.approved.get(id);
        if (found?.client !== client) return undefined;
        centre.approved.delete(id);
        return found;
      },
    });
    centre.server = await startPublicServer({ log, takeMessage: async () => 'delivered', clients });
    return centre;
  }

  async stop(): Promise<void> {
    await this.server.close();
    await this.pool.end();
    await this.owner.end();
    await this.drop();
  }

  of(name: ClientName): Credentials {
    return this.credentials.get(name)!; // `start` made them
  }

  /** Posts JSON, unless the headers say otherwise. */
  post(path: string, headers: Headers, body?: unknown): Promise<Answer> {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    return this.server.send('POST', path, text === '' ? headers : [json, ...headers], text);
  }

  async token(name: ClientName): Promise<string> {
    const { id, secret } = this.of(name);
    const answer = await this.server.send('POST', '/oauth/token', [form, basic(id, secret)], 'grant_type=client_credentials');
    return (JSON.parse(answer.text) as { access_token: string }).access_token;
  }

  /** An open session of an employee, as a verification in the chat leaves it. */
  async session(employeeNumber = '144133'): Promise<Speaker> {
    const [sender, challenge, session] = [randomUUID(), randomUUID(), randomUUID()];
    const { rows: [row] } = await this.owner.query<Omit<Speaker, 'sessionId'>>(
      `WITH e AS (SELECT id, returned_at FROM employees WHERE employee_number = $1),
        s AS (INSERT INTO senders (id) VALUES ($2)),
        c AS (INSERT INTO challenges (id, sender_id, employee_id, identity_hash, pool, purpose, method, key_id, digits,
                tries_max, expires_at, state, ended_at)
              SELECT $3, $2, id, '', 'known', 'test', 'sms', 'k1', 6, 5, clock_timestamp() + interval '5 min', 'used',
                     clock_timestamp() FROM e)
       INSERT INTO sessions (id, sender_id, employee_id, challenge_id, method, assurance, idle_ms, ends_at, notice)
       SELECT $4, $2, id, $3, 'sms', 'standard', 1800000, clock_timestamp() + interval '8 h', 'pending' FROM e
       RETURNING employee_id AS "employeeId", method, assurance, opened_at AS "verifiedAt",
                 (SELECT returned_at FROM e) AS "returnedAt"`, [employeeNumber, sender, challenge, session]);
    return { ...row!, sessionId: session };
  }

  /** What comes with a message of this session. */
  statement(speaker: Speaker, audience = 'https://vendor.example'): Promise<string> {
    return this.statements.state(speaker, { audience, messageId });
  }

  /** A customer's JWT, as the client gets it. */
  async customer(name: 'vendor' | 'twin', speaker: Speaker): Promise<string> {
    const statement = await this.statement(speaker, `https://${name}.example`);
    const answer = await this.post('/customer_authenticate', [apiKey(this.of(name).apiKey)], { statement });
    return (JSON.parse(answer.text) as { JWT: string }).JWT;
  }

  /** A verification that a client had approved, of a code that was asked for so many s ago. */
  approve(number: string, client: ClientName = 'vendor', secondsAgo = 60): string {
    const id = randomUUID();
    this.approved.set(id, { client, number, askedAt: new Date(Date.now() - secondsAgo * 1_000) });
    return id;
  }

  /** All three, of one client. */
  async trio(name: 'vendor' | 'twin', speaker: Speaker): Promise<Trio> {
    return { token: await this.token(name), jwt: await this.customer(name, speaker), key: this.of(name).apiKey };
  }

  profile({ token, jwt, key }: Trio): Promise<Answer> {
    return this.post('/getprofile', [bearer(token), customerAuth(jwt), apiKey(key)]);
  }

  /** The same JWT with other times, in s from now, signed by the key that signs ours. */
  async resigned(jwt: string, times: Readonly<Record<string, number>>): Promise<string> {
    const { rows: [key] } = await this.owner.query<{ kid: string; sealed: Buffer; now: number }>(
      `SELECT kid, private_enc AS sealed, floor(extract(epoch FROM clock_timestamp()))::int AS now
         FROM signing_keys WHERE state = 'active'`);
    const { kid, sealed, now } = key!; // the JWT was signed by it
    const jwk = JSON.parse(open(testKeyring.storage, sealed, `signing_keys ${kid}`).toString()) as JWK;
    const moved = Object.fromEntries(Object.entries(times).map(([claim, seconds]) => [claim, now + seconds]));
    return new SignJWT({ ...decodeJwt(jwt), ...moved })
      .setProtectedHeader({ alg: 'ES256', kid, typ: decodeProtectedHeader(jwt).typ! })
      .sign(await importJWK(jwk, 'ES256'));
  }

  async records(kind: string): Promise<unknown[]> {
    const { rows } = await this.pool.query<{ facts: unknown }>('SELECT facts FROM audit WHERE kind = $1 ORDER BY seq', [kind]);
    return rows.map(({ facts }) => facts);
  }
}

export interface Trio {
  readonly token: string;
  readonly jwt: string;
  readonly key: string;
}
