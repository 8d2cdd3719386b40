// Identity providers over a real socket and a real Postgres: what they send, and what the directory makes of it.
import { createPool } from '../../../src/db/pool';
import type { Pool } from '../../../src/db/pool';
import { findSource, issueToken } from '../../../src/directory/scim/tokens';
import type { NewToken } from '../../../src/directory/scim/tokens';
import { createScimUsers } from '../../../src/directory/scim/users';
import { findOpenSession } from '../../../src/sessions/sessions';
import { enter } from '../../directory/people';
import { createTestDatabase, patience } from '../../support/postgres';
import { keptLog, startPublicServer } from '../../support/publicServer';
import type { Headers, PublicServer } from '../../support/publicServer';
import { testKeyring } from '../../support/world';

export const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const base = 'https://doorman.example.com/scim/v2';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what tests look into is JSON of any shape
export type Json = any;

export interface ScimAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Json;
}

export interface Client {
  readonly token: string;
  send(method: string, path: string, body?: unknown, headers?: Headers): Promise<ScimAnswer>;
  get(path: string): Promise<ScimAnswer>;
  list(filter: string, more?: string): Promise<ScimAnswer>;
  /** A user as POST answers it. */
  create(fields?: object): Promise<Json>;
  patch(id: string, ...operations: object[]): Promise<ScimAnswer>;
}

let people = 0;

/** A whole user whom nobody else is. */
export function userOf(fields: object = {}): Json {
  people += 1;
  const number = String(200_000 + people);
  return {
    schemas: [core, enterprise],
    userName: `p${people}@acme.example`,
    externalId: `x${people}`,
    displayName: 'Anna Example',
    name: { givenName: 'Anna', familyName: 'Example' },
    active: true,
    emails: [{ type: 'work', value: `p${people}@acme.example`, primary: true }],
    phoneNumbers: [{ type: 'mobile', value: `+1202555${String(1_000 + people)}` }],
    [enterprise]: { employeeNumber: number },
    ...fields,
  };
}

export const bearer = (token: string): Headers[number] => ['Authorization', `Bearer ${token}`];
export const scimJson: Headers[number] = ['Content-Type', 'application/scim+json'];

export async function createScimWorld() {
  const database = await createTestDatabase();
  const pool = createPool(database.url, { max: 10, ...patience });
  const owner = createPool(database.ownerUrl, { max: 1 });
  const { log, lines } = keptLog();
  const server = await startPublicServer({
    log, takeMessage: async () => 'known',
    scim: {
      findSource: (token) => findSource(pool, token),
      users: createScimUsers({ pool, countries: undefined, notices: { keys: testKeyring, noticesMax: 10 } }),
    },
  });
  return {
    pool, owner, server, lines,
    async client(source: string, options: Partial<NewToken> = {}): Promise<Client> {
      const issued = await issueToken(pool, { source, ...options }, 'tester');
      if (issued.outcome !== 'issued') throw new Error(issued.outcome);
      return clientOf(server, issued.token);
    },
    /** The employee behind a SCIM user; undefined when there is none. */
    employee: (id: string) => employeeOf(pool, id),
    /** An open session of the employee behind a SCIM user, and whether the relay would still be let through. */
    async openSession(id: string) {
      const { sessionId, senderId, opened } = await enter(pool, (await employeeOf(pool, id))!.id, 'session');
      if (opened !== 'opened') throw new Error(`the session was ${opened}`);
      return async () => await findOpenSession(pool, sessionId, senderId) !== undefined;
    },
    async close() {
      await server.close();
      await Promise.all([pool.end(), owner.end()]);
      await database.drop();
    },
  };
}
export type ScimWorld = Awaited<ReturnType<typeof createScimWorld>>;

export async function sendScim(
  server: PublicServer, method: string, path: string, headers: Headers, body?: unknown,
): Promise<ScimAnswer> {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await server.send(method, `/scim/v2${path}`, headers, text);
  return { ...answer, body: answer.text === '' ? undefined : JSON.parse(answer.text) };
}

function clientOf(server: PublicServer, token: string): Client {
  const client: Client = {
    token,
    send: (method, path, body, headers = [scimJson]) =>
      sendScim(server, method, path, [bearer(token), ...body === undefined ? [] : headers], body),
    get: (path) => client.send('GET', path),
    list: (filter, more = '') => client.get(`/Users?filter=${encodeURIComponent(filter)}${more}`),
    async create(fields = {}) {
      const answer = await client.send('POST', '/Users', userOf(fields));
      if (answer.status !== 201) throw new Error(`POST was answered with ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    patch: (id, ...operations) => client.send('PATCH', `/Users/${id}`, { schemas: [patchOp], Operations: operations }),
  };
  return client;
}

export interface EmployeeRow {
  readonly id: string;
  readonly key: string;
  readonly identifier: string;
  readonly active: boolean;
  readonly department: string | null;
  readonly language: string | null;
  readonly name: string;
  readonly phones: string[];
  readonly emails: string[];
  /** Contacts that no code goes to yet. */
  readonly held: string[];
}

async function employeeOf(pool: Pool, id: string): Promise<EmployeeRow | undefined> {
  const { rows: [row] } = await pool.query<EmployeeRow>(
    `SELECT e.id, e.external_id AS key, e.identifier, e.active, e.department, e.preferred_language AS language,
            e.given_name || ' ' || e.family_name AS name,
            ARRAY(SELECT type || ' ' || e164 FROM employee_phones WHERE employee_id = e.id ORDER BY e164) AS phones,
            ARRAY(SELECT type || ' ' || address FROM employee_emails WHERE employee_id = e.id ORDER BY address) AS emails,
            ARRAY(SELECT e164 FROM employee_phones WHERE employee_id = e.id AND held_from IS NOT NULL
                  UNION ALL SELECT address FROM employee_emails WHERE employee_id = e.id AND held_from IS NOT NULL) AS held
       FROM scim_users u JOIN employees e ON e.source = u.source AND e.external_id = u.directory_key WHERE u.id = $1`, [id]);
  return row;
}

/** A refusal as RFC 7644 has it: the body is nothing else. */
export function expectFault({ status, headers, body }: ScimAnswer, expected: number, scimType?: string): void {
  expect([status, headers['content-type']]).toEqual([expected, 'application/scim+json; charset=utf-8']);
  expect(body).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(expected), detail: expect.any(String),
    ...scimType === undefined ? {} : { scimType } });
}
