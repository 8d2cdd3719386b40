// Codes for applications over real tables: requests in, SMS out. Who tells the workflows is the test's to say.
import type { VerificationActivities } from '../../activities/verification';
import type { Client } from '../../src/clients/clientSettings';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { defaultPolicy } from '../../src/domain/policy';
import type { Policy } from '../../src/domain/policy';
import type { Alert } from '../../src/otp/budgets';
import type { CarryOutcome } from '../../src/otp/carriers/codeCarrier';
import type { Sms } from '../../src/otp/carriers/smsSender';
import { createTexts } from '../../src/texts/render';
import type { VerificationStarts, Verifications } from '../../src/verifications/verifications';
import { createWiredVerificationActivities, createWiredVerifications } from '../../src/wiring/verifications';
import { createTestDatabase, patience } from '../support/postgres';
import { Events, testKeyring } from '../support/world';

const client = (name: string, countries: string[], returnsCode = false): Client =>
  ({ name, requestsPerMinute: 300, verifications: { countries, perDay: 1_000, returnsCode } });
export const shop = client('shop', ['DE', 'GB', 'MX']);
export const market = client('market', ['DE', 'GB']);
export const old = client('old', ['DE', 'GB'], true);
export const clientOf = ({ name, verifications }: Client) => ({ name, countries: verifications!.countries });

export interface VerificationWorld {
  readonly pool: Pool;
  readonly owner: Pool;
  readonly sms: Events<Sms>;
  readonly alerts: Alert[];
  readonly activities: VerificationActivities;
  readonly verifications: Verifications;
  /** Consulted before each SMS: throws a Fault, or answers undeliverable. */
  before: (sms: Sms) => CarryOutcome | undefined;
  /** Asks for a code; says the id, and the code when it came by SMS. */
  ask(number: string, client?: Client): Promise<{ id: string; code: string | undefined }>;
  check(id: string, code: string, client?: Client): Promise<string>;
  /** The audit's records of a kind, oldest first. */
  audit(kind: string): Promise<unknown[]>;
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export const codeIn = (sms: Sms | undefined): string | undefined => /\b\d{6,10}\b/.exec(sms?.text ?? '')?.[0];

/** Without `starts`, activities are run as the workflow would, in this process. */
export async function createVerificationWorld(
  changes: Partial<Policy> = {}, starts?: VerificationStarts, clients: readonly Client[] = [shop, market, old],
): Promise<VerificationWorld> {
  const database = await createTestDatabase();
  const pool = createPool(database.url, { ...patience, max: 20 });
  const owner = createPool(database.ownerUrl, { max: 2 });
  const policy = { ...defaultPolicy, ...changes };
  const sms = new Events<Sms>();
  const alerts: Alert[] = [];
  const activities = createWiredVerificationActivities({
    pool, policy, clients, keyring: testKeyring, texts: createTexts({ organisation: 'Contoso', language: 'en' }),
    alert: (what) => alerts.push(what),
    async send(one) {
      const refused = world.before(one);
      if (refused !== undefined) return refused;
      sms.push(one);
      return { outcome: 'accepted', providerId: `SM${sms.all.length}` };
    },
  });
  // Of one id there is one workflow.
  const begun = new Map<string, Promise<unknown>>();
  const here: VerificationStarts = {
    async start({ verificationId }) {
      if (!begun.has(verificationId)) begun.set(verificationId, activities.sendVerification({ verificationId }));
      await begun.get(verificationId);
    },
    check: (guess) => activities.judgeVerification(guess),
  };
  const verifications = createWiredVerifications({
    pool, policy, keyring: testKeyring, countries: new Set(['DE', 'GB', 'MX', 'AR', 'US']), workflows: starts ?? here });
  const world: VerificationWorld = {
    pool, owner, sms, alerts, activities, verifications,
    before: () => undefined,
    async ask(number, client = shop) {
      const before = sms.all.length;
      const started = await verifications.start(clientOf(client), { number, language: 'en' });
      if (started.outcome !== 'taken') throw new Error('the key was used before');
      return { id: started.id, code: codeIn(sms.all[before]) };
    },
    check: (id, code, client = shop) => verifications.check(clientOf(client), id, code),
    async audit(kind) {
      const { rows } = await pool.query<{ facts: unknown }>('SELECT facts FROM audit WHERE kind = $1 ORDER BY seq', [kind]);
      return rows.map(({ facts }) => facts);
    },
    async clear() {
      await owner.query('TRUNCATE rest_verifications, rest_client_days, country_sends, senders, pools, outbox CASCADE');
      sms.clear();
      alerts.length = 0;
      world.before = () => undefined;
    },
    async stop() {
      await Promise.all([pool.end(), owner.end()]);
      await database.drop();
    },
  };
  return world;
}

/** Another mobile number each time. */
export function mobiles(): () => string {
  let next = 0;
  return () => `+49151${String(10_000_000 + (next += 1))}`;
}

/** One that is not this one. */
export const wrong = (code: string): string => String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');
