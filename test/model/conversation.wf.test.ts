// Conversations of one or two people against the model: the replies in their order, while workers come and go between
// any two messages and time passes. What people write is made up of what can be meant in any stage.
import fc from 'fast-check';
import { findChallenge } from '../../src/otp/challenges';
import type { Policy } from '../../src/domain/policy';
import type { TextRequest } from '../../src/texts/keys';
import { createTexts } from '../../src/texts/render';
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { anna, stranger, testPolicy } from '../support/world';
import { ConversationModel } from './conversationModel';
import type { Message, Reply } from './conversationModel';
import { GuardModel } from './guardModel';
import type { PersonName } from './guardRecords';
import { codeOf, moveRows, wrongCodeFor } from './guardWorld';

let world: ConversationWorld;

beforeAll(async () => {
  world = await startConversations();
  await restart();
});

afterAll(async () => {
  await world.stop();
});

async function restart(): Promise<void> {
  await world.stopWorker();
  await world.startWorker({ forgetful: true });
}

type Name = 'anna' | 'stranger';
const people = { anna, stranger } as const;

type Event =
  /** `toNobody`: while no worker runs. */
  | { readonly event: 'message'; readonly by: Name; readonly message: Message; readonly toNobody: boolean }
  /** An identifier, and then the right code for it. */
  | { readonly event: 'enter'; readonly by: Name; readonly identifier: string }
  | { readonly event: 'restart' }
  | { readonly event: 'pass'; readonly seconds: number }
  | { readonly event: 'leave'; readonly person: PersonName };

class Story {
  private readonly guard: GuardModel;
  private readonly models: Record<Name, ConversationModel>;
  private readonly senderIds = new Map<Name, string>();
  private offset = 0;

  constructor(policy: Policy) {
    this.guard = new GuardModel(policy);
    this.models = { anna: new ConversationModel(this.guard, 'anna'), stranger: new ConversationModel(this.guard, 'stranger') };
  }

  async play(event: Event): Promise<void> {
    if (event.event === 'enter') {
      const message = (means: Message): Event => ({ event: 'message', by: event.by, message: means, toNobody: false });
      await this.play(message({ means: 'identifier', identifier: event.identifier }));
      return this.play(message({ means: 'code', isRight: true }));
    }
    await this.untilQuiet();
    this.guard.now = Date.now() + this.offset;
    switch (event.event) {
      case 'message': await this.write(event); break;
      case 'restart': await restart(); break;
      case 'pass': await this.pass(event.seconds); break;
      case 'leave':
        this.guard.leave(event.person);
        await world.leave(event.person === 'Anna' ? '144133' : '144136');
    }
    await this.expectReplies();
  }

  /** Lets time pass until whatever is still being done is done: nobody may have read more than was predicted. */
  async end(): Promise<void> {
    await this.pass(1);
    await this.expectReplies();
    expect(world.channel.sent.all).toHaveLength(this.expected());
  }

  private async write({ by, message, toNobody }: Extract<Event, { event: 'message' }>): Promise<void> {
    const words = await this.wordsOf(by, message);
    if (toNobody) await world.stopWorker();
    const stored = await world.store(people[by], words);
    this.senderIds.set(by, stored.senderId);
    await world.deliver(stored);
    if (toNobody) await world.startWorker({ forgetful: true });
    this.models[by].take({ message: words === hello ? { means: 'question' } : message, words });
  }

  private async wordsOf(by: Name, message: Message): Promise<string> {
    switch (message.means) {
      case 'identifier': return `my id is ${message.identifier}`;
      case 'question': return hello;
      case 'notMe': return 'not me';
      case 'code': {
        const challenge = await this.lastChallenge(by);
        if (challenge === undefined) return hello;
        return message.isRight ? codeOf(challenge) : wrongCodeFor(challenge);
      }
      default: return message.means;
    }
  }

  private async lastChallenge(by: Name) {
    const { rows: [row] } = await world.pool.query<{ id: string }>(
      'SELECT id FROM challenges WHERE sender_id = $1 ORDER BY issued_at DESC LIMIT 1', [this.senderIds.get(by)]);
    return row && findChallenge(world.pool, row.id);
  }

  private async pass(seconds: number): Promise<void> {
    const until = this.guard.now + seconds * 1_000;
    for (;;) {
      const first = Object.values(this.models).sort((a, b) => a.next() - b.next())[0]!;
      if (first.next() > until) break;
      this.guard.now = first.next();
      first.due();
    }
    this.guard.now = until;
    await world.env.sleep(seconds * 1_000);
    await moveRows(world.pool, seconds);
    this.offset += seconds * 1_000;
  }

  private expected(): number {
    return Object.values(this.models).reduce((sum, { replies }) => sum + replies.length, 0);
  }

  private async expectReplies(): Promise<void> {
    await soon(world.channel.sent.count(this.expected()));
    for (const [name, { replies }] of Object.entries(this.models)) {
      const read = world.channel.sent.all.filter(({ to }) => to === people[name as Name].phone).map(({ text }) => text);
      expect(read.map((text, n) => accepted(replies[n]).includes(text) ? replies[n] : text)).toEqual(replies);
    }
    for (const [name, { stage }] of Object.entries(this.models)) if (stage === 'none') await this.untilOver(name as Name);
  }

