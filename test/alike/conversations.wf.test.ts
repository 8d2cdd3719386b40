// Nobody can tell whom Doorman knows: the same talk in the names of people of every class reads the same, word for word
// and at the same time, and an operator sees the same.
import fc from 'fast-check';
import { methods } from '../../src/domain/messages';
import { named, unknown } from './claims';
import { anyClaim, anyGuess, anyOther, anyWords, make, resend } from './messages';
import type { Message } from './messages';
import { holdMoment } from './moment';
import type { Moment } from './moment';
import { gaps, patientPolicy, talk, waits } from './talks';
import type { Seen, Step } from './talks';
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';

let world: ConversationWorld;
let moment: Moment;

/** More of them: DOORMAN_RUNS=200 npm test -- test/conversation/alike */
const numRuns = Number(process.env.DOORMAN_RUNS ?? 3);

beforeAll(async () => {
  world = await startConversations('skipping', { methods });
  moment = await holdMoment(world.ownerUrl, world.pool);
  await world.reset(patientPolicy);
});

afterAll(async () => {
  await moment.stop();
  await world.stop();
});

afterEach(() => {
  world.carrier.before = () => undefined;
});

const say = (...messages: Message[]): Step => ({ messages });
const wait = (waitSeconds: number): Step => ({ waitSeconds });
const gap = (gapSeconds: number): Step => ({ gapSeconds });
const { claim, guess, say: words } = make;
const notText = say(...(['media', 'button', 'reaction'] as const).map((kind): Message => ({ write: 'other', kind })));

/** Together they read every text there is before verification, in every stage. */
const paths: Record<string, readonly Step[]> = {
  'asks, resends until nothing is left of the code, and lets it expire': [
    say(words('where is my order 4500000001?')), notText, say(claim(0)), notText, say(words('RESEND')),
    ...gaps.slice(0, 3).flatMap((seconds) => [gap(seconds), say(words('RESEND'))]), say(words('call me')),
    say(words('11111111 22222222')), wait(301), say(claim(0, 'alone')), say(words('LOGOUT')), say(words('NOT ME')),
  ],
  'guesses until they are locked, comes back, and is locked for a day': [
    say(claim(0, 'by e-mail')), say(guess(6)), say(guess(), guess(), guess(), guess(), guess()), say(words('hello?')),
    wait(151), say(words('hello?')), notText, wait(151), say(claim(0)), say(words('CANCEL')), say(claim(0)), gap(121),
    say(claim(0)), say(guess(8, 1), guess(6, 1), guess(), guess(), guess()), wait(901), say(claim(0)),
  ],
  'claims to be one person after the other, and says in between that it was not them': [
    say(claim(0)), say(words('NOT ME')), gap(31), say(claim(1)), say(claim(2)), say(words('CANCEL')), gap(61),
    say(claim(2, 'alone')), wait(301), say(guess(8, 3)), gap(3_601), say(claim(3, 'by e-mail')), say(words('hello?')),
  ],
};

/** Far more than the senders of one step are apart, far less than any time that is waited for. */
const apartMsMax = 30_000;

function expectAlike(seen: ReadonlyMap<string, Seen[]>, parts: readonly (keyof Seen)[] = ['step', 'replies', 'status']): void {
  const partsOf = (who: string) => seen.get(who)!.map((one) => parts.map((part) => one[part]));
  const times = (who: string) => seen.get(who)!.flatMap(({ afterMs }) => afterMs);
  for (const who of named) {
    expect({ who, seen: partsOf(who) }).toEqual({ who, seen: partsOf(unknown) });
    const apart = times(who).map((ms, index) => Math.abs(ms - times(unknown)[index]!));
    expect({ who, apart: apart.filter((ms) => ms > apartMsMax) }).toEqual({ who, apart: [] });
  }
}

test.each(Object.entries(paths))('A34 who %s reads the same, whoever they claim to be', async (_path, steps) => {
  const seen = await talk(world, moment, named, steps);
  expectAlike(seen);
  // Otherwise silence would be alike as well.
  expect(seen.get(unknown)!.flatMap(({ replies }) => replies).length).toBeGreaterThan(steps.length / 2);
}, 180_000);

const anyMessage = fc.oneof(
  { weight: 4, arbitrary: anyClaim }, { weight: 6, arbitrary: anyGuess }, { weight: 3, arbitrary: resend },
  { weight: 3, arbitrary: anyWords }, { weight: 1, arbitrary: anyOther });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: anyMessage.map((message) => say(message)) },
  { weight: 2, arbitrary: fc.array(anyGuess, { minLength: 2, maxLength: 5 }).map((guesses) => say(...guesses)) },
  { weight: 2, arbitrary: fc.constantFrom(...waits).map(wait) }, { weight: 2, arbitrary: fc.constantFrom(...gaps).map(gap) });
/** Begins with a claim: before it, there is nothing that could be told apart. */
const anyTalk = fc.tuple(anyClaim, fc.array(anyStep, { minLength: 3, maxLength: 10 }))
  .map(([first, steps]) => [say(first), ...steps]);

test('A36 whatever is said after a claim, and however long is waited, it reads the same for all', async () => {
  await fc.assert(fc.asyncProperty(anyTalk, async (steps) => {
    expectAlike(await talk(world, moment, named, steps));
  }), { numRuns, endOnFailure: true });
}, 60_000 + numRuns * 20_000);

test('A36 a telephone that no code can reach changes nothing that anybody reads', async () => {
  world.carrier.before = () => ({ outcome: 'undeliverable', code: '30006' });
  const steps = [say(claim(0)), say(guess()), gap(31), say(words('RESEND')), wait(301)];
  const seen = await talk(world, moment, named, steps);
  // An operator can see it: they have to know.
  expectAlike(seen, ['step', 'replies']);
  expect(seen.get('a person')![0]!.status).toMatchObject({ codeDelivery: 'failed' });
}, 180_000);
