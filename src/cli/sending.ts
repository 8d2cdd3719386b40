// doorman sending show | limit | hold | release
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { lanes } from '../outbox/pacing';
import type { Lane } from '../outbox/pacing';
import { holdSending, limitSending, sendingState } from '../outbox/sendingControl';
import type { SendingLimits, SendingState } from '../outbox/sendingControl';
import { operator } from './operator';
import { print, refuse } from './output';
import { withDatabase } from './withDatabase';

export function sendingCommands(program: Command): void {
  const sending = program.command('sending').description('what leaves: how fast, or not at all');
  sending.command('show').description('the numbers, what is held and what waits').action(show);
  sending.command('limit').description('changes how fast texts and codes leave, at once and for every process')
    .option('--per-second <count>', 'all that leaves, codes included, or `off`', countOrOff)
    .option('--code-reserve <count>', 'what of it the chat leaves to codes', count(0))
    .option('--recipient-burst <count>', 'texts to one person at once, or `off`', countOrOff)
    .option('--recipient-every <seconds>', 'then one each so many seconds', count(1, 3_600))
    .action(limit);
  sending.command('hold').description('lets nothing leave until `release`; what counts for so long waits')
    .addOption(only()).action(hold);
  sending.command('release').description('lets what is held leave, in order, as fast as the limits allow')
    .addOption(only()).action(release);
}

const only = () => new Option('--only <lane>', 'the chat or the codes alone').choices([...lanes]);

interface Chosen { readonly only?: Lane }

async function show(_options: unknown, command: Command): Promise<void> {
  const state = await withDatabase(sendingState);
  print(command, state, [
    ...limitLines(state), ...state.lanes.map(laneLine), `${state.parked} texts wait until their person writes again`]);
}

const limitLines = ({ perSecond, codeReserve, recipientBurst, recipientEveryMs }: SendingLimits): string[] => [
  perSecond === null ? 'all together: no limit'
    : `all together: ${perSecond} a second, ${codeReserve} of them for codes alone`,
  recipientBurst === null ? 'to one person: no limit'
    : `to one person: ${recipientBurst} at once, then one each ${recipientEveryMs / 1_000} s`,
];

function laneLine({ lane, heldAt, slowUntil, waiting }: SendingState['lanes'][number]): string {
  const state = heldAt !== null ? `held since ${heldAt.toISOString()}`
    : slowUntil !== null ? `slow until ${slowUntil.toISOString()}: the provider asked for it` : 'goes';
  return `${lane}: ${state}, ${waiting} wait`;
}

interface LimitOptions {
  readonly perSecond?: number | 'off';
  readonly codeReserve?: number;
  readonly recipientBurst?: number | 'off';
  readonly recipientEvery?: number;
}

async function limit(options: LimitOptions, command: Command): Promise<void> {
  const { perSecond, codeReserve, recipientBurst, recipientEvery } = options;
  const changes: Partial<SendingLimits> = {
    ...(perSecond === undefined ? {} : { perSecond: perSecond === 'off' ? null : perSecond }),
    ...(codeReserve === undefined ? {} : { codeReserve }),
    ...(recipientBurst === undefined ? {} : { recipientBurst: recipientBurst === 'off' ? null : recipientBurst }),
    ...(recipientEvery === undefined ? {} : { recipientEveryMs: recipientEvery * 1_000 }),
  };
  if (Object.keys(changes).length === 0) throw new Error('Which number? `doorman sending limit --help` lists them.');
  const limits = await withDatabase((pool) => limitSending(pool, changes, operator()));
  print(command, limits, limitLines(limits));
}

async function hold(options: Chosen, command: Command): Promise<void> {
  await change(options, command, true);
}

async function release(options: Chosen, command: Command): Promise<void> {
  await change(options, command, false);
}

async function change({ only: lane }: Chosen, command: Command, held: boolean): Promise<void> {
  const changed = await withDatabase((pool) =>
    holdSending(pool, lane === undefined ? lanes : [lane], held, operator()));
  const what = changed.length === 0 ? `Nothing has changed: it was ${held ? 'held' : 'going'} already.`
    : held ? `Held: ${changed.join(', ')}. What was being handed over at this moment still leaves.`
      : `Released: ${changed.join(', ')}. What waits leaves within some ten seconds.`;
  print(command, { changed }, [what]);
  if (changed.length === 0) refuse();
}

function count(min: number, max = 10_000): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}`);
  };
}

const countOrOff = (text: string): number | 'off' => text === 'off' ? 'off' : count(1)(text);
