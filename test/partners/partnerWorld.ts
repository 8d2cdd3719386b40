// What takes partners' requests, on a real Postgres and under a clock that stands still until it is moved.
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import type { Subject } from '../../src/partners/events';
import type { Forwarding } from '../../src/partners/forwarding';
import type { PartnerAnswer, Partners } from '../../src/partners/partners';
import { createWiredPartners } from '../../src/wiring/partners';
import { createTestDatabase } from '../support/postgres';
import { keptLog } from '../support/publicServer';
import { testKeyring } from '../support/world';
import { headersOf, partnersOf } from './partnerRequests';
import type { SignedRequest } from './partnerRequests';

export interface PartnerWorld {
  readonly pool: Pool;
  readonly owner: Pool;
  readonly partners: Partners;
  readonly forwarding: Forwarding;
  /** Subjects that were told of, and how telling goes. */
  readonly told: string[];
  tell: (subject: Subject, eventId: string) => Promise<void>;
  readonly lines: string[];
  /** `partner outcome` of every request. */
  readonly counted: string[];
  /** `source columns` of every change after which somebody has what is another's. */
  readonly shared: string[];
  now: Date;
  receive(request: SignedRequest): Promise<PartnerAnswer>;
  outcome(request: SignedRequest): Promise<PartnerAnswer['outcome']>;
  /** Everybody of the directory with their contacts, without what chance made. */
  directory(): Promise<unknown[]>;
  events(): Promise<Record<string, unknown>[]>;
  records(kind: string): Promise<Record<string, unknown>[]>;
  reset(): Promise<void>;
  stop(): Promise<void>;
}

export const start = new Date('2026-11-26T09:00:00Z');

export async function createPartnerWorld(...settings: readonly object[]): Promise<PartnerWorld> {
  const database = await createTestDatabase();
  const pool = createPool(database.url, { max: 10 });
  const owner = createPool(database.ownerUrl, { max: 1 });
  const { log, lines } = keptLog();
  const rows = async (sql: string, values: unknown[] = []) => (await owner.query<Record<string, unknown>>(sql, values)).rows;
  const clock = { now: () => start };
  const wired = createWiredPartners({
    pool, log, keys: testKeyring, partners: partnersOf(...settings), countries: undefined,
    notices: { keys: testKeyring, noticesMax: 100 },
    tellShared: (source, columns) => { world.shared.push(`${source} ${columns.join(' ')}`); },
    now: () => clock.now(),
    count: (partner, outcome) => { world.counted.push(`${partner} ${outcome}`); },
    async signal({ partner, subject }, eventId) {
      await world.tell({ partner, subject }, eventId);
      world.told.push(`${partner} ${subject}`);
    },
  });
  const world: PartnerWorld = {
    pool, owner, lines, ...wired, told: [], counted: [], shared: [], now: start, tell: async () => undefined,
    receive: (request) => wired.partners.receive({ ...request, headers: headersOf(request) }),
    outcome: async (request) => (await world.receive(request)).outcome,
    directory: () => rows(
      `SELECT source, external_id AS key, employee_number AS number, given_name AS given, active, absent, preferred_language AS language,
              (SELECT array_agg(e164 ORDER BY e164) FROM employee_phones p WHERE p.employee_id = e.id) AS phones,
              (SELECT array_agg(address ORDER BY address) FROM employee_emails m WHERE m.employee_id = e.id) AS emails
         FROM employees e ORDER BY source, external_id`),
    events: () => rows(
      `SELECT partner, state, fields, fault, body_enc IS NULL AS wiped, tell_at IS NULL AS told FROM partner_events ORDER BY arrival`),
    records: async (kind) => (await rows('SELECT facts FROM audit WHERE kind = $1 ORDER BY seq', [kind]))
      .map(({ facts }) => facts as Record<string, unknown>),
    async reset() {
      await owner.query('DELETE FROM partner_events; DELETE FROM directory_subjects; DELETE FROM sessions; DELETE FROM challenges; DELETE FROM employees');
      await wired.partners.drain();
      await owner.query(`DELETE FROM audit; UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex')`);
      for (const list of [world.told, world.lines, world.counted, world.shared]) list.length = 0;
      world.now = start;
      world.tell = async () => undefined;
    },
    async stop() {
      await wired.forwarding.drain();
      await wired.partners.drain();
      await Promise.all([pool.end(), owner.end()]);
      await database.drop();
    },
  };
  clock.now = () => world.now;
  return world;
}
