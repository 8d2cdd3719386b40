// Nobody can tell whom Doorman knows by how long an answer takes: a small version of the bench's part `alike`, on the
// clock of the machine. Who is next is left to chance, so that whatever else the machine does hits all alike; so few
// samples find what is grossly apart, and the bench finds what is not (decision record 9).
import { compareSamples } from '../../bench/measure/kolmogorovSmirnov';
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { named, newClaimants, unknown } from './claims';
import type { Claimant } from './claims';

let world: ConversationWorld;

beforeAll(async () => {
  world = await startConversations('real');
  await world.reset({ replyQuantumMs: 1_000, organisationGuessesPerDayMax: 1_000 });
});

afterAll(() => world.stop());

const samples = 20;
const atOnce = 20;
/** So small that twelve comparisons are called wrong by chance once in a hundred thousand runs. */
const pMin = 1e-6;

interface Times {
  readonly claim: number[];
  readonly guess: number[];
}

test('A35 the times of answers to people of every class are of one distribution', async () => {
  const claimants = (await Promise.all(Array.from({ length: samples }, () => newClaimants(world.pool, named)))).flat();
  const times = new Map(named.map((who): [string, Times] => [who, { claim: [], guess: [] }]));
  const turns = claimants.map((claimant) => ({ claimant, at: Math.random() })).sort((a, b) => a.at - b.at);
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let turn = turns.pop(); turn !== undefined; turn = turns.pop()) {
      const { claim, guess } = times.get(turn.claimant.who)!;
      claim.push(await replyTime(turn.claimant, `my id is ${turn.claimant.claims[0]!.id}`));
      guess.push(await replyTime(turn.claimant, '00000000'));
    }
  }));
  for (const measure of ['claim', 'guess'] as const) {
    for (const who of named) {
      const { p } = compareSamples(times.get(unknown)![measure], times.get(who)![measure]);
      expect({ who, measure, isAlike: p > pMin }).toEqual({ who, measure, isAlike: true });
    }
  }
}, 180_000);

/** From before the message is stored to the reply's arrival. */
async function replyTime({ person }: Claimant, text: string): Promise<number> {
  const start = performance.now();
  const from = world.channel.sent.all.length;
  await world.write(person, text);
  await world.channel.sent.next(({ to }) => to === person.phone, from);
  return performance.now() - start;
}
