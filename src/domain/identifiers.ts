// The one place where identity is spelled (R50): look-up, counting and audit all use what comes from here (A38).
// An identifier is data: it is compared and hashed, never used as a property name, a pattern or a part of SQL.
import { dropInvisible, foldDigits, foldWords, trimEdges } from './characters';

// RFC 5321, §4.5.3.1, in characters; and room for what normalisation removes: longer input is not looked at.
const emailLengthMax = 254;
const localLengthMax = 64;
const rawLengthMax = 1_024;

const employeeId = /^[A-Z0-9-]{3,32}$/;
const localAtom = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+$/;
const domainLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The canonical form of an employee ID (upper case) or work e-mail address (lower case); undefined for anything else.
 * Kelvin sign, long s and full-width letters become the letter that they are compatible with; dotless i, Cyrillic А
 * and other look-alikes stay what they are and are refused: only ASCII is folded.
 */
export function canonicalIdentifier(raw: string): string | undefined {
  if (raw.length > rawLengthMax) return undefined;
  const text = foldDigits(dropInvisible(dropInvisible(raw).normalize('NFKC'))).trim();
  return text.includes('@') ? canonicalEmail(text) : canonicalId(text);
}

/** Whether a canonical identifier is an e-mail address. */
export function isEmailIdentifier(identifier: string): boolean {
  return identifier.includes('@');
}

function canonicalId(text: string): string | undefined {
  // Telephones turn a hyphen into a short dash; no ID is told from another by that. A long dash parts words.
  const id = text.replace(/[\u2010-\u2013\u2212]/g, '-').replace(/[a-z]/g, (letter) => letter.toUpperCase());
  return employeeId.test(id) ? id : undefined;
}

/** Only dot-atoms of ASCII: no quoting, comments, groups, literals or lists, which mail software reads differently. */
function canonicalEmail(text: string): string | undefined {
  const address = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const [local = '', domain = '', ...more] = address.split('@');
  if (address.length > emailLengthMax || local.length > localLengthMax || more.length > 0) return undefined;
  if (!local.split('.').every((atom) => localAtom.test(atom))) return undefined;
  const labels = domain.split('.');
  const named = labels.length >= 2 && labels.every((label) => domainLabel.test(label));
  return named && /[a-z]/.test(labels.at(-1)!) ? address : undefined;
}

export type IdentifierReading =
  | { readonly found: 'one'; readonly identifier: string }
  | { readonly found: 'none' }
  | { readonly found: 'several' };

export interface IdentifierOptions {
  /** Whether the person was asked for it just before. */
  readonly asked: boolean;
  /** Words after which an identifier stands, in the languages in question: "id", "employee", "personnel number". */
  readonly cues: readonly string[];
}

/**
 * Finds the employee ID or e-mail address in a message.
 * Unasked, it must be the whole message or stand right after a cue, so that "purchase order 4500000001" is none.
 * Asked, an address anywhere, or else the one word that can be an ID, counts as well.
 * An ID in free text holds a digit, or "my id is lost" would claim to be somebody called LOST.
 */
export function findIdentifier(text: string, { asked, cues }: IdentifierOptions): IdentifierReading {
  const words = wordsOf(text);
  const whole = words.length === 1 ? words[0]!.candidate : undefined;
  const cued = distinct(whole === undefined ? cuedCandidates(words, cues) : [whole]);
  if (cued.found !== 'none' || !asked) return cued;
  const candidates = words.flatMap(({ candidate }) => candidate ?? []);
  const addresses = distinct(candidates.filter(isEmailIdentifier));
  return addresses.found === 'none' ? distinct(candidates) : addresses;
}

/** A word as it was typed, without the marks around it. */
interface Word {
  readonly core: string;
  /** The identifier that the word can be. */
  readonly candidate: string | undefined;
  /** A sentence ends with it, so that it says nothing about the next word: "I lost my id. 144133 units are missing". */
  readonly ends: boolean;
  /** More than a space parts it from the next word: a comma, a colon, a new line. */
  readonly parted: boolean;
}

