// Somebody who claims to be somebody and types codes, at the activities, without a workflow between.
import { randomUUID } from 'node:crypto';
import type { Policy } from '../../src/domain/policy';
import { codePurpose, findChallenge } from '../../src/otp/challenges';
import { deriveCode } from '../../src/otp/codes';
import type { IncomingMessage } from '../../src/inbox/inbox';
import type { ActivityWorld } from '../support/activityWorld';
import type { DyingProcess } from '../support/dyingProcess';
import { store, testKeyring, testPolicy } from '../support/world';
import type { Person } from '../support/world';

export interface Outcome {
  readonly reaction: string;
  readonly triesLeft?: number;
  readonly challengeId?: string;
}

export class Visitor {
  /** The last one that was issued to this person. */
  challengeId: string = randomUUID();
  readonly policy: Policy;

  constructor(readonly world: ActivityWorld, readonly person: Person, policy: Partial<Policy> = {}) {
    this.policy = { ...testPolicy, ...policy };
  }

  /** As a new conversation would, long after whatever was sent before. */
  async claims(identifier: string, process?: DyingProcess): Promise<Outcome> {
    await this.world.backdateSends(3_600);
    const challengeId = randomUUID();
    const outcome = await this.inIdentify(identifier, { challengeId, ...process === undefined ? {} : { process } });
    if (outcome.reaction === 'issue') this.challengeId = challengeId;
    return outcome;
  }

  async inIdentify(
    text: string,
    { challengeId = randomUUID(), process, ...message }:
      Partial<IncomingMessage> & { challengeId?: string; process?: DyingProcess } = {},
  ): Promise<Outcome> {
    const { messageId, senderId } = await this.writes(text, message);
    return await this.world.run(({ identify }) =>
      identify({ senderId, messageId, challengeId, asked: true, policy: this.policy }), process) as Outcome;
  }

  /** In the confirm stage; of another challenge than this person's when one is given. */
  async types(
    text: string,
    { challengeId = this.challengeId, process, ...message }:
      Partial<IncomingMessage> & { challengeId?: string; process?: DyingProcess } = {},
  ): Promise<Outcome> {
    const { messageId, senderId } = await this.writes(text, message);
    return this.confirms(messageId, senderId, challengeId, process);
  }

  /** Has a message evaluated that is stored; again when it is told so. */
  async confirms(
    messageId: string, senderId: string, challengeId = this.challengeId, process?: DyingProcess,
  ): Promise<Outcome> {
    return await this.world.run(({ confirm }) =>
      confirm({ senderId, messageId, challengeId, sessionId: randomUUID(), policy: this.policy }), process) as Outcome;
  }

  writes(text: string, message: Partial<IncomingMessage> = {}): Promise<{ messageId: string; senderId: string }> {
    return store(this.world.pool, testKeyring, this.person, text, message);
  }

  /** The code of this person's challenge, real or decoy; or what it would be for another purpose. */
  async code(purpose = codePurpose): Promise<string> {
    const { id, keyId, digits } = (await findChallenge(this.world.pool, this.challengeId))!;
    return deriveCode(testKeyring.code, { challengeId: id, keyId, digits, purpose });
  }

  /** How many tries of this person's code were used. */
  async triesUsed(): Promise<number> {
    const { rows: [row] } = await this.world.pool.query<{ used: number }>(
      'SELECT tries_used AS used FROM challenges WHERE id = $1', [this.challengeId]);
    return row!.used;
  }
}

/** Another code of the same length; `nth` gives different ones. */
export const wrong = (code: string, nth = 1): string =>
  String((BigInt(code) + BigInt(nth)) % 10n ** BigInt(code.length)).padStart(code.length, '0');

/** Somebody whom nobody here knows. */
export const passerBy = (nth: number): Person => ({ phone: `whatsapp:+4477009${String(10_000 + nth)}` });

/** How many sessions there are of whom: everything that somebody got into. */
export async function sessions(world: ActivityWorld): Promise<{ sender: string; requester: string }[]> {
  return (await world.pool.query<{ sender: string; requester: string }>(
    'SELECT n.sender_id AS sender, c.sender_id AS requester FROM sessions n JOIN challenges c ON c.id = n.challenge_id'))
    .rows;
}
