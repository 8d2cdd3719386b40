// Finds the one code that a message offers (R49). Digits are text: nothing is ever read as a number (A30).
import { dropInvisible, foldDigits } from './characters';

export type CodeReading =
  | { readonly found: 'one'; readonly code: string }
  | { readonly found: 'none' }
  | { readonly found: 'several' };

/** Every length that a code can have, whatever the policy. */
export const codeLengths = [6, 7, 8, 9, 10];

// Grammar, which nobody reads, and not texts: what an SMS with a code is called where people type it.
const codeWords = new Set([
  'otp', 'sms', 'code', 'codes', 'passcode', 'pin', 'einmalcode', 'sicherheitscode', 'bestätigungscode',
  'zugangscode', 'einmalpasswort', 'código', 'codigo', 'clave', 'codice', 'kod', 'код', 'κωδικός', 'رمز', 'الرمز',
  'कोड', 'ओटीपी', '验证', '驗證', '認証', '인증번호', '인증번호는',
]);

/** Whether a word, in lower case, says that a number is a code: "otp", "otp483920". */
export function saysCode(word: string): boolean {
  return codeWords.has(word) || /^(?:otp|code)-?\p{Nd}{6,10}$/u.test(word);
}

/** Groups of digits that only spaces and dashes part, as one code is written: "483920", "483 920", "4-8-3-9-2-0". */
interface Run {
  readonly groups: string[];
  /** Part of something larger: a telephone number with its plus sign, a decimal, a date, hexadecimal. */
  joined: boolean;
}

// More of them is a gap between two things and not inside one. U+2212 is the minus sign, which \p{Pd} does not hold.
const insideCode = /^[\p{Zs}\t\p{Pd}\u2212]{1,3}$/u;
// Between two digits: "123456.0", "1e123456", "0x123456", "12:123456", "1/123456".
const insideLarger = /^[^\s\d]$/u;
const plus = new Set(['+', '\uFF0B', '\uFE62']);

/**
 * Reads the code of a message that a person typed. `digits` are the lengths that a code may have.
 * One: exactly one run of such a length, however often it is repeated, is one guess. Otherwise nothing is evaluated.
 */
export function readCode(text: string, digits: readonly number[]): CodeReading {
  const offered = new Set<string>();
  let joined = false;
  for (const run of digitRuns(foldDigits(dropInvisible(text)))) {
    for (const length of new Set(digits)) {
      const codes = splitRun(run.groups, length);
      if (codes.length > 0) joined ||= run.joined;
      for (const code of codes) offered.add(code);
    }
    if (offered.size > 1) return { found: 'several' };
  }
  const [code] = offered;
  return code === undefined || joined ? { found: 'none' } : { found: 'one', code };
}

function digitRuns(text: string): Run[] {
  const runs: Run[] = [];
  let run: Run | undefined;
  let end = 0;
  for (const match of text.matchAll(/[0-9]+/g)) {
    // No gap that matters is longer.
    const gap = match.index - end > 3 ? '' : text.slice(end, match.index);
    end = match.index + match[0].length;
    if (run !== undefined && insideCode.test(gap)) {
      run.groups.push(match[0]);
      continue;
    }
    const touches = run !== undefined && insideLarger.test(gap);
    if (run !== undefined && touches) run.joined = true;
    run = { groups: [match[0]], joined: touches || plus.has(text[match.index - 1] ?? '') };
    runs.push(run);
  }
  return runs;
}

/** The codes of `length` digits that make up the whole run; empty when a group sticks out: "12 483920" is no code. */
function splitRun(groups: readonly string[], length: number): string[] {
  const codes: string[] = [];
  let code = '';
  for (const group of groups) {
    code += group;
    if (code.length > length) return [];
    if (code.length < length) continue;
    codes.push(code);
    code = '';
  }
  return code === '' ? codes : [];
}