// What parts words: spaces and whatever can stand in neither an ID nor a usual address, at full width too.
const betweenWords = /([\s,;:=()<>[\]{}"“”„«»|/\\#—―、，；：＝（）＃]+)/u;
// Scripts that write words without spaces: a number beside them is a word of its own.
const scripts = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Thai', 'Lao', 'Khmer', 'Myanmar'];
const unspacedRun = new RegExp(`[${scripts.map((script) => `\\p{sc=${script}}`).join('')}]+`, 'gu');
const canBeIdentifier = /[\p{Nd}@＠﹫]/u;
const endsSentence = /[.!?。！？।۔]$/u;

function wordsOf(text: string): Word[] {
  // Words at even places, what parts them at odd ones.
  const parts = dropInvisible(text).replace(unspacedRun, ' $& ').split(betweenWords);
  return parts.flatMap((raw, at) => {
    const core = at % 2 === 1 || raw.length > rawLengthMax ? '' : trimEdges(raw, '+＋');
    if (core === '') return [];
    const parted = /[^ ]/.test(parts[at + 1] ?? '');
    return [{ core, candidate: candidateOf(core), ends: endsSentence.test(raw), parted }];
  });
}

function candidateOf(word: string): string | undefined {
  // Normalising is dear and most words are no candidates.
  if (!canBeIdentifier.test(word)) return undefined;
  const identifier = canonicalIdentifier(word);
  if (identifier === undefined || isEmailIdentifier(identifier)) return identifier;
  return /[0-9]/.test(identifier) ? identifier : undefined;
}

// These lists are grammar, which nobody reads, and not texts. What they miss costs a question, what they admit wrongly
// costs a try: they are short.
// A full stop after one of these ends no sentence: "employee no. 144133".
const isAbbreviation = (word: string) => /^(?:no|num|núm|n)$|nr$/.test(word);
// May stand between a cue and its identifier: "my id is 144133", "Personalnummer lautet: 144133".
const connectives = new Set([
  'no', 'nr', 'num', 'núm', 'n', 'number', 'nummer', 'numéro', 'numero', 'número', 'id', 'is', 'was', 'ist', 'lautet',
  'est', 'es', 'é', 'è', 'है', 'هو', 'the', 'die', 'le', 'la', 'el',
]);
const connectivesMax = 3;
// Orders, meetings and errors have ids too. Said of these alone, it is one's own only after such a word, or after none.
const bareCues = new Set(['id', 'identifier', 'identifiant', 'identificador']);
const ownWords = new Set([
  'my', 'employee', 'staff', 'work', 'company', 'personal', 'mein', 'meine', 'mon', 'mi', 'the', 'and', 'und', 'et',
  'y', 'hi', 'hello', 'hey', 'hallo', 'hola', 'bonjour', 'salut', 'with', 'mit', 'avec', 'con',
]);

/** As cues are compared: without case, and without the article of "l'identifiant". */
function foldCueWord(word: string): string {
  if (/^[a-z0-9]+$/.test(word)) return word;
  return trimEdges(foldWords(word)).replace(/^(?:[cdjlmnst]|qu)'/, '');
}

/** Cues as lists of words, by their last word. */
function cuesByLastWord(cues: readonly string[]): Map<string, string[][]> {
  const byLast = new Map<string, string[][]>();
  for (const cue of cues) {
    const phrase = cue.split(/\s+/).map(foldCueWord).filter((word) => word !== '');
    const last = phrase.at(-1);
    if (last !== undefined) byLast.set(last, [...byLast.get(last) ?? [], phrase]);
  }
  return byLast;
}

function cuedCandidates(words: readonly Word[], cues: readonly string[]): string[] {
  const byLast = cuesByLastWord(cues);
  // Folded only where it is needed, a few words before each candidate: it is dear.
  const folded = new Map<number, string>();
  const wordAt = (at: number): string => {
    const word = folded.get(at) ?? foldCueWord(words[at]!.core);
    folded.set(at, word);
    return word;
  };
  const isCue = (phrase: readonly string[], last: number): boolean => {
    const first = last - phrase.length + 1;
    if (first < 0 || !phrase.every((word, i) => wordAt(first + i) === word)) return false;
    const before = words[first - 1];
    if (phrase.length > 1 || !bareCues.has(phrase[0]!) || before === undefined) return true;
    return before.ends || before.parted || ownWords.has(wordAt(first - 1));
  };
  /** Whether a cue ends right before word `at`, perhaps with some connectives in between. */
  const isAnnounced = (at: number): boolean => {
    for (let last = at - 1; last >= 0 && last >= at - 1 - connectivesMax; last -= 1) {
      const word = wordAt(last);
      if (words[last]!.ends && !isAbbreviation(word)) return false;
      if (byLast.get(word)?.some((phrase) => isCue(phrase, last))) return true;
      if (!connectives.has(word)) return false;
    }
    return false;
  };
  return words.flatMap(({ candidate }, at) => (candidate !== undefined && isAnnounced(at) ? [candidate] : []));
}

function distinct(identifiers: readonly string[]): IdentifierReading {
  const [identifier, ...more] = new Set(identifiers);
  if (identifier === undefined) return { found: 'none' };
  return more.length === 0 ? { found: 'one', identifier } : { found: 'several' };
}
