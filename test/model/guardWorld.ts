// The real guard as the model is compared with it: activities on Postgres that may die at any statement, the rows that
// they leave, and a clock that is moved by moving the rows.
import { randomUUID } from 'node:crypto';
import type { Activities } from '../../activities';
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { endEmployee } from '../../src/directory/leavers';
import { lookupHash } from '../../src/keys/box';
import { reopenPools } from '../../src/otp/budgets';
import type { Reopening } from '../../src/otp/budgets';
import { codePurpose } from '../../src/otp/challenges';
import { deriveCode } from '../../src/otp/codes';
import { createActivityWorld } from '../support/activityWorld';
import type { ActivityWorld } from '../support/activityWorld';
import { Died, DyingProcess } from '../support/dyingProcess';
import { anna, annaPrivate, stranger, testKeyring } from '../support/world';
import type { Challenge, PersonName, SenderName } from './guardRecords';

export const people = { anna, annaPrivate, stranger } as const;

/** The code that a challenge has, be it a decoy or not. */
export const codeOf = ({ id, digits }: Pick<Challenge, 'id' | 'digits'>): string => deriveCode(testKeyring.code, {
  challengeId: id, digits, keyId: testKeyring.code.activeId, purpose: codePurpose });

export const wrongCodeFor = (challenge: Pick<Challenge, 'id' | 'digits'>): string =>
  codeOf(challenge).replace(/^./, (digit) => String((Number(digit) + 1) % 10));

const columns = {
  guesses: ['charged_at'], sends: ['charged_at'], inbox: ['received_at'], senders: ['locked_until', 'counted_from'],
  pools: ['counted_from', 'shut_at', 'reopen_asked_at'], sessions: ['opened_at', 'active_at', 'ends_at', 'ended_at'],
  challenges: ['issued_at', 'expires_at', 'last_sent_at', 'ended_at'],
} as const;

/** As if so many seconds had passed on the database's clock. */
export async function moveRows(pool: ActivityWorld['pool'], seconds: number): Promise<void> {
  for (const [table, names] of Object.entries(columns)) {
    const moved = names.map((name) => `${name} = ${name} - $1 * interval '1 s'`).join(', ');
    await pool.query(`UPDATE ${table} SET ${moved}`, [seconds]);
  }
}

export class GuardWorld {
  readonly senderIds = new Map<SenderName, string>();
  private offset = 0;
  private employeeIds = new Map<PersonName, string>();

  private constructor(readonly world: ActivityWorld) {}

  static async start(): Promise<GuardWorld> {
    return new GuardWorld(await createActivityWorld());
  }

  /** Everything as on the first day. */
  async reset(): Promise<void> {
    await this.world.reset();
    const { rows } = await this.world.pool.query<{ id: string; name: PersonName }>(
      `UPDATE employees SET active = true WHERE given_name IN ('Anna', 'Dirk') RETURNING id, given_name AS name`);
    this.employeeIds = new Map(rows.map(({ id, name }) => [name, id]));
    this.senderIds.clear();
    this.offset = 0;
  }

  now(): number {
    return Date.now() + this.offset;
  }

  async pass(seconds: number): Promise<void> {
    await moveRows(this.world.pool, seconds);
    this.offset += seconds * 1_000;
  }

  async write(name: SenderName, text: string): Promise<{ messageId: string; senderId: string }> {
    const written = await this.world.write(people[name], `SM-${randomUUID()}`, text);
    this.senderIds.set(name, written.senderId);
    return written;
  }

  /**
   * Runs an activity in a process that dies after its `crashes[0]`-th step, again in one that dies after its next, and
   * so on, and then in one that lives. One that ends before its process dies is run again all the same.
   */
  async act(crashes: readonly number[], act: (activities: Activities) => Promise<unknown>): Promise<unknown> {
    for (const dieAfter of crashes) await this.world.run(act, new DyingProcess(dieAfter)).catch(onlyDied);
    return this.world.run(act);
  }

