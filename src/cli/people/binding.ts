// doorman binding list | end: which numbers are bound to whose account.
import type { Command } from 'commander';
import { auditedTransaction } from '../../audit/auditedTransaction';
import { isUuid } from '../../domain/identifiers';
import { endBinding, listBindings } from '../../otp/boundNumbers';
import { notFound, operator } from '../operator';
import { print } from '../output';
import { withDatabase } from '../withDatabase';

export function bindingCommands(program: Command): void {
  const binding = program.command('binding').description('numbers that are bound to an employee\'s account');
  binding.command('list').description('those that hold, the latest first')
    .option('--employee <number>', 'of this employee only').action(list);
  binding.command('end').argument('<binding>', 'its id, as `list` shows it')
    .description('ends one: who writes from it is known no more').action(end);
}

async function list({ employee }: { employee?: string }, command: Command): Promise<void> {
  const bindings = await withDatabase((pool) => listBindings(pool, employee));
  const lines = bindings.map(({ bindingId, senderId, employeeNumber, since, how }) =>
    `${bindingId}  sender ${senderId}  employee ${employeeNumber}  since ${since.toISOString()} by ${how}`);
  print(command, bindings, bindings.length === 0 ? ['No number is bound.'] : lines);
}

async function end(bindingId: string, _options: unknown, command: Command): Promise<void> {
  if (!isUuid(bindingId.toLowerCase())) {
    return notFound(command, 'That is no binding: `doorman binding list` shows them.');
  }
  const ended = await withDatabase((pool) =>
    auditedTransaction(pool, (tx, note) => endBinding(tx, note, bindingId, operator())));
  if (ended === 0) return notFound(command, 'There is no such binding, or it is over.');
  print(command, { ended }, ['The binding is over.']);
}
