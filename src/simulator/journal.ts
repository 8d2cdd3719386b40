// Keeps what happened over a restart: a file with one JSON line for each change, of which the last about a thing
// counts. The demo's codes lie in it in clear, as they do on a phone: only its owner may read it.
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TwilioMessage } from './twilio/message';
import type { TwilioCall } from './twilio/voice/call';

type Entry =
  | { readonly message: TwilioMessage }
  | { readonly removed: string }
  | { readonly call: TwilioCall }
  /** A number that wants no more SMS of ours, or wants them again. */
  | { readonly number: string; readonly hasStopped: boolean }
  | { readonly reset: true };

interface Kept {
  readonly messages: Map<string, TwilioMessage>;
  readonly calls: Map<string, TwilioCall>;
  readonly stopped: Set<string>;
}

export interface Journal {
  /** What stood in the file when it was opened. */
  readonly messages: readonly TwilioMessage[];
  readonly calls: readonly TwilioCall[];
  readonly stopped: readonly string[];
  append(entry: Entry): void;
}

const readableByOwner = { mode: 0o600 };

/** Opens or creates the file. A line that a kill cut off is dropped, and what no longer counts is cleared out. */
export function openJournal(path: string): Journal {
  mkdirSync(dirname(path), { recursive: true });
  const kept = existsSync(path) ? read(path) : nothing();
  const [messages, calls, stopped] = [[...kept.messages.values()], [...kept.calls.values()], [...kept.stopped]];
  const fresh = `${path}.new`;
  const entries: Entry[] = [
    ...messages.map((message) => ({ message })), ...calls.map((call) => ({ call })),
    ...stopped.map((number) => ({ number, hasStopped: true })),
  ];
  writeFileSync(fresh, entries.map(lineOf).join(''), readableByOwner);
  renameSync(fresh, path);
  return { messages, calls, stopped, append: (entry) => appendFileSync(path, lineOf(entry), readableByOwner) };
}

function lineOf(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`;
}

function nothing(): Kept {
  return { messages: new Map(), calls: new Map(), stopped: new Set() };
}

function read(path: string): Kept {
  let kept = nothing();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const entry = parse(line);
    if (entry === undefined) continue;
    if ('message' in entry) kept.messages.set(entry.message.sid, entry.message);
    else if ('removed' in entry) kept.messages.delete(entry.removed);
    else if ('call' in entry) kept.calls.set(entry.call.sid, entry.call);
    else if ('reset' in entry) kept = nothing();
    else if (entry.hasStopped) kept.stopped.add(entry.number);
    else kept.stopped.delete(entry.number);
  }
  return kept;
}

function parse(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry; // cast: nobody else writes this file
  } catch {
    return undefined;
  }
}
