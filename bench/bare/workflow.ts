// The least that an engine can do for this message pattern: queue, loop, the same steps, no rules, no timers.
import { condition, defineSignal, proxyActivities, proxyLocalActivities, setHandler } from '@temporalio/workflow';
import type { BareActivities } from './activities';

export interface BareMessage {
  readonly messageId: string;
}

const messageReceived = defineSignal<[BareMessage]>('messageReceived');
const { reply, sendCode, relay } = proxyActivities<BareActivities>({ startToCloseTimeout: '15s' });
const { lookUp, check } = proxyLocalActivities<BareActivities>({ startToCloseTimeout: '5s' });

/** hello -> reply; ID -> local look-up, code, reply; code -> local check, reply; anything later -> relay, reply. */
export async function bareConversation(): Promise<void> {
  const queue: string[] = [];
  setHandler(messageReceived, ({ messageId }) => { queue.push(messageId); });
  for (let taken = 1; ; taken += 1) {
    await condition(() => queue.length > 0);
    const messageId = queue.shift()!;
    if (taken === 2) await lookUp(messageId);
    if (taken === 3) await check(messageId);
    if (taken > 3) await relay(messageId);
    await Promise.all([reply(messageId), ...(taken === 2 ? [sendCode(messageId)] : [])]);
  }
}
