// Keeps one process running: starts it, starts it again when it ends by itself, stops it when asked.
import { pause } from '../processes';
import type { Progress } from '../progress';

/** A process that is ready. */
export interface Running {
  readonly pid: number;
  readonly gone: Promise<string>;
  stop(): Promise<void>;
}

export interface Supervised {
  readonly name: string;
  /** Of the process that runs now. */
  pid(): number | undefined;
  /** Ends it and starts no other. */
  stop(): Promise<void>;
}

const firstPauseMs = 500;
const longestPauseMs = 15_000;
/** Whoever ran that long is in order: the next end is a new trouble. */
const healthyMs = 60_000;

/**
 * Starts it with `launch`; rejects as `launch` does when the very first start fails. Later failures are told through
 * `progress` and tried again, with pauses that double up to 15 s. `onChange` hears when its process is another one.
 */
export async function supervise(
  name: string, launch: () => Promise<Running>, progress: Progress, onChange: () => void = () => undefined,
): Promise<Supervised> {
  let running: Running | undefined = await launch();
  let stopping = false;
  let wake: () => void = () => undefined;
  const stopAsked = new Promise<void>((resolve) => { wake = resolve; });

  async function keep(): Promise<void> {
    let pauseMs = firstPauseMs;
    while (running !== undefined) {
      const since = Date.now();
      const how = await running.gone;
      running = undefined;
      if (stopping) return;
      if (Date.now() - since > healthyMs) pauseMs = firstPauseMs;
      progress(`${name} ended (${how}): starting it again`);
      while (!stopping && running === undefined) {
        await Promise.race([pause(pauseMs), stopAsked]);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        if (!stopping) running = await launch().catch((error: Error) => { progress(error.message); return undefined; });
      }
      if (stopping) await running?.stop();
      // Noted before it is said: whoever hears of it may look.
      onChange();
      if (!stopping) progress(`${name} runs again`);
    }
  }
  const kept = keep();

  return {
    name,
    pid: () => running?.pid,
    async stop() {
      stopping = true;
      wake();
      await running?.stop();
      await kept;
    },
  };
}
