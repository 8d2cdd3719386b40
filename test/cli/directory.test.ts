// What an operator types to bring in a file.
import { Command } from 'commander';
import { directoryCommands } from '../../src/cli/directory';

function run(...words: string[]): Promise<Command> {
  const program = new Command('doorman').exitOverride().configureOutput({ writeErr: () => undefined });
  directoryCommands(program);
  return program.parseAsync(['node', 'doorman', 'directory', 'import', 'nowhere.csv', ...words]);
}

test.each(['', 'HR', 'our staff', '7up', 'hr/payroll', 'ünit', 'x'.repeat(33)])('a source is not named "%s"', async (name) => {
  await expect(run('--source', name)).rejects.toMatchObject({
    code: 'commander.invalidArgument', message: expect.stringContaining('lower-case letters, digits and hyphens') });
});

test('a source is named as in settings', async () => {
  // It goes as far as the file, or the configuration.
  await expect(run('--source', 'hr-payroll2')).rejects.not.toHaveProperty('code', 'commander.invalidArgument');
});
