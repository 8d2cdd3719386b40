// doorman partner resume: events of a partner that could not be forwarded for days are tried again.
// doorman partner forgive: a leave, or a version, that should not have come is forgotten.
import { Option } from 'commander';
import type { Command } from 'commander';
import { auditedTransaction } from '../audit/auditedTransaction';
import { forgiveReasons, forgiveSubject } from '../directory/delivery/forgive';
import type { Forgiven, Forgiveness } from '../directory/delivery/forgive';
import { resumeParked } from '../partners/forwarding';
import { notFound, operator } from './operator';
import { print, refuse } from './output';
import { withDatabase } from './withDatabase';

export function partnerCommands(program: Command): void {
  const partner = program.command('partner').description('one partner who posts signed events');
  partner.command('resume').argument('<name>', 'its name in DOORMAN_PARTNERS')
    .description('has events that were parked forwarded again, in their order')
    .action(resume);
  partner.command('forgive').argument('<name>', 'a partner, or the source of the person')
    .argument('<key>', 'HR\'s key of the person, as the events have it')
    .description('lets somebody who left by an event come back once their source says so, without a rehire')
    .addOption(new Option('--reason <reason>', 'the leave was a mistake, they are hired anew, a version was wrong')
      .choices([...forgiveReasons]).makeOptionMandatory())
    .option('--versions', 'forget which versions were here before, too: any event counts that comes next')
    .action(forgive);
}

async function resume(name: string, _options: unknown, command: Command): Promise<void> {
  const events = await withDatabase((pool) => resumeParked(pool, name, operator()));
  if (events === 0) return notFound(command, 'No event of this partner is parked.');
  print(command, { events }, [`${events} ${events === 1 ? 'event is' : 'events are'} tried again within seconds.`]);
}

const notForgiven: Record<Exclude<Forgiven['outcome'], 'forgiven'>, string> = {
  none: 'No event of this partner or source has told of this key.',
  ambiguous: 'A partner and a source of this name have the key: give the source, which is `partner:<name>` '
    + 'for the partner\'s own people.',
  noTombstone: 'They have not left by an event. To forget the versions of their events, give --versions.',
};

async function forgive(
  name: string, key: string, { reason, versions = false }: { reason: Forgiveness['reason']; versions?: boolean },
  command: Command,
): Promise<void> {
  // As keys of events are read.
  const externalId = key.trim().normalize('NFC');
  const forgiven = await withDatabase((pool) => auditedTransaction(pool, (tx, note) =>
    forgiveSubject(tx, note, { name, externalId, reason, versions, operator: operator() })));
  if (forgiven.outcome !== 'forgiven') {
    print(command, forgiven, [notForgiven[forgiven.outcome]]);
    return refuse();
  }
  print(command, forgiven, [
    'Forgiven: the next event or list of their source that says that they work here lets them in.',
    ...versions ? ['Any version counts now, also one of an old event that comes again.'] : []]);
}
