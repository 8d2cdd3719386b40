// What the Temporal UI shows of a conversation in clear: fixed words, and a table of stages, counts and times.
// A text that does not have this form as a whole is sealed like any other.
import { stages } from './verification';
import type { Stage } from './verification';

export const summaries = {
  conversation: 'Employee verification',
  reply: 'reply',
  notice: 'notice',
  assistantReply: 'assistant reply',
  assistantTurn: 'assistant turn',
  code: 'code',
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
const table = new RegExp(`^${heading.replaceAll('|', bar)}${
  rowNames.map((name) => `\n${bar} ${name} ${bar} ${rows[name]} ${bar}`).join('')}$`);
const fixed: ReadonlySet<string> = new Set([...Object.values(summaries), ...stages.map(deadlineSummary)]);

/** The table of a conversation's state, in Markdown. */
export function stateTable(state: Readonly<Record<keyof typeof rows, string | number>>): string {
  return [heading, ...rowNames.map((name) => `| ${name} | ${state[name]} |`)].join('\n');
}

/** Whether a text is one of those that may be read without a key. */
export function isShown(text: unknown): boolean {
  return typeof text === 'string' && (fixed.has(text) || table.test(text));
}
