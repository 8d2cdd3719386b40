// The oracle: what must hold of stories that have run to their end, whatever was killed meanwhile (design §4, I1 to I7).
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
    ...unless(same(rows.map(({ id }) => id), story.sids), `I1 the inbox holds ${rows.length} messages, not the ${story.sids.length} that were taken`),
    ...rows.flatMap(({ id, handled, wiped }) => unless(handled && wiped, `I1 ${story.stepOf(id)} was not handled`)),
    ...unless(outbox!.pending === 0, `I1 ${outbox!.pending} replies are still pending`),
  ];
}

/** I2: one effect a message: each reply once and in order, each turn under its own id, one code however often it came. */
function replyWrongs(stack: Stack, story: Story): string[] {
  const replies = story.person.replies();
  const codes = story.person.sms().map(({ text }) => codeIn(text));
  const turns = stack.assistant.turns.filter(({ turn_id: id }) => story.sids.includes(id));
  const said = new Map(turns.map(({ turn_id: id, text }) => [id, text]));
  return [
    ...unless(same(replies, story.expected()), `I2 read ${JSON.stringify(replies)}`),
    ...unless(codes.length >= 1 && codes.length <= 2, `I2 ${codes.length} codes came by SMS`),
    ...unless(new Set(codes).size === 1, 'I4 different codes came by SMS'),
    ...unless(same([...said.keys()].sort(), [story.sids[0]!, story.sids[4]!].sort()), 'I2 other messages than the two questions were relayed'),
    ...unless(same([...said.values()].sort(), [...story.relayed].sort()), 'I2 other words than the two questions were relayed'),
  ];
}

/** I3, I4, I5: as many guesses charged as were typed, one code, one session, opened by the right guess alone. */
async function proofWrongs(stack: Stack, senderId: string): Promise<string[]> {
  const rows = async <T>(sql: string) => (await stack.owner.query(sql, [senderId])).rows as T[]; // cast: each query says what it gives
  const challenges = await rows<{ state: string; tries: number }>(
    'SELECT state, tries_used AS tries FROM challenges WHERE sender_id = $1');
  const guesses = await rows<{ verdict: string }>(
    `SELECT g.verdict FROM guesses g JOIN challenges c ON c.id = g.challenge_id WHERE c.sender_id = $1 ORDER BY g.ordinal`);
  const sessions = await rows<{ reason: string; rights: number }>(
    `SELECT end_reason AS reason, (SELECT count(*)::int FROM guesses g WHERE g.challenge_id = s.challenge_id AND verdict = 'right') AS rights
       FROM sessions s WHERE sender_id = $1`);
  return [
    ...unless(same(guesses.map(({ verdict }) => verdict), ['wrong', 'right']), `I3 guesses: ${JSON.stringify(guesses)}`),
    ...unless(same(challenges, [{ state: 'used', tries: 2 }]), `I3, I4 challenges: ${JSON.stringify(challenges)}`),
    ...unless(same(sessions, [{ reason: 'logout', rights: 1 }]), `I5 sessions: ${JSON.stringify(sessions)}`),
  ];
}

/** I7 and what holds of all stories together. */
export async function wrongsOfAll(stack: Stack): Promise<string[]> {
  const verdict = await verifyAudit(stack.owner);
  const { rows: [counts] } = await stack.owner.query<Record<string, number>>(`SELECT
    (SELECT count(*)::int FROM challenges) AS challenges, (SELECT count(*)::int FROM audit WHERE kind = 'challenge.issued') AS issued,
    (SELECT count(*)::int FROM guesses WHERE verdict IS NOT NULL) AS guesses, (SELECT count(*)::int FROM audit WHERE kind = 'challenge.guessed') AS guessed,
    (SELECT count(*)::int FROM sessions) AS sessions, (SELECT count(*)::int FROM audit WHERE kind = 'session.opened') AS opened,
    (SELECT count(*)::int FROM sessions WHERE ended_at IS NOT NULL) AS over, (SELECT count(*)::int FROM audit WHERE kind = 'session.ended') AS ended`);
  const { challenges, issued, guesses, guessed, sessions, opened, over, ended } = counts!;
  const client = await stack.temporal();
  const { count: broken } = await client.workflow.count(`ExecutionStatus NOT IN ('Running', 'Completed')`);
  return [
    ...unless(verdict.outcome === 'intact', `I7 the audit: ${JSON.stringify(verdict)}`),
    ...unless(challenges === issued && guesses === guessed && sessions === opened && over === ended, `I7 transitions and records: ${JSON.stringify(counts)}`),
    ...unless(broken === 0, `${broken} conversations ended neither by themselves nor run`),
  ];
}

function unless(holds: boolean, wrong: string): string[] {
  return holds ? [] : [wrong];
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The steps that something is killed at: all but the last, which only ends the story. */
export const struckSteps = steps.slice(0, -1);
