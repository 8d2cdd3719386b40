// The oracle: what must hold of stories that ran to their end, whatever was killed meanwhile (design §4, I1 to I7).
import { findSender } from '../../../src/inbox/senderLookup';
import { verifyAudit } from '../../../src/audit/verifyAudit';
import type { Stack } from '../stack';
import { codeIn } from './person';
import { steps } from './story';
import type { Story } from './story';

/** What is wrong with a story: one sentence a finding, empty when everything holds. */
export async function wrongsOf(stack: Stack, story: Story): Promise<string[]> {
  const senderId = await findSender(stack.owner, stack.keyring.lookup, story.person.address);
  if (senderId === undefined) return [`${story.employee.id}: there is no sender`];
  const wrongs = [
    ...await inboxWrongs(stack, story, senderId),
    ...replyWrongs(stack, story),
    ...await proofWrongs(stack, senderId),
  ];
  return wrongs.map((wrong) => `${story.employee.id}: ${wrong}`);
}

/** I1: every message that was taken is in the inbox, handled, and its text is gone. */
async function inboxWrongs(stack: Stack, story: Story, senderId: string): Promise<string[]> {
  const { rows } = await stack.owner.query<{ id: string; handled: boolean; wiped: boolean }>(
    `SELECT message_id AS id, handled_at IS NOT NULL AS handled, text_enc IS NULL AS wiped FROM inbox
      WHERE sender_id = $1 ORDER BY arrival`, [senderId]);
  const { rows: [outbox] } = await stack.owner.query<{ pending: number }>(
    `SELECT count(*)::int AS pending FROM outbox WHERE sender_id = $1 AND state = 'pending'`, [senderId]);
  return [
    ...unlessSame('I1 messages in the inbox', rows.map(({ id }) => id), story.sids),
    ...rows.flatMap(({ id, handled, wiped }) => unless(handled && wiped, `I1 ${story.stepOf(id)} was not handled`)),
    ...unless(outbox!.pending === 0, `I1 ${outbox!.pending} replies are still pending`),
  ];
}

/** I2: one effect a message: each reply once and in order, each turn under its own id, one code however often. */
function replyWrongs(stack: Stack, story: Story): string[] {
  const replies = story.person.replies();
  const codes = story.person.sms().map(({ text }) => codeIn(text));
  const turns = stack.assistant.turns.filter(({ turn_id: id }) => story.sids.includes(id));
  const said = new Map(turns.map(({ turn_id: id, text }) => [id, text]));
  return [
    ...unless(same(replies, story.expected()), `I2 read ${JSON.stringify(replies)}`),
    ...unless(codes.length >= 1 && codes.length <= 2, `I2 ${codes.length} codes came by SMS`),
    ...unless(new Set(codes).size === 1, 'I4 different codes came by SMS'),
    ...unless(same([...said].sort(), story.questions().sort()), 'I2 other messages or words were relayed'),
  ];
}

/** I3, I4, I5: as many guesses charged as were typed, one code, one session, opened by the right guess alone. */
async function proofWrongs(stack: Stack, senderId: string): Promise<string[]> {
  // cast: each query says what it gives
  const rows = async <T>(sql: string) => (await stack.owner.query(sql, [senderId])).rows as T[];
  const challenges = await rows<{ state: string; tries: number }>(
    'SELECT state, tries_used AS tries FROM challenges WHERE sender_id = $1');
  const guesses = await rows<{ verdict: string }>(
    `SELECT g.verdict FROM guesses g JOIN challenges c ON c.id = g.challenge_id
      WHERE c.sender_id = $1 ORDER BY g.ordinal`);
  const sessions = await rows<{ reason: string; rights: number }>(
    `SELECT end_reason AS reason,
            (SELECT count(*)::int FROM guesses g WHERE g.challenge_id = s.challenge_id AND verdict = 'right') AS rights
       FROM sessions s WHERE sender_id = $1`);
  return [
    ...unlessSame('I3 guesses', guesses, [{ verdict: 'wrong' }, { verdict: 'right' }]),
    ...unlessSame('I3, I4 challenges', challenges, [{ state: 'used', tries: 2 }]),
    ...unlessSame('I5 sessions', sessions, [{ reason: 'logout', rights: 1 }]),
  ];
}

/** What must have been recorded, by the rows that show it. */
const recorded: Readonly<Record<string, string>> = {
  'challenge.issued': 'challenges',
  'challenge.guessed': 'guesses WHERE verdict IS NOT NULL',
  'session.opened': 'sessions',
  'session.ended': 'sessions WHERE ended_at IS NOT NULL',
};

/** I7 and what holds of all stories together. */
export async function wrongsOfAll(stack: Stack): Promise<string[]> {
  const count = async (from: string) => (await stack.owner.query(`SELECT 1 FROM ${from}`)).rowCount;
  const verdict = await verifyAudit(stack.owner);
  const client = await stack.temporal();
  const { count: broken } = await client.workflow.count(`ExecutionStatus NOT IN ('Running', 'Completed')`);
  const unrecorded = await Promise.all(Object.entries(recorded).map(async ([kind, rows]) =>
    unlessSame(`I7 records of ${kind}`, await count(`audit WHERE kind = '${kind}'`), await count(rows))));
  return [
    ...unless(verdict.outcome === 'intact', `I7 the audit: ${JSON.stringify(verdict)}`),
    ...unrecorded.flat(),
    ...unless(broken === 0, `${broken} conversations ended neither by themselves nor run`),
  ];
}

function unless(holds: boolean, wrong: string): string[] {
  return holds ? [] : [wrong];
}

function unlessSame(what: string, found: unknown, expected: unknown): string[] {
  return unless(same(found, expected), `${what}: ${JSON.stringify(found)}`);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The steps that something is killed at: all but the last, which only ends the story. */
export const struckSteps = steps.slice(0, -1);
