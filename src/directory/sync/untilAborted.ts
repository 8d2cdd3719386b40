/** What `source` delivers, until `signal` is aborted: it throws then, also while the next one is on its way. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void> {
  const iterator = source[Symbol.asyncIterator]();
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_resolve, reject) => { stop = () => reject(signal.reason as Error); });
  stopped.catch(() => undefined); // whoever waits for the next one hears of it
  signal.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await Promise.race([iterator.next(), stopped]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    const closed = iterator.return?.();
    // A source that does not answer would be waited for: it lets go of what it holds when it does, or gives up.
    if (signal.aborted) closed?.catch(() => undefined);
    else await closed;
  }
}
