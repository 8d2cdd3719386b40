// A customer who was proved by a verification: for as long as the code's number is theirs, and nobody said NOT ME.
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { endProofs } from '../../src/otp/disputes';
import { centresWithoutStatements } from '../../src/wiring/clients';
import type { Answer } from '../support/publicServer';
import { apiKey, bearer, Centre, settings } from './centre';
import type { Trio } from './centre';

const dirks = '+447700900126';
let centre: Centre;
let dirk: string;

beforeAll(async () => {
  centre = await Centre.start();
  const { rows: [row] } = await centre.owner.query<{ id: string }>(`SELECT id FROM employees WHERE employee_number = '144136'`);
  dirk = row!.id;
});
beforeEach(async () => {
  await centre.owner.query('TRUNCATE employee_disputes');
  await centre.owner.query('DELETE FROM employee_phones WHERE employee_id = $1', [dirk]);
  await addNumber(dirks);
});
afterAll(() => centre.stop());

const addNumber = (e164: string, employeeId = dirk) => centre.owner.query(
  'INSERT INTO employee_phones (employee_id, e164, raw) VALUES ($1, $2, $2)', [employeeId, e164]);
const prove = (verification_id: string) =>
  centre.post('/customer_authenticate', [apiKey(centre.of('vendor').apiKey)], { verification_id });
async function proved(number = dirks): Promise<Trio> {
  const { JWT: jwt } = JSON.parse((await prove(centre.approve(number))).text) as { JWT: string };
  return { jwt, token: await centre.token('vendor'), key: centre.of('vendor').apiKey };
}
const sayNotMe = () => auditedTransaction(centre.pool, (tx, note) => endProofs(tx, note, dirk));
/** The reason of the last refusal, in our log. */
const reason = () => (JSON.parse(centre.lines.at(-1)!) as { reason?: string }).reason;
async function expectRefused(answer: Promise<Answer>, why: string): Promise<void> {
  expect([(await answer).status, reason()]).toEqual([401, why]);
}

describe('a customer whom a code proved', () => {
  it.each([
    ['HR took the number away', () => centre.owner.query('DELETE FROM employee_phones WHERE e164 = $1', [dirks])],
    ['HR put another one in its place', () => centre.owner.query(`UPDATE employee_phones SET e164 = '+447700900299', raw = '' WHERE e164 = $1`, [dirks])],
    ['it came anew, and is held back', () => centre.owner.query('UPDATE employee_phones SET held_from = clock_timestamp() WHERE e164 = $1', [dirks])],
    ['codes go to it no more', () => centre.owner.query(`UPDATE employee_phones SET type = 'home', is_primary = false WHERE e164 = $1`, [dirks])],
    ['the employee said NOT ME', sayNotMe],
    ['the employee left', () => centre.owner.query('UPDATE employees SET active = false WHERE id = $1', [dirk])],
  ])('is none from the moment that %s', async (_what, happen) => {
    const trio = await proved();
    expect((await centre.profile(trio)).status).toBe(200);
    try {
      await happen();
      await expectRefused(centre.profile(trio), 'ended');
    } finally {
      await centre.owner.query('UPDATE employees SET active = true WHERE id = $1', [dirk]);
    }
  });

  it('is none when the number is a colleague\'s, too', async () => {
    const trio = await proved();
    const { rows: [anna] } = await centre.owner.query<{ id: string }>(`SELECT id FROM employees WHERE employee_number = '144133'`);
    await addNumber(dirks, anna!.id);
    await expectRefused(centre.profile(trio), 'ended');
    await centre.owner.query('DELETE FROM employee_phones WHERE e164 = $1 AND employee_id = $2', [dirks, anna!.id]);
  });

  it('stays one when HR spells the number otherwise, or registers a further one', async () => {
    await addNumber('+5215512345678');
    const trio = await proved('+5215512345678');
    await centre.owner.query(`UPDATE employee_phones SET e164 = '+525512345678', raw = '' WHERE e164 = '+5215512345678'`);
    await addNumber('+447700900299');
    expect((await centre.profile(trio)).status).toBe(200);
  });
});

test('after a NOT ME a code that was asked for before proves nobody, and one that was asked for since does', async () => {
  const before = (await centre.records('employee.disputed')).length;
  await sayNotMe();
  await expectRefused(prove(centre.approve(dirks)), 'proof');
  expect((await prove(centre.approve(dirks, 'vendor', -60))).status).toBe(200);
  expect((await centre.records('employee.disputed')).slice(before)).toEqual([{ employeeId: dirk }]);
});

describe('why a request was refused is in the log', () => {
  it('in one word for each of the three, and for what does not go together', async () => {
    const anna = await centre.session();
    const [vendor, twin] = [await centre.trio('vendor', anna), await centre.trio('twin', anna)];
    const texts = { token: await centre.token('texts'), key: centre.of('texts').apiKey, jwt: vendor.jwt };
    await expectRefused(centre.profile({ ...vendor, token: 'x' }), 'token');
    await expectRefused(centre.profile({ ...vendor, key: 'x' }), 'apiKey');
    await expectRefused(centre.profile({ ...vendor, key: twin.key }), 'mismatch');
    await expectRefused(centre.profile({ ...vendor, jwt: twin.jwt }), 'customer');
    await expectRefused(centre.profile(texts), 'scope');
    await expectRefused(centre.post('/getprofile', [bearer(vendor.token), bearer(vendor.token), apiKey(vendor.key)]), 'form');
    const statement = await centre.statement(anna);
    const authenticate = (key: string) => centre.post('/customer_authenticate', [apiKey(key)], { statement });
    await expectRefused(authenticate('x'), 'apiKey');
    await expectRefused(authenticate(twin.key), 'proof');
    await centre.owner.query(`UPDATE sessions SET ended_at = clock_timestamp(), end_reason = 'logout' WHERE id = $1`, [anna.sessionId]);
    await expectRefused(authenticate(vendor.key), 'ended');
    await expectRefused(centre.profile(vendor), 'ended');
  });
});

test('centres for whom the assistant makes no statements are found when a process starts', () => {
  const assistant = { kind: 'rasa', url: 'https://vendor.example/bot', timeoutMs: 30_000, allowInsecure: false } as const;
  expect(centresWithoutStatements({ clients: settings, assistant, DOORMAN_ASSISTANT_AUDIENCE: undefined })).toEqual(['twin']);
  expect(centresWithoutStatements({ clients: settings, assistant, DOORMAN_ASSISTANT_AUDIENCE: 'https://twin.example' })).toEqual(['vendor']);
});
