// What an operator types to hold, release and limit sending, and what a program gets to read.
import { Command } from 'commander';
import { sendingCommands } from '../../src/cli/sending';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';

let database: TestDatabase;
const before = { ...process.env };

beforeAll(async () => {
  database = await createTestDatabase();
  Object.assign(process.env, { DATABASE_URL: database.url, DOORMAN_OPERATOR: 'olga' });
});

afterAll(async () => {
  process.env = before;
  await database.drop();
});

afterEach(() => { process.exitCode = undefined; });

/** Runs `doorman sending …`: what it prints, and with which code it ends. */
async function run(...words: string[]): Promise<{ printed: string; code: number }> {
  const program = new Command('doorman').option('--json').exitOverride().configureOutput({ writeErr: () => undefined });
  sendingCommands(program);
  let printed = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => { printed += String(chunk); return true; });
  try {
    await program.parseAsync(['node', 'doorman', ...words]);
    return { printed, code: Number(process.exitCode ?? 0) };
  } finally {
    write.mockRestore();
  }
}

test('hold and release say what they did, and refuse what is so already', async () => {
  expect(await run('sending', 'hold', '--only', 'chat')).toMatchObject({ code: 0, printed: expect.stringContaining('Held: chat.') });
  expect(await run('sending', 'hold', '--only', 'chat')).toMatchObject({ code: 1 });
  process.exitCode = undefined;
  expect(await run('sending', 'show')).toMatchObject({ printed: expect.stringMatching(/^chat: held since .*, 0 wait$/m) });
  expect(JSON.parse((await run('--json', 'sending', 'hold')).printed)).toEqual({ changed: ['codes'] });
  expect(JSON.parse((await run('--json', 'sending', 'release')).printed)).toEqual({ changed: ['chat', 'codes'] });
});

test('numbers are changed one by one, and shown', async () => {
  await run('sending', 'limit', '--per-second', '40', '--recipient-burst', '12');
  await run('sending', 'limit', '--recipient-every', '3', '--code-reserve', '4');
  expect(JSON.parse((await run('sending', 'show', '--json')).printed)).toMatchObject({
    perSecond: 40, codeReserve: 4, recipientBurst: 12, recipientEveryMs: 3_000, parked: 0 });
  expect((await run('sending', 'limit', '--per-second', 'off')).printed).toContain('all together: no limit');
});

test.each([['--per-second', '0'], ['--per-second', 'many'], ['--recipient-every', '0.5'], ['--code-reserve', '-1']])('a limit of %s %s is misuse', async (option, value) => {
  await expect(run('sending', 'limit', option, value)).rejects.toMatchObject({ code: expect.stringMatching(/^commander\./) });
});

test('a lane that there is not is misuse, and no number at all is an error', async () => {
  await expect(run('sending', 'hold', '--only', 'mail')).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  await expect(run('sending', 'limit')).rejects.toThrow('Which number?');
});
