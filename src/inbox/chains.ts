// Runs work of one sender in the order in which it was asked for; different senders do not wait for each other.

export interface Chains {
  /** Runs `work` after all earlier work of this sender. Never rejects: what `work` throws goes to `onFault`. */
  run(senderId: string, work: () => Promise<void>): Promise<void>;
  /** Resolves when nothing runs or waits. */
  drain(): Promise<void>;
}

export function createChains(onFault: (error: unknown) => void): Chains {
  const ends = new Map<string, Promise<void>>();
  return {
    run(senderId, work) {
      const former = ends.get(senderId) ?? Promise.resolve();
      const end = former.then(work).catch(onFault).finally(() => {
        if (ends.get(senderId) === end) ends.delete(senderId);
      });
      ends.set(senderId, end);
      return end;
    },
    async drain() {
      while (ends.size > 0) await Promise.all(ends.values());
    },
  };
}
