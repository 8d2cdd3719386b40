// One exchange with an assistant: bounded in size and time, within the configured address, and read as data. Its faults
// repeat nothing that went in or came out.
import { setTimeout as delay } from 'node:timers/promises';
import { Fault, retryAfterMs } from '../domain/faults';
import type { FaultKind } from '../domain/faults';
import { codeOf, isJson, parsed } from '../outbound/answer';
import { privateAddressCode } from '../outbound/egress';
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
      throw timeout.aborted ? unavailable('timeout') : faultOfNetwork(error);
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
    if (error instanceof Fault && wasNotTaken(error)) await memory.takeBack();
    throw error;
  }
}

/** Throws the fault that any status but these is. */
export function expectStatus(response: Response, ...expected: readonly number[]): void {
  if (!expected.includes(response.status)) throw faultOfStatus(response);
}

async function readJson(response: Response): Promise<unknown> {
  expectStatus(response, 200);
  if (!isJson(response.headers)) throw refused('content type');
  return parsed(await readBounded(response));
}

/** The whole body. Counted as unpacked, so that a packed answer cannot be more. */
export async function readBounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of boundedChunks(response)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The chunks of a body, until they are too much. Leaving the loop cancels the rest. */
export async function* boundedChunks({ headers, body }: Response): AsyncGenerator<Uint8Array> {
  if (Number(headers.get('content-length')) > answerBytesMax) throw refused('too large');
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > answerBytesMax) throw refused('too large');
    yield chunk;
  }
}

function faultOfStatus({ status, headers }: Response): Fault {
  const waitMs = retryAfterMs(headers.get('retry-after'), Date.now());
  return new Fault(kindOfStatus(status), 'assistant', `http ${status}`, waitMs);
}

function kindOfStatus(status: number): FaultKind {
  if (status === 429) return 'throttled';
  if (status >= 500 || status === 408 || status === 425) return 'unavailable';
  // Moved, not found, or not open to us: whoever configured the address must look.
  if (isRedirect(status) || [401, 403, 404, 405, 410].includes(status)) return 'misconfigured';
  return 'refused';
}

/** Node shows where a redirect leads; the specification's own fetch answers 0. */
const isRedirect = (status: number): boolean => status === 0 || (status >= 300 && status < 400);

export function refused(code: string): Fault {
  return new Fault('refused', 'assistant', code);
}

function unavailable(code: string): Fault {
  return new Fault('unavailable', 'assistant', code);
}

function faultOfNetwork(error: unknown): Fault {
  const code = codeOf(error) ?? 'no answer';
  return new Fault(code === privateAddressCode ? 'misconfigured' : 'unavailable', 'assistant', code);
}

// Of a connection that there never was: nobody, no way, no trust.
const unconnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT',
  privateAddressCode,
]);
const untrusted = /CERT|SELF_SIGNED|UNABLE_TO|^ERR_TLS|^ERR_SSL/;

/** Whether it is certain that the assistant did nothing: it was not reached, or turned the request away at its door. */
function wasNotTaken({ kind, code }: Fault): boolean {
  const wasTurnedAway = (kind === 'throttled' || kind === 'misconfigured') && code.startsWith('http ');
  return wasTurnedAway || unconnected.has(code) || untrusted.test(code);
}

/** The caller gave up: no fault of the assistant's, and recognised by its name. */
function aborted(): Error {
  return Object.assign(new Error('aborted'), { name: 'AbortError' });
}