  /**
   * A task that a worker drops, because it goes or because what comes at the same moment makes it forget, costs ten
   * seconds, after which the server gives it to another: too many for a story. Workers that die in the midst of what
   * they do are killed in test/journeys/killing.test.ts.
   */
  private async untilQuiet(): Promise<void> {
    for (const senderId of this.senderIds.values()) while (!await isQuiet(`wa-${senderId}`));
  }

  /** The server that skips time refuses a message that meets the end of its conversation. */
  private async untilOver(name: Name): Promise<void> {
    const senderId = this.senderIds.get(name);
    if (senderId === undefined) return;
    const handle = world.env.client.workflow.getHandle(`wa-${senderId}`);
    while ((await handle.describe()).status.name === 'RUNNING');
  }
}

const hello = 'where is my order?';

/** Whether no worker has, or is about to get, anything to do for a conversation. */
async function isQuiet(workflowId: string): Promise<boolean> {
  const { connection: { workflowService }, namespace = 'default' } = world.env;
  const execution = { workflowId };
  const { pendingActivities } = await workflowService.describeWorkflowExecution({ namespace, execution });
  const { history } = await workflowService.getWorkflowExecutionHistory({ namespace, execution });
  const events = history?.events ?? [];
  const scheduled = events.filter((event) => event.workflowTaskScheduledEventAttributes).length;
  const ended = events.filter((event) => event.workflowTaskCompletedEventAttributes
    ?? event.workflowTaskFailedEventAttributes ?? event.workflowTaskTimedOutEventAttributes).length;
  return scheduled === ended && (pendingActivities ?? []).length === 0;
}

const texts = createTexts({ organisation: 'Acme', language: 'en' });

/**
 * The words of a reply. A wait in seconds may be a little shorter when it is told than when it was predicted, or longer:
 * what it counts from may have happened a little later.
 */
function accepted(reply: Reply | undefined): string[] {
  if (reply === undefined) return [];
  if ('words' in reply) return [reply.words];
  const { key, params, language } = reply;
  const words = (told: object) => texts.render({ key, params: told } as TextRequest, language); // cast: of this key
  if (params.seconds === undefined) return [words(params)];
  return Array.from({ length: 15 }, (_, less) => words({ seconds: Math.max(params.seconds! + 5 - less, 1) }));
}

/** What does not come is told at once, with the story that it does not come in. */
async function soon<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('a reply that was expected did not come')), 30_000);
  });
  return Promise.race([promise, tooLate]).finally(() => clearTimeout(timer));
}

const upTo = (max: number) => fc.integer({ min: 1, max });
const policies = fc.oneof(fc.constant({}), fc.record({
  codeTriesMax: upTo(3), codeSendsMax: upTo(3), senderGuessesPerDayMax: upTo(5), senderIdentitiesPerDayMax: upTo(3),
  senderSendsPerDayMax: upTo(6), strangerGuessesPerDayMax: upTo(4), knownGuessesPerDayMax: upTo(4),
}));

// Mostly the same person as the same employee: so that something comes of it.
const name = fc.constantFrom<Name>('anna', 'anna', 'anna', 'stranger');
const identifier = fc.constantFrom('144133', '144133', '144133', '144133', '144136', '999999');
const means = fc.oneof(
  { weight: 2, arbitrary: fc.record({ means: fc.constant('identifier' as const), identifier }) },
  { weight: 4, arbitrary: fc.record({ means: fc.constant('code' as const), isRight: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ means: fc.constant('question' as const) }) },
  { weight: 3, arbitrary: fc.record({ means: fc.constantFrom('resend' as const, 'cancel' as const, 'logout' as const, 'notMe' as const) }) });

const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: fc.record({
    event: fc.constant('message' as const), by: name, message: means,
    toNobody: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }) }) },
  { weight: 5, arbitrary: fc.record({ event: fc.constant('enter' as const), by: name, identifier }) },
  { weight: 1, arbitrary: fc.record({ event: fc.constant('restart' as const) }) },
  { weight: 2, arbitrary: fc.record({ event: fc.constant('pass' as const), seconds: fc.constantFrom(70, 350, 1_890) }) },
  { weight: 2, arbitrary: fc.record({ event: fc.constant('leave' as const), person: fc.constantFrom<PersonName>('Anna', 'Anna', 'Dirk') }) });

/** How many stories are told: more of them in a long run. */
const runs = Number(process.env.DOORMAN_MODEL_RUNS ?? 10);

test('whatever people write and whenever workers are replaced, they read what the model says, in its order', async () => {
  await fc.assert(fc.asyncProperty(policies, fc.array(events, { minLength: 6, maxLength: 16, size: 'max' }), async (changes, story) => {
    await world.reset(changes);
    const told = new Story({ ...testPolicy, ...changes });
    for (const event of story) await told.play(event);
    await told.end();
    // Not made shorter: each try that waits in vain takes as long as a person's patience.
  }), { numRuns: runs, endOnFailure: true });
}, 60_000 + runs * 10_000);
