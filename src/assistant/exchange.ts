// One exchange with an assistant: bounded in size and time, within the configured address, and read as data. Its faults
// repeat nothing that went in or came out.
import { setTimeout as delay } from 'node:timers/promises';
import { Fault } from '../domain/faults';
import { codeOf, isJson, parsed } from '../outbound/answer';
import { boundedChunks, readBounded } from '../outbound/body';
import { didNothing, faultOfAnswer, faultOfNoAnswer } from '../outbound/httpFaults';
import type { TurnMemory } from './assistant';

// R63.
export const answerBytesMax = 256 * 1024;

export interface Exchange {
  /** Sends a request; its answer is not read yet. A redirect is not followed (A73). */
  send(url: URL, request: RequestInit): Promise<Response>;
  /** The JSON of a 200. */
  json(response: Response): Promise<unknown>;
  /** Reads an answer by `read`; what is left of it when that fails is cancelled, so that its connection is free. */
  read<T>(response: Response, read: () => Promise<T>): Promise<T>;
  /**
   * Gives a turn to an assistant that would do twice what it is given twice. Once it left, and for all that anybody
   * knows was taken, it is not given again: whatever becomes of this try, the next one is refused.
   */
  once<T>(memory: TurnMemory, give: () => Promise<T>): Promise<T>;
  pause(ms: number): Promise<void>;
  /** Whether the time of the turn is over. */
  isOver(): boolean;
  /** Lets go of what is still to come. */
  end(): void;
}

/** Everything rejects with a Fault, or with an AbortError when `signal` ends it. */
export function createExchange(get: typeof fetch, signal: AbortSignal, timeoutMs: number): Exchange {
  const timeout = AbortSignal.timeout(timeoutMs);
  const ending = new AbortController();
  const ended = AbortSignal.any([signal, timeout, ending.signal]);
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Fault) throw error;
      if (signal.aborted) throw aborted();
      throw faultOfNoAnswer('assistant', timeout.aborted ? 'timeout' : codeOf(error) ?? 'no answer');
    }
  };
  const read = <T>(response: Response, reader: () => Promise<T>): Promise<T> => guarded(async () => {
    try {
      return await reader();
    } catch (error) {
      if (!response.bodyUsed) await response.body?.cancel().catch(() => undefined);
      throw error;
    }
  });
  return {
    send: (url, request) => guarded(() => {
      ended.throwIfAborted();
      return get(url, { ...request, redirect: 'manual', signal: ended });
    }),
    json: (response) => read(response, () => readJson(response)),
    read,
    async once(memory, give) {
      if (signal.aborted) throw aborted();
      return giveOnce(memory, give);
    },
    pause: (ms) => guarded(() => delay(ms, undefined, { signal: ended })),
    isOver: () => timeout.aborted,
    end: () => ending.abort(),
  };
}

async function giveOnce<T>(memory: TurnMemory, give: () => Promise<T>): Promise<T> {
  if (!await memory.give()) throw refused('given before');
  try {
    return await give();
  } catch (error) {
    if (error instanceof Fault && didNothing(error)) await memory.takeBack();
    throw error;
  }
}

/** Throws the fault that any status but these is. */
export function expectStatus(response: Response, ...expected: readonly number[]): void {
  if (!expected.includes(response.status)) throw faultOfAnswer('assistant', response);
}

async function readJson(response: Response): Promise<unknown> {
  expectStatus(response, 200);
  if (!isJson(response.headers)) throw refused('content type');
  return parsed(await readBody(response));
}

const bounds = { bytesMax: answerBytesMax, tooLarge: () => refused('too large') };

/** The whole body. */
export const readBody = (response: Response): Promise<Uint8Array> => readBounded(response, bounds);

/** The chunks of a body, until they are too much. */
export const chunksOf = (response: Response): AsyncGenerator<Uint8Array> => boundedChunks(response, bounds);

export function refused(code: string): Fault {
  return new Fault('refused', 'assistant', code);
}

/** The caller gave up: no fault of the assistant's, and recognised by its name. */
function aborted(): Error {
  return Object.assign(new Error('aborted'), { name: 'AbortError' });
}
