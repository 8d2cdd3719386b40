// What Unicode does to typed codes, identifiers and words, undone in one place so that all readers agree (R49, R50).
// Refuses nothing and decides nothing: the readers do.

// Format characters, variation selectors and the other invisible ones, and the keycap of "4️⃣": they carry no meaning
// in a code, an identifier or a command, and hide or reorder what does (A29).
const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u20E3]/gu;

/** The text without characters that cannot be seen: zero-width, bidirectional control, soft hyphen and their like. */
export function dropInvisible(text: string): string {
  return text.replace(invisible, '');
}

const anyDigit = /\p{Nd}/u;
const isAsciiOnly = /^[\0-\x7F]*$/;

// Unicode keeps the ten digits of each script, and the five mathematical sets as fifty, contiguous and in order from
// zero. So a digit's value is its distance from the start of its block. Remembered for each: there are under 800.
const digitValues = new Map<number, string>();

function digitOf(codePoint: number): string | undefined {
  const known = digitValues.get(codePoint);
  if (known !== undefined || !anyDigit.test(String.fromCodePoint(codePoint))) return known;
  let start = codePoint;
  while (anyDigit.test(String.fromCodePoint(start - 1))) start -= 1;
  const digit = String((codePoint - start) % 10);
  digitValues.set(codePoint, digit);
  return digit;
}

/** The text with every decimal digit of any script as 0-9. Superscripts, fractions and numerals are not digits. */
export function foldDigits(text: string): string {
  if (isAsciiOnly.test(text)) return text;
  return text.replace(/\p{Nd}+/gu, (run) => Array.from(run, (digit) => digitOf(digit.codePointAt(0)!)).join(''));
}

/**
 * The form under which words are compared: no invisible characters, compatibility forms folded, no case, one kind of
 * apostrophe, single spaces. For words only: it folds letters that identifiers must keep apart.
 */
export function foldWords(text: string): string {
  const plain = dropInvisible(dropInvisible(text).normalize('NFKC'));
  // Up, then down: ß and SS, and the Turkish dotted and dotless i, meet. U+0307 is what İ leaves behind.
  const caseless = plain.toUpperCase().toLowerCase().replace(/\u0307/gu, '');
  return caseless.replace(/[‘’ʼ´`]/gu, "'").replace(/\s+/gu, ' ').trim();
}

const isPlainWord = /^[A-Za-z0-9]+$/;
const edge = /[\p{P}\p{S}\s]/u;

/** The text without the punctuation, symbols and spaces around it; characters of `keep` stay. Linear. */
export function trimEdges(text: string, keep = ''): string {
  if (isPlainWord.test(text)) return text;
  const characters = [...text];
  const isEdge = (character: string) => edge.test(character) && !keep.includes(character);
  let start = 0;
  let end = characters.length;
  while (start < end && isEdge(characters[start]!)) start += 1;
  while (end > start && isEdge(characters[end - 1]!)) end -= 1;
  return characters.slice(start, end).join('');
}
