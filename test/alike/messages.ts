// What a sender can do before anybody knows who they are, for generated sequences of it.
import fc from 'fast-check';
import type { Pool } from '../../src/db/pool';
import type { MessageKind } from '../../src/domain/messages';
import { codePurpose } from '../../src/otp/challenges';
import { deriveCode } from '../../src/otp/codes';
import { testKeyring } from '../support/world';
import { claimsOfEach } from './claims';
import type { Claimant } from './claims';

/** A message, the same for all senders but for the ID that each claims. */
export type Message =
  | { readonly write: 'claim'; readonly nth: number; readonly how: 'alone' | 'in words' | 'by e-mail' }
  | { readonly write: 'guess'; readonly digits: number; readonly number: number; readonly inWords: boolean }
  | { readonly write: 'words'; readonly text: string }
  | { readonly write: 'other'; readonly kind: MessageKind };

const words = [
  'hello', 'where is my order 4500000001?', 'RESEND', 'CANCEL', 'LOGOUT', 'NOT ME', 'call me', 'by e-mail', '12 34',
  '11111111 22222222', '🙂', '',
];
const kinds: MessageKind[] = ['media', 'location', 'reaction', 'button', 'edited', 'unsupported', 'flood'];

const claim = (nth: number, how: 'alone' | 'in words' | 'by e-mail' = 'in words'): Message => ({ write: 'claim', nth, how });
/** Of the length of a stranger's code, or of a known sender's. */
const guess = (digits = 8, number = 0): Message => ({ write: 'guess', digits, number, inWords: false });
const say = (text: string): Message => ({ write: 'words', text });

/** For paths that are played whatever is generated. */
export const make = { claim, guess, say };

export const anyClaim: fc.Arbitrary<Message> = fc.record({
  write: fc.constant('claim' as const), nth: fc.nat(claimsOfEach - 1),
  how: fc.constantFrom('alone' as const, 'in words' as const, 'by e-mail' as const),
});
export const anyGuess: fc.Arbitrary<Message> = fc.record({
  write: fc.constant('guess' as const), digits: fc.constantFrom(6, 8), number: fc.nat(), inWords: fc.boolean(),
});
export const anyWords: fc.Arbitrary<Message> = fc.constantFrom(...words).map(say);
export const anyOther: fc.Arbitrary<Message> =
  fc.constantFrom(...kinds).map((kind) => ({ write: 'other' as const, kind }));
export const resend: fc.Arbitrary<Message> = fc.constant(say('RESEND'));

/** The text that a claimant writes. `codes` are those that exist: a guess is none of them. */
export function textOf(message: Message, { claims }: Claimant, codes: ReadonlySet<string>): string {
  switch (message.write) {
    case 'claim': return claimText(claims[message.nth]!, message.how);
    case 'guess': {
      const code = wrongCode(message, codes);
      return message.inWords ? `${code} is my otp` : code;
    }
    case 'words': return message.text;
    case 'other': return '';
  }
}

export const kindOf = (message: Message): MessageKind => message.write === 'other' ? message.kind : 'text';

function claimText({ id, address }: Claimant['claims'][number], how: 'alone' | 'in words' | 'by e-mail'): string {
  if (how === 'by e-mail') return address;
  return how === 'alone' ? id : `my id is ${id}`;
}

function wrongCode({ digits, number }: { digits: number; number: number }, codes: ReadonlySet<string>): string {
  const codeOf = (value: number) => String(value % 10 ** digits).padStart(digits, '0');
  let value = number;
  while (codes.has(codeOf(value))) value += 1;
  return codeOf(value);
}

/** Every code of the last two days, sent or not, decoys' too: a wrong guess is wrong for all, and late for none. */
export async function codesOf(pool: Pool): Promise<Set<string>> {
  const { rows } = await pool.query<{ id: string; keyId: string; digits: number }>(
    `SELECT id, key_id AS "keyId", digits FROM challenges WHERE issued_at > clock_timestamp() - interval '2 days'`);
  return new Set(rows.map(({ id, keyId, digits }) =>
    deriveCode(testKeyring.code, { challengeId: id, keyId, digits, purpose: codePurpose })));
}
