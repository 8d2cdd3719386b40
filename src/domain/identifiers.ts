// The one place where identity is spelled (R50): look-up, counting and audit all use what comes from here (A38).
// An identifier is data: it is compared and hashed, never used as a property name, a pattern or a part of SQL.
import { dropInvisible, foldDigits, foldWords, trimEdges } from './characters';
import { codeLengths, readCode, saysCode } from './codeText';

// RFC 5321, §4.5.3.1, in characters; and room for what normalisation removes: longer input is not looked at.
const emailLengthMax = 254;
const localLengthMax = 64;
const rawLengthMax = 1_024;

// RFC 9562, section 4, as Postgres and Node write it.
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
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

/** Whether it has the form of our own random ids, which are in lower case. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
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
  | { readonly found: 'several' }
  /** What could be an identifier is said to be a code: "483920 is my otp", too late. */
  | { readonly found: 'code'; readonly code: string };

export interface IdentifierOptions {
  /** Whether the person was asked for it just before. */
  readonly asked: boolean;
  /** Words after which an identifier stands, in the languages in question: "id", "employee", "personnel number". */
  readonly cues: readonly string[];
}

/**
 * Finds the employee ID or e-mail address in a message.
 * Unasked, it must be the whole message or stand right after a cue, so that "purchase order 4500000001" is none.
 * Asked, an address anywhere counts as well, and in a message that is an answer the one word that can be an ID.
 * An ID in free text holds a digit, or "my id is lost" would claim to be somebody called LOST.
 */
export function findIdentifier(text: string, { asked, cues }: IdentifierOptions): IdentifierReading {
  const words = wordsOf(text);
  const cued = distinct(cuedCandidates(words, cues));
  if (cued.found !== 'none' || (!asked && words.length !== 1)) return cued;
  const candidates = words.flatMap(({ candidate }) => candidate ?? []);
  const addresses = distinct(candidates.filter(isEmailIdentifier));
  if (addresses.found !== 'none' || candidates.length === 0 || !isAnswer(text, words)) return addresses;
  return readLateCode(text, words, cues) ?? distinct(candidates);
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

// They say nothing, so they do not count: "my name is Anna Schmidt, 144133", "我的工号是144133".
const smallWords = new Set([
  ...connectives, ...ownWords, '我', '我的', '的', '是', '私', 'の', 'は', 'です', '제', '입니다',
]);
// What a number beside them belongs to, and what asks without a question mark: "order 4500000001", "wo ist 4500000001".
const otherThings = new Set([
  'order', 'orders', 'po', 'purchase', 'invoice', 'ticket', 'delivery', 'shipment', 'item', 'article', 'material',
  'product', 'contract', 'customer', 'vendor', 'supplier', 'error', 'meeting', 'room', 'status', 'units', 'check',
  'show', 'track', 'what', "what's", 'whats', 'where', "where's", 'wheres', 'when', 'why', 'how', 'which', 'who',
  'bestellung', 'bestellnummer', 'auftrag', 'auftragsnummer', 'rechnung', 'rechnungsnummer', 'lieferung', 'artikel',
  'produkt', 'vertrag', 'kunde', 'lieferant', 'fehler', 'stück',
  'wo', 'wann', 'warum', 'wie', 'wieso', 'wer', 'welche', 'welcher', 'welches',
  'commande', 'facture', 'livraison', 'produit', 'contrat', 'client', 'fournisseur', 'erreur', 'statut', 'est-ce',
  'où', 'quand', 'pourquoi', 'comment', 'combien', 'quel', 'quelle',
  'pedido', 'orden', 'factura', 'entrega', 'artículo', 'producto', 'contrato', 'cliente', 'proveedor', 'estado',
  'qué', 'dónde', 'donde', 'cuándo', 'cuando', 'cómo', 'cuál', 'cual', 'cuánto', 'cuanto',
  '订单', '訂單', '发票', '發票', '什么', '什麼', '吗', '嗎', '哪', '怎么', '怎麼',
  '注文', '発注', '請求', 'か', 'いつ', 'どこ', '주문', '언제', '어디',
]);
// What answers does not begin with one: "is 4500000001 approved", "can you look at 4500000001".
const asksFirst = new Set([
  'is', 'are', 'has', 'have', 'did', 'does', 'can', 'could', 'was', 'ist', 'sind', 'hat', 'wurde', 'kann', 'können',
]);
// More words than these are about something else, in whatever language: "dov'è il mio ordine 4500000001".
const answerWordsMax = 3;
// Those of all scripts, in order of their numbers; Greek also writes the semicolon.
const questionMark = new RegExp(`[${[
  '?¿', '\u037E', '\u055E', '\u061F', '\u1367', '\u1945', '\u2047-\u2049', '\u203D', '\u2753\u2754',
  '\u2CFA\u2CFB', '\u2E18', '\u2E2E', '\uA60F', '\uA6F7', '\uFE16', '\uFE56', '\uFF1F', '\u{11143}',
  '\u{1E95F}',
].join('')}]`, 'u');
const asks = (text: string) => questionMark.test(text) || (text.includes(';') && /\p{sc=Greek}/u.test(text));

/** Whether what is said beside a number leaves it the answer to a question: little, no question, no other number. */
function isAnswer(text: string, words: readonly Word[]): boolean {
  if (text.length > rawLengthMax || asks(text)) return false;
  const beside = words.flatMap(({ core, candidate }) => (candidate === undefined ? wordsWithin(core) : []));
  if (beside.some((word) => /\p{Nd}/u.test(word) || otherThings.has(word))) return false;
  const telling = beside.filter((word) => !smallWords.has(word));
  if (telling.length > 0 && asksFirst.has(foldCueWord(words[0]!.core))) return false;
  return telling.length <= answerWordsMax;
}

/** The code that a message says it is, unless it is a code for employees: "employee code 144133". */
function readLateCode(text: string, words: readonly Word[], cues: readonly string[]): IdentifierReading | undefined {
  const said = words.flatMap(({ core }) => wordsWithin(core));
  const own = new Set(cues.map(foldCueWord));
  if (!said.some(saysCode) || said.some((word) => own.has(word))) return undefined;
  const reading = readCode(text, codeLengths);
  return reading.found === 'one' ? { found: 'code', code: reading.code } : { found: 'none' };
}

/** As cues are compared: without case, and without the article of "l'identifiant". */
function foldCueWord(word: string): string {
  if (/^[a-z0-9]+$/.test(word)) return word;
  return trimEdges(foldWords(word)).replace(/^(?:[cdjlmnst]|qu)'/, '');
}

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** The words of what stands between spaces, as they are compared: one, but in scripts that write none. */
function wordsWithin(core: string): string[] {
  const folded = foldCueWord(core);
  if (folded.search(unspacedRun) < 0) return [folded];
  return Array.from(segmenter.segment(folded), ({ segment }) => segment);
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
