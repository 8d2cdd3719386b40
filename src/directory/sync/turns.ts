/** Runs so many works at a time, the others in their order. Who is told to stop while it waits gives up its turn. */
export function createTurns(atOnce: number) {
  let free = atOnce;
  const waiting: (() => void)[] = [];
  const begin = (signal: AbortSignal) => new Promise<void>((resolve, reject) => {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return resolve();
    }
    waiting.push(resolve);
    signal.addEventListener('abort', () => {
      const place = waiting.indexOf(resolve);
      if (place < 0) return;
      waiting.splice(place, 1);
      reject(signal.reason as Error);
    }, { once: true });
  });
  return async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    await begin(signal);
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
