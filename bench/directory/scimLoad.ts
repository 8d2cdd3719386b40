// What an identity provider sends, request by request, some at a time: as many a second as are answered.
import { join } from 'node:path';
import type { Pool } from '../../src/db/pool';
import { issueToken } from '../../src/directory/scim/tokens';
import { anyFreePort } from '../../src/stack/ports';
import { nowMs, spreadOf } from '../measure/spread';
import type { Finding, Row } from '../report';
import { startModule } from '../stand/children';
import type { ScimOrder } from './scimServer';

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const lanes = 10;

type Send = (method: string, path: string, body?: unknown) => Promise<{ status: number; id: string }>;

/** One kind of request, of the person `nth`, whose SCIM id is known once they were created. */
interface Kind {
  readonly label: string;
  readonly status: number;
  send(send: Send, nth: number, ids: readonly string[]): Promise<{ status: number; id: string }>;
}

const patch = (value: object) => ({ schemas: [patchOp], Operations: [{ op: 'Replace', value }] });

const kinds: readonly Kind[] = [
  { label: 'look for one who is not there', status: 200, send: (send, nth) => send('GET', lookUp(nth)) },
  { label: 'create', status: 201, send: (send, nth) => send('POST', '/Users', userOf(nth)) },
  { label: 'look up', status: 200, send: (send, nth) => send('GET', lookUp(nth)) },
  { label: 'change a name', status: 200,
    send: (send, nth, ids) => send('PATCH', `/Users/${ids[nth]}`, patch({ displayName: `New ${nth}` })) },
  { label: 'put, unchanged', status: 200,
    send: (send, nth, ids) => send('PUT', `/Users/${ids[nth]}`, { ...userOf(nth), displayName: `New ${nth}` }) },
  { label: 'active: false', status: 200,
    send: (send, nth, ids) => send('PATCH', `/Users/${ids[nth]}`, patch({ active: false })) },
];

export async function measureScim(pool: Pool, url: string, logs: string, count: number): Promise<Finding> {
  const port = await anyFreePort();
  const order: ScimOrder = { url, port };
  const server = await startModule('scim', join(__dirname, 'scimServer.js'), order, { logs });
  try {
    const issued = await issueToken(pool, { source: 'scim' }, 'bench');
    if (issued.outcome !== 'issued') throw new Error(`the token was ${issued.outcome}`);
    return await measureKinds(sender(port, issued.token), count);
  } finally {
    await server.stop();
  }
}

async function measureKinds(send: Send, count: number): Promise<Finding> {
  const ids: string[] = [];
  const rows: Row[] = [];
  const wrong: string[] = [];
  for (const kind of kinds) {
    const ms: number[] = [];
    let refused = 0;
    const start = nowMs();
    await inLanes(count, async (nth) => {
      const began = nowMs();
      const { status, id } = await kind.send(send, nth, ids);
      ms.push(nowMs() - began);
      if (status !== kind.status) refused += 1;
      if (status === 201) ids[nth] = id;
    });
    const { median, p99 } = spreadOf(ms);
    rows.push({ label: kind.label, cells: [count / (nowMs() - start) * 1_000, median, p99] });
    if (refused > 0) wrong.push(`SCIM: ${refused} of ${count} requests to ${kind.label} were refused`);
  }
  return { sections: [{
    title: `SCIM: ${count} requests of each kind, ${lanes} at a time`, columns: ['a second', 'median ms', 'p99 ms'], rows }], wrong };
}

async function inLanes(count: number, one: (nth: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: lanes }, async () => {
    for (let nth = next++; nth < count; nth = next++) await one(nth);
  }));
}

const userName = (nth: number): string => `scim-${nth}@bench.example`;
const lookUp = (nth: number): string => `/Users?filter=${encodeURIComponent(`userName eq "${userName(nth)}"`)}`;

function userOf(nth: number): object {
  return {
    schemas: [core, enterprise], userName: userName(nth), externalId: `scim-${nth}`, active: true,
    displayName: `Person ${nth}`, name: { givenName: 'Person', familyName: String(nth) },
    emails: [{ type: 'work', value: userName(nth), primary: true }],
    phoneNumbers: [{ type: 'mobile', value: `+4917${String(100_000_000 + nth)}` }],
    [enterprise]: { employeeNumber: `S${100_000 + nth}` },
  };
}

function sender(port: number, token: string): Send {
  return async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}/scim/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
      ...body === undefined ? {} : { body: JSON.stringify(body) },
    });
    const { id = '' } = await answer.json() as { id?: string };
    return { status: answer.status, id };
  };
}
