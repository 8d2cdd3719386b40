// A conversation that is recorded, and how the usual ones begin.
import type { Reaction, Stage } from '../../src/domain/verification';
import type { Policy } from '../../src/domain/policy';
import type { ConversationWorld } from '../support/conversations';
import { anna, stranger } from '../support/world';

export interface Scenario {
  /** Part of the file's name, for ever. */
  readonly name: string;
  /** What of the stage table it goes through. */
  readonly covers: Partial<Record<Stage, readonly Reaction[]>>;
  readonly policy?: Partial<Policy>;
  /** Whether it is told to continue as new early: one file a run. */
  readonly continuesSoon?: true;
  /** Plays it; the history is taken of the sender that it answers with. */
  play(world: ConversationWorld): Promise<{ senderId: string }>;
}

export async function issue(world: ConversationWorld, person = anna): Promise<{ senderId: string }> {
  const stored = await world.write(person, '144133');
  await world.reply('codeSent', { minutes: 5 });
  return stored;
}

export async function verify(world: ConversationWorld): Promise<{ senderId: string }> {
  await issue(world);
  const stored = await world.write(anna, await world.code());
  await world.reply('verified');
  return stored;
}

export async function exhaust(world: ConversationWorld): Promise<{ senderId: string }> {
  const stored = await issue(world, stranger);
  for (const triesLeft of [4, 3, 2, 1]) {
    await world.write(stranger, '00000000');
    await world.reply('wrongCode', { triesLeft });
  }
  await world.write(stranger, '00000000');
  await world.reply('locked', { minutes: 1 });
  return stored;
}
