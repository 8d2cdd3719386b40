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
  const cued = distinct(whole === undefined ? cuedCandidates(words, cuePhrases(cues)) : [whole]);
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
}

// What parts words: spaces and whatever can stand in neither an ID nor a usual address, at full width too.
const betweenWords = /[\s,;:=()<>[\]{}"“”„«»|/\\#—―、，；：＝（）＃]+/u;
// Scripts that write words without spaces: a number beside them is a word of its own.
const scripts = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Thai', 'Lao', 'Khmer', 'Myanmar'];
const unspacedRun = new RegExp(`[${scripts.map((script) => `\\p{sc=${script}}`).join('')}]+`, 'gu');
const canBeIdentifier = /[\p{Nd}@＠﹫]/u;
const endsSentence = /[.!?。！？।۔]$/u;

function wordsOf(text: string): Word[] {
  return dropInvisible(text).replace(unspacedRun, ' $& ').split(betweenWords).flatMap((raw) => {
    const core = raw.length > rawLengthMax ? '' : trimEdges(raw, '+＋');
    return core === '' ? [] : [{ core, candidate: candidateOf(core), ends: endsSentence.test(raw) }];
  });
}

function candidateOf(word: string): string | undefined {
  // Normalising is dear and most words are no candidates.
  if (!canBeIdentifier.test(word)) return undefined;
  const identifier = canonicalIdentifier(word);
  if (identifier === undefined || isEmailIdentifier(identifier)) return identifier;
  return /[0-9]/.test(identifier) ? identifier : undefined;
}

// May stand between a cue and its identifier: "my id is 144133", "Personalnummer lautet: 144133", "employee no. 7-11".
// These are grammar and not texts that anybody reads. A full stop after an abbreviation ends no sentence.
const abbreviations = new Set(['no', 'nr', 'num', 'núm', 'n']);
const connectives = new Set([
  ...abbreviations, 'is', 'was', 'number', 'id', 'ist', 'lautet', 'nummer', 'est', 'numéro', 'es', 'número', 'numero',
  'é', 'è', 'है', 'هو',
]);
const connectivesMax = 3;
// Enough for the connectives, the longest cue and what stands before it.
const wordsBeforeMax = 10;
// Things that have ids and numbers too: what follows "order id" or "ticket number" is not a person.
const otherThings = new Set([
  'order', 'purchase', 'po', 'invoice', 'ticket', 'case', 'item', 'product', 'article', 'part', 'request', 'customer',
  'vendor', 'supplier', 'document', 'transaction', 'delivery', 'shipment', 'contract', 'project', 'task', 'bestellung',
  'rechnung', 'kunden', 'artikel', 'commande', 'facture', 'pedido', 'factura',
]);

/** Cues as lists of words, longest first, so that "personnel number" is seen before "number". */
function cuePhrases(cues: readonly string[]): string[][] {
  return cues
    .map((cue) => foldWords(cue).split(betweenWords).map((word) => trimEdges(word)).filter((word) => word !== ''))
    .filter((phrase) => phrase.length > 0)
    .sort((a, b) => b.length - a.length);
}

function cuedCandidates(words: readonly Word[], phrases: readonly string[][]): string[] {
  return words.flatMap(({ candidate }, at) => {
    if (candidate === undefined) return [];
    // Folded only here, a few words before each candidate: see candidateOf.
    const first = Math.max(0, at - wordsBeforeMax);
    const before = words.slice(first, at).map(({ core, ends }) => ({ word: foldWords(core), ends }));
    return isAnnounced(before, phrases) ? [candidate] : [];
  });
}

interface FoldedWord {
  readonly word: string;
  readonly ends: boolean;
}

/** Whether these words end with a cue, perhaps some connectives after it, and are about no other thing. */
function isAnnounced(words: readonly FoldedWord[], phrases: readonly string[][]): boolean {
  for (let last = words.length - 1; last >= 0 && last >= words.length - 1 - connectivesMax; last -= 1) {
    const { word, ends } = words[last]!;
    if (ends && !abbreviations.has(word)) return false;
    const cue = phrases.find((phrase) => endsWith(words.slice(0, last + 1), phrase));
    if (cue !== undefined) return !isOtherThing(words.slice(0, last + 1 - cue.length));
    if (!connectives.has(word)) return false;
  }
  return false;
}

function endsWith(words: readonly FoldedWord[], phrase: readonly string[]): boolean {
  const first = words.length - phrase.length;
  return first >= 0 && phrase.every((word, i) => words[first + i]!.word === word);
}

function isOtherThing(before: readonly FoldedWord[]): boolean {
  const last = before.findLast(({ word, ends }) => ends || !connectives.has(word));
  return last !== undefined && !last.ends && otherThings.has(last.word);
}

function distinct(identifiers: readonly string[]): IdentifierReading {
  const [identifier, ...more] = new Set(identifiers);
  if (identifier === undefined) return { found: 'none' };
  return more.length === 0 ? { found: 'one', identifier } : { found: 'several' };
}
