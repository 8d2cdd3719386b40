// What the Temporal UI shows in clear: fixed words, and tables of stages, counts and times.
// A text that does not have this form as a whole is sealed like any other.
import { namePattern } from './names/names';
import { stages } from './verification';
import type { Stage } from './verification';

export const summaries = {
  conversation: 'Employee verification',
  reply: 'reply',
  notice: 'notice',
  assistantReply: 'assistant reply',
  assistantTurn: 'assistant turn',
  code: 'code',
  directorySync: 'Directory sync',
  directory: 'directory',
  partnerForward: 'events of a partner',
  verification: 'Verification for an application',
} as const;

/** Of a conversation's timer. */
export const deadlineSummary = (stage: Stage): string => `deadline set in stage ${stage}`;

const word = '[A-Za-z]{1,20}';
const count = '\\d{1,5}';
const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';
/** Rows of the table, in their order, with the form of their values. */
const rows = {
  stage: `(?:${stages.join('|')})`, outcome: word, wrongGuesses: count, codeDelivery: word, deadline: time,
  waitingMessages: count, heldMessages: count,
} as const;

const rowNames = Object.keys(rows) as (keyof typeof rows)[]; // cast: keys of a constant
const heading = '| | |\n|---|---|';
const bar = '\\|';

function tableOf(forms: Readonly<Record<string, string>>): RegExp {
  const lines = Object.entries(forms).map(([name, form]) => `\n${bar} ${name} ${bar} ${form} ${bar}`);
  return new RegExp(`^${heading.replaceAll('|', bar)}${lines.join('')}$`);
}

const fixed: ReadonlySet<string> = new Set([...Object.values(summaries), ...stages.map(deadlineSummary)]);

/** The table of a conversation's state, in Markdown. */
export function stateTable(state: Readonly<Record<keyof typeof rows, string | number>>): string {
  return [heading, ...rowNames.map((name) => `| ${name} | ${state[name]} |`)].join('\n');
}

export const syncSteps = ['reading', 'comparing', 'waiting', 'applied', 'refused', 'unchanged', 'abandoned'] as const;
export type SyncStep = (typeof syncSteps)[number];

/** Rows of a reading's table: the configured name of its source, where it is, and how many people it is about. */
const people = '\\d{1,7}';
const syncRows = {
  source: namePattern, step: `(?:${syncSteps.join('|')})`, people, added: people, changed: people,
  returned: people, left: people,
} as const;
const syncRowNames = Object.keys(syncRows) as (keyof typeof syncRows)[]; // cast: keys of a constant

/** The table of a reading of a source, in Markdown. */
export function syncTable(sync: Readonly<Record<keyof typeof syncRows, string | number>>): string {
  return [heading, ...syncRowNames.map((name) => `| ${name} | ${sync[name]} |`)].join('\n');
}

const tables = [tableOf(rows), tableOf(syncRows)];

/** Whether a text is one of those that may be read without a key. */
export function isShown(text: unknown): boolean {
  return typeof text === 'string' && (fixed.has(text) || tables.some((table) => table.test(text)));
}
