// The assistant as long as the door is open: that is asked once more at the moment at which a turn leaves. Before it, a
// service may have been waited for that gives the speaker's token, or a token endpoint of the assistant's own.
import type { Assistant } from '../assistant';

/** The session ended before the turn left: the assistant has not heard of it. */
export class DoorClosed extends Error {
  constructor() {
    super('the session is over');
    this.name = 'DoorClosed';
  }
}

/** `isOpen`: whether the session is open at this moment. Throws DoorClosed when it is not. */
export function whileOpen(assistant: Assistant, isOpen: () => Promise<boolean>): Assistant {
  const pass = async () => {
    if (!await isOpen()) throw new DoorClosed();
  };
  return {
    async answer(turn, signal, memory) {
      await pass();
      return assistant.answer(turn, signal, {
        ...memory,
        async give() {
          await pass();
          return memory.give();
        },
      });
    },
  };
}
