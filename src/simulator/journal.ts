// Keeps what happened over a restart: a file with one JSON line for each change, of which the last about a thing
// counts. The demo's codes lie in it in clear, as they do on a phone: only its owner may read it.
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { HrPerson } from './hr/person';
import { mailsMax } from './mail/mail';
import type { ReceivedMail } from './mail/mail';
import type { TwilioMessage } from './twilio/message';
import type { TwilioCall } from './twilio/voice/call';

type Entry =
  | { readonly message: TwilioMessage }
  | { readonly mail: ReceivedMail }
  | { readonly removed: string }
  | { readonly call: TwilioCall }
  | { readonly person: HrPerson }
  /** A number that wants no more SMS of ours, or wants them again. */
  | { readonly number: string; readonly hasStopped: boolean }
  | { readonly reset: true };

interface Kept {
  readonly messages: readonly TwilioMessage[];
  readonly mails: readonly ReceivedMail[];
  readonly calls: readonly TwilioCall[];
  readonly stopped: readonly string[];
  /** Of HR's people, those whom something was done about. */
  readonly staff: readonly HrPerson[];
}

/** With what stood in the file when it was opened. */
export interface Journal extends Kept {
  append(entry: Entry): void;
}

const readableByOwner = { mode: 0o600 };

/** Opens or creates the file. A line that a kill cut off is dropped, and what no longer counts is cleared out. */
export function openJournal(path: string): Journal {
  mkdirSync(dirname(path), { recursive: true });
  const kept = read(existsSync(path) ? readFileSync(path, 'utf8') : '');
  const fresh = `${path}.new`;
  const entries: Entry[] = [
    ...kept.messages.map((message) => ({ message })), ...kept.mails.map((mail) => ({ mail })),
    ...kept.calls.map((call) => ({ call })), ...kept.stopped.map((number) => ({ number, hasStopped: true })),
    ...kept.staff.map((person) => ({ person })),
  ];
  writeFileSync(fresh, entries.map(lineOf).join(''), readableByOwner);
  renameSync(fresh, path);
  return { ...kept, append: (entry) => appendFileSync(path, lineOf(entry), readableByOwner) };
}

function lineOf(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`;
}

function read(lines: string): Kept {
  const messages = new Map<string, TwilioMessage>();
  const calls = new Map<string, TwilioCall>();
  const stopped = new Set<string>();
  const staff = new Map<string, HrPerson>();
  const mails: ReceivedMail[] = [];
  for (const line of lines.split('\n')) {
    const entry = parse(line);
    if (entry === undefined) continue;
    if ('message' in entry) messages.set(entry.message.sid, entry.message);
    else if ('mail' in entry) mails.push(entry.mail);
    else if ('removed' in entry) messages.delete(entry.removed);
    else if ('call' in entry) calls.set(entry.call.sid, entry.call);
    else if ('person' in entry) staff.set(entry.person.id, entry.person);
    else if ('reset' in entry) {
      for (const kept of [messages, calls, stopped]) kept.clear();
      mails.length = 0;
    } else if (entry.hasStopped) stopped.add(entry.number);
    else stopped.delete(entry.number);
  }
  return {
    messages: [...messages.values()], mails: mails.slice(-mailsMax), calls: [...calls.values()], stopped: [...stopped],
    staff: [...staff.values()],
  };
}

function parse(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry; // cast: nobody else writes this file
  } catch {
    return undefined;
  }
}
