// Keeps messages over a restart: a file with one JSON line for each change, of which the last about a message counts.
// The demo's codes lie in it in clear, as they do on a phone: only its owner may read it.
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TwilioMessage } from './twilio/message';

type Entry = { readonly message: TwilioMessage } | { readonly removed: string } | { readonly reset: true };

export interface Journal {
  /** What stood in the file when it was opened. */
  readonly messages: readonly TwilioMessage[];
  append(entry: Entry): void;
}

const readableByOwner = { mode: 0o600 };

/** Opens or creates the file. A line that a kill cut off is dropped, and what no longer counts is cleared out. */
export function openJournal(path: string): Journal {
  mkdirSync(dirname(path), { recursive: true });
  const messages = existsSync(path) ? readMessages(path) : [];
  const fresh = `${path}.new`;
  writeFileSync(fresh, messages.map((message) => lineOf({ message })).join(''), readableByOwner);
  renameSync(fresh, path);
  return { messages, append: (entry) => appendFileSync(path, lineOf(entry), readableByOwner) };
}

function lineOf(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`;
}

function readMessages(path: string): TwilioMessage[] {
  const messages = new Map<string, TwilioMessage>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const entry = parse(line);
    if (entry === undefined) continue;
    if ('message' in entry) messages.set(entry.message.sid, entry.message);
    else if ('removed' in entry) messages.delete(entry.removed);
    else messages.clear();
  }
  return [...messages.values()];
}

function parse(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry; // cast: nobody else writes this file
  } catch {
    return undefined;
  }
}