  async leave(crashes: readonly number[], person: PersonName): Promise<void> {
    const end = (process: DyingProcess) => auditedTransaction(process.pool(this.world.pool), (tx, note) =>
      endEmployee(tx, note, this.employeeIds.get(person)!, 'tester'));
    for (const dieAfter of crashes) await end(new DyingProcess(dieAfter)).catch(onlyDied);
    await end(new DyingProcess());
  }

  async comeBack(person: PersonName): Promise<void> {
    await this.world.pool.query('UPDATE employees SET active = true WHERE id = $1', [this.employeeIds.get(person)]);
  }

  reopen(identity: string, operator: string): Promise<Reopening> {
    return auditedTransaction(this.world.pool, (tx, note) => reopenPools(tx, note, this.hashOf(identity), operator));
  }

  /** Of a person or of what nobody has, in hexadecimal as the database shows it. */
  shownHash(identity: string): string {
    return `\\x${this.hashOf(identity).toString('hex')}`;
  }

  async rows(): Promise<GuardRows> {
    const { rows: [row] } = await this.world.pool.query<{ all: GuardRows }>(rowsQuery);
    return row!.all;
  }

  async stop(): Promise<void> {
    await this.world.stop();
  }

  private hashOf(identity: string): Buffer {
    const id = this.employeeIds.get(identity as PersonName); // cast: whoever is nobody here has no id
    return lookupHash(testKeyring.lookup, 'identity', id ?? identity);
  }
}

function onlyDied(error: unknown): void {
  if (!(error instanceof Died)) throw error;
}

export interface GuardRows {
  readonly challenges: readonly object[];
  readonly guesses: readonly object[];
  readonly sends: readonly object[];
  readonly pools: readonly { identity: string; pool: string; wrong: number; shut: boolean; asked: string | null }[];
  readonly sessions: readonly object[];
  /** `seconds`: how long it is still locked; negative when it is not any more. */
  readonly locks: readonly { sender: string; seconds: number }[];
  readonly outbox: readonly object[];
  readonly inbox: readonly object[];
  readonly audit: readonly object[];
}

const sources = {
  challenges: `SELECT c.id, c.sender_id AS sender, e.given_name AS person, c.pool, c.digits, c.state, c.tries_used AS tries,
                      c.sends FROM challenges c LEFT JOIN employees e ON e.id = c.employee_id ORDER BY 1`,
  guesses: 'SELECT challenge_id AS challenge, ordinal, evaluated, verdict FROM guesses ORDER BY 1, 2',
  sends: 'SELECT challenge_id AS challenge, ordinal, allowed FROM sends ORDER BY 1, 2',
  pools: `SELECT identity_hash AS identity, pool, wrong_in_a_row AS wrong, shut_at IS NOT NULL AS shut,
                 reopen_asked_by AS asked FROM pools ORDER BY 1, 2`,
  sessions: `SELECT n.id, n.sender_id AS sender, e.given_name AS person, n.challenge_id AS challenge, n.end_reason AS ended
               FROM sessions n JOIN employees e ON e.id = n.employee_id ORDER BY 1`,
  locks: `SELECT id AS sender, extract(epoch FROM locked_until - clock_timestamp()) AS seconds FROM senders
           WHERE locked_until IS NOT NULL ORDER BY 1`,
  outbox: `SELECT key, state FROM outbox WHERE kind = 'code' ORDER BY 1`,
  inbox: 'SELECT count(*)::int AS waiting FROM inbox WHERE handled_at IS NULL',
  // An operator's order for which somebody died is noted by whoever takes it up again: two records of one resend.
  audit: `SELECT kind, count(DISTINCT CASE kind WHEN 'challenge.resent' THEN facts::text ELSE seq::text END)::int AS count
            FROM audit GROUP BY 1 ORDER BY 1`,
};

// Not jsonb, which would put the columns in an order of its own.
const rowsQuery = `SELECT json_build_object(${Object.entries(sources).map(([name, query]) =>
  `'${name}', coalesce((SELECT json_agg(x) FROM (${query}) x), '[]')`).join(', ')}) AS all`;
