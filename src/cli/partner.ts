// doorman partner resume: events of a partner that could not be forwarded for days are tried again.
import type { Command } from 'commander';
import { resumeParked } from '../partners/forwarding';
import { notFound, operator } from './operator';
import { print } from './output';
import { withDatabase } from './withDatabase';

export function partnerCommands(program: Command): void {
  const partner = program.command('partner').description('one partner who posts signed events');
  partner.command('resume').argument('<name>', 'its name in DOORMAN_PARTNERS')
    .description('has events that were parked forwarded again, in their order')
    .action(resume);
}

async function resume(name: string, _options: unknown, command: Command): Promise<void> {
  const events = await withDatabase((pool) => resumeParked(pool, name, operator()));
  if (events === 0) return notFound(command, 'No event of this partner is parked.');
  print(command, { events }, [`${events} ${events === 1 ? 'event is' : 'events are'} tried again within seconds.`]);
}
