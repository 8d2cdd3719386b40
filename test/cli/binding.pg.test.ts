// What an operator types to see which numbers are bound to whose account, and to end a binding.
import { Command } from 'commander';
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { bindingCommands } from '../../src/cli/people/binding';
import { bindNumber } from '../../src/otp/boundNumbers';
import { Visitor } from '../activities/visitor';
import { createActivityWorld } from '../support/activityWorld';
import type { ActivityWorld } from '../support/activityWorld';
import { anna } from '../support/world';

let world: ActivityWorld;
const before = { ...process.env };

beforeAll(async () => {
  world = await createActivityWorld();
  Object.assign(process.env, { DATABASE_URL: world.url, DOORMAN_OPERATOR: 'olga' });
});

afterAll(async () => {
  process.env = before;
  await world.stop();
});

afterEach(() => { process.exitCode = undefined; });

/** Runs `doorman binding …`: what it prints, and with which code it ends. */
async function run(...words: string[]): Promise<{ printed: string; code: number }> {
  const program = new Command('doorman').option('--json').exitOverride();
  bindingCommands(program);
  process.exitCode = undefined;
  let printed = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => { printed += String(chunk); return true; });
  try {
    await program.parseAsync(['node', 'doorman', 'binding', ...words]);
    return { printed, code: Number(process.exitCode ?? 0) };
  } finally {
    write.mockRestore();
  }
}

/** Anna proves who she is, and her number is bound to her account. */
async function bind(): Promise<{ senderId: string }> {
  const visitor = new Visitor(world, anna);
  await visitor.claims('144133');
  await visitor.types(await visitor.code());
  const { rows: [session] } = await world.pool.query<{ id: string; senderId: string; employeeId: string }>(
    'SELECT id, sender_id AS "senderId", employee_id AS "employeeId" FROM sessions');
  const { id: sessionId, senderId, employeeId } = session!;
  await auditedTransaction(world.pool, (tx, note) => bindNumber(tx, note, { senderId, employeeId, sessionId, how: 'email' }));
  return { senderId };
}

test('bindings are listed, of everybody or of one employee, and ended by their id, once', async () => {
  expect(await run('list')).toEqual({ printed: 'No number is bound.\n', code: 0 });
  const { senderId } = await bind();
  const { printed, code } = await run('list', '--json');
  const [binding] = JSON.parse(printed) as { bindingId: string }[];
  expect([binding, code]).toEqual([
    { bindingId: expect.stringMatching(/^[0-9a-f-]{36}$/), senderId, employeeNumber: '144133', since: expect.any(String), how: 'email' }, 0]);
  const { bindingId } = binding!;
  expect((await run('list', '--employee', '144133')).printed).toMatch(
    new RegExp(`^${bindingId}  sender ${senderId}  employee 144133  since \\S+Z by email\\n$`));
  expect(await run('list', '--employee', '144136')).toEqual({ printed: 'No number is bound.\n', code: 0 });
  expect(await run('end', bindingId)).toEqual({ printed: 'The binding is over.\n', code: 0 });
  expect(await run('end', bindingId)).toEqual({ printed: 'There is no such binding, or it is over.\n', code: 1 });
  expect(await run('list')).toEqual({ printed: 'No number is bound.\n', code: 0 });
  const { rows } = await world.pool.query<{ facts: object }>(`SELECT facts FROM audit WHERE kind = 'number.released'`);
  expect(rows).toEqual([{ facts: expect.objectContaining({ bindingId, senderId, reason: 'operator', operator: 'olga' }) }]);
});

test.each(['nonsense', '144133', '../etc', ''])('what is no id, as "%s", is sent to the list', async (id) => {
  expect(await run('end', id)).toEqual({ printed: 'That is no binding: `doorman binding list` shows them.\n', code: 1 });
});
