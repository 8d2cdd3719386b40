// Runs what concerns one person or one message one after the other, as Twilio does, and out of order where a fault
// switch asks for that.

export interface Lanes {
  /**
   * Runs `task` once all earlier ones of `key` have ended. With `isSwapped` it lets the next one of `key` go first, and
   * runs anyway when none comes soon. The promise is the task's own.
   */
  run<T>(key: string, task: () => Promise<T>, isSwapped?: boolean): Promise<T>;
  /** Runs at once what still lets another go first. */
  release(): void;
}

interface Held {
  readonly go: () => void;
  readonly timer: NodeJS.Timeout;
}

/** Longer than a person takes for the next message, shorter than a test's patience. */
const patienceMs = 2_000;

export function createLanes(): Lanes {
  const last = new Map<string, Promise<unknown>>();
  const held = new Map<string, Held>();

  const append = <T>(key: string, task: () => Promise<T>): Promise<T> => {
    const run = (last.get(key) ?? Promise.resolve()).then(task);
    const ended = run.then(() => undefined, () => undefined);
    last.set(key, ended);
    void ended.then(() => {
      if (last.get(key) === ended) last.delete(key);
    });
    return run;
  };
  const letGo = (key: string) => {
    const waiting = held.get(key);
    if (waiting === undefined) return;
    held.delete(key);
    clearTimeout(waiting.timer);
    waiting.go();
  };
  return {
    run(key, task, isSwapped = false) {
      if (isSwapped && !held.has(key)) {
        return new Promise((resolve) => {
          held.set(key, { go: () => resolve(append(key, task)), timer: setTimeout(() => letGo(key), patienceMs) });
        });
      }
      const run = append(key, task);
      letGo(key);
      return run;
    },
    release: () => [...held.keys()].forEach(letGo),
  };
}
