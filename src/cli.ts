#!/usr/bin/env node
// The `doorman` command: one line a command here, the work elsewhere.
// Exit codes: 0 done, 1 refused or failed, 2 misuse.
import { Command } from 'commander';
import { auditCommands } from './cli/audit';
import { clientCommands } from './cli/clients/client';
import { directoryCommands } from './cli/directory';
import { keysCommands } from './cli/keys';
import { operatorCommands } from './cli/operator';
import { partnerCommands } from './cli/partner';
import { processCommands } from './cli/processes';
import { scimCommands } from './cli/scim';
import { sendingCommands } from './cli/sending';
import { Misconfiguration } from './config';

const program = new Command('doorman')
  .description('Stands between WhatsApp and your assistants: nobody passes until it is known which employee writes.')
  .option('--json', 'print results as JSON')
  .showHelpAfterError('(`doorman --help` lists what there is)')
  .exitOverride();

const groups = [
  processCommands, directoryCommands, scimCommands, partnerCommands, clientCommands, operatorCommands, sendingCommands,
  auditCommands, keysCommands,
];
for (const add of groups) add(program);

program.parseAsync().catch((error: unknown) => {
  const { code, exitCode, message } = error as { code?: string; exitCode?: number; message?: string };
  // commander has printed its own sentence already.
  if (code?.startsWith('commander.')) process.exit(exitCode === 0 ? 0 : 2);
  process.stderr.write(`${message ?? String(error)}\n`);
  process.exit(error instanceof Misconfiguration ? 2 : 1);
});
