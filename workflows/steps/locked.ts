// locked: waits for the end of the lock; one notice a window, whatever is written.
import { decide } from '../io';
import { minutes } from './identify';
import type { Order, Step } from './step';

export const lockedStep: Step = {
  async onMessage(c, messageId) {
    const { reaction } = await decide.turnAway({ messageId, senderId: c.state.senderId });
    if (reaction !== 'notice' || c.state.noticeGiven) return;
    c.state.noticeGiven = true;
    await c.answer(messageId, { key: 'lockedNotice', params: { minutes: minutes(c.state.deadline - Date.now()) } });
  },

  async onDeadline(c) {
    c.end(c.state.outcome);
  },

  async onOrder(c, { kind, operator }: Order) {
    if (kind !== 'unlock') return undefined;
    await decide.unlock({ senderId: c.state.senderId, operator });
    c.end('unlocked');
    return 'unlocked';
  },
};
