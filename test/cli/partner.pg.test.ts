// What an operator types to have a partner's parked events tried again, and a leave forgiven.
import { Command } from 'commander';
import { partnerCommands } from '../../src/cli/partner';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';

let database: TestDatabase;
let owner: Pool;
const before = { ...process.env };

beforeAll(async () => {
  database = await createTestDatabase();
  owner = createPool(database.ownerUrl, { max: 1 });
  Object.assign(process.env, { DATABASE_URL: database.url, DOORMAN_OPERATOR: 'olga' });
});

afterAll(async () => {
  process.env = before;
  await owner.end();
  await database.drop();
});

afterEach(() => { process.exitCode = undefined; });

async function run(...words: string[]): Promise<{ printed: string; code: number }> {
  const program = new Command('doorman').option('--json').exitOverride().configureOutput({ writeErr: () => undefined });
  partnerCommands(program);
  let printed = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => { printed += String(chunk); return true; });
  try {
    await program.parseAsync(['node', 'doorman', 'partner', ...words]);
    return { printed, code: Number(process.exitCode ?? 0) };
  } finally {
    write.mockRestore();
  }
}

const park = (partner: string) => owner.query(
  `INSERT INTO partner_events (id, partner, event_key, subject_hash, body_enc, state, fault, received_at, settled_at, keep_until)
   VALUES (gen_random_uuid(), $1, sha256(gen_random_uuid()::text::bytea), sha256('a subject'), '\\x00', 'failed', 'http 422',
           clock_timestamp(), clock_timestamp(), clock_timestamp() + interval '7 days')`, [partner]);

test('a partner\'s parked events wait again, those of others stay, and the audit has the operator', async () => {
  for (const partner of ['payroll', 'payroll', 'other']) await park(partner);
  expect(await run('resume', 'payroll')).toEqual({ printed: '2 events are tried again within seconds.\n', code: 0 });
  expect((await owner.query('SELECT partner, state FROM partner_events ORDER BY partner, state')).rows).toEqual([
    { partner: 'other', state: 'failed' }, { partner: 'payroll', state: 'waiting' }, { partner: 'payroll', state: 'waiting' }]);
  expect((await owner.query(`SELECT facts FROM audit WHERE kind = 'partner.resumed'`)).rows)
    .toEqual([{ facts: { partner: 'payroll', events: 2, operator: 'olga' } }]);
});

test('with nothing parked there is nothing to do', async () => {
  expect(await run('resume', 'nobody', '--json')).toEqual({ printed: expect.stringContaining('"none"'), code: 1 });
});

test('a leave is forgiven for a reason, and HR\'s key stands nowhere', async () => {
  await owner.query(
    `INSERT INTO directory_subjects (source, external_id, data_version, listed, left_version) VALUES ('partner:hub', 'W-1', 7, 'active', 8)`);
  await expect(run('forgive', 'hub', 'W-1')).rejects.toMatchObject({ code: 'commander.missingMandatoryOptionValue' });
  await expect(run('forgive', 'hub', 'W-1', '--reason', 'Anna is back')).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  expect(await run('forgive', 'hub', 'W-2', '--reason', 'mistake', '--json')).toEqual({ printed: '{\n  "outcome": "none"\n}\n', code: 1 });
  process.exitCode = undefined;
  const { printed, code } = await run('forgive', 'hub', ' W-1 ', '--reason', 'mistake', '--json');
  expect([JSON.parse(printed), code]).toEqual([{ outcome: 'forgiven', source: 'partner:hub', versions: false }, 0]);
  expect(await run('forgive', 'hub', 'W-1', '--reason', 'mistake')).toEqual({ printed: expect.stringContaining('--versions'), code: 1 });
  process.exitCode = undefined;
  expect(await run('forgive', 'hub', 'W-1', '--reason', 'version', '--versions'))
    .toEqual({ printed: expect.stringContaining('Any version counts now'), code: 0 });
  expect((await owner.query(`SELECT facts FROM audit WHERE kind = 'tombstone.forgiven' ORDER BY seq`)).rows.map(({ facts }) => facts as unknown))
    .toEqual([['mistake', false], ['version', true]].map(([reason, versions]) => (
      { source: 'partner:hub', employeeId: null, reason, versions, operator: 'olga' })));
});
