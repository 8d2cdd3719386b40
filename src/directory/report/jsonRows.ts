// The rows of a JSON document, one by one: of 100 MB only one row at a time is anything else than bytes.
// What is no JSON is found by JSON.parse: here only the ends of values are looked for, with one look at each byte.

/** A document that cannot be used; the message does not repeat it. */
export class UnreadableJson extends Error {}

export interface JsonRows {
  /** Each row as JSON.parse makes it. Throws UnreadableJson where one is no JSON. */
  rows(): Generator<unknown, void>;
  /** The document without its rows. */
  readonly envelope: unknown;
  /** The bytes of all rows. */
  readonly bytes: Buffer;
}

// A row is a few short values. Whatever is larger would take many times its size as objects.
const partBytesMax = 1_000_000;
const depthMax = 64;

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Finds the array at `path` (keys from the outermost on; none for a document that is the array). */
export function findRows(document: Buffer, path: readonly string[]): JsonRows {
  const bytes = document.subarray(0, 3).equals(utf8Mark) ? document.subarray(3) : document;
  let start = skipSpace(bytes, 0);
  for (const key of path) start = memberAt(bytes, start, key);
  if (bytes[start] !== openBracket) throw new UnreadableJson('holds no list of rows where it is looked for');
  const end = skipValue(bytes, start);
  if (bytes[end - 1] !== closeBracket) throw noJson();
  const around = Buffer.concat([bytes.subarray(0, start), Buffer.from('[]'), bytes.subarray(end)]);
  return {
    envelope: parse(around),
    bytes: bytes.subarray(start, end),
    rows: () => elements(bytes, start, end),
  };
}

const utf8Mark = Buffer.from([0xef, 0xbb, 0xbf]);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function* elements(bytes: Buffer, start: number, end: number): Generator<unknown, void> {
  const last = end - 1;
  let at = skipSpace(bytes, start + 1);
  if (at === last) return;
  for (;;) {
    const after = skipValue(bytes, at);
    yield parse(bytes.subarray(at, after));
    at = skipSpace(bytes, after);
    if (at === last) return;
    if (bytes[at] !== comma) throw noJson();
    at = skipSpace(bytes, at + 1);
  }
}

/** Where the value of a key begins, in the object that begins at `at`. */
function memberAt(bytes: Buffer, at: number, key: string): number {
  if (bytes[at] !== openBrace) throw new UnreadableJson('is not built as the path to the rows says');
  let found: number | undefined;
  let here = skipSpace(bytes, at + 1);
  while (bytes[here] === quote) {
    const afterName = skipValue(bytes, here);
    const isIt = parse(bytes.subarray(here, afterName)) === key;
    here = skipSpace(bytes, afterName);
    if (bytes[here] !== colon) throw noJson();
    const value = skipSpace(bytes, here + 1);
    // Two lists under one name: readers disagree on which one counts.
    if (isIt && found !== undefined) throw new UnreadableJson('has the rows twice');
    if (isIt) found = value;
    here = skipSpace(bytes, skipValue(bytes, value));
    if (bytes[here] !== comma) break;
    here = skipSpace(bytes, here + 1);
  }
  if (bytes[here] !== closeBrace) throw noJson();
  if (found === undefined) throw new UnreadableJson('holds no list of rows where it is looked for');
  return found;
}

/** The end of the value that begins at `at`; it is not looked at any closer. */
function skipValue(bytes: Buffer, at: number): number {
  const first = bytes[at];
  if (first === quote) return skipText(bytes, at);
  if (first !== openBrace && first !== openBracket) return skipWord(bytes, at);
  let depth = 0;
  for (let here = at; here < bytes.length; here += 1) {
    const byte = bytes[here];
    if (byte === quote) here = skipText(bytes, here) - 1;
    else if (byte === openBrace || byte === openBracket) {
      depth += 1;
      if (depth > depthMax) throw new UnreadableJson(`is nested more than ${depthMax} deep`);
    } else if (byte === closeBrace || byte === closeBracket) {
      depth -= 1;
      if (depth === 0) return here + 1;
    }
  }
  throw noJson();
}

function skipText(bytes: Buffer, at: number): number {
  for (let here = at + 1; here < bytes.length; here += 1) {
    if (bytes[here] === backslash) here += 1;
    else if (bytes[here] === quote) return here + 1;
  }
  throw noJson();
}

function skipWord(bytes: Buffer, at: number): number {
  let here = at;
  while (here < bytes.length && !isEnd(bytes[here]!)) here += 1;
  return here;
}

const isEnd = (byte: number): boolean =>
  byte === comma || byte === closeBrace || byte === closeBracket || byte === colon || isSpace(byte);

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

function skipSpace(bytes: Buffer, at: number): number {
  let here = at;
  while (here < bytes.length && isSpace(bytes[here]!)) here += 1;
  return here;
}

function parse(bytes: Buffer): unknown {
  if (bytes.length > partBytesMax) throw new UnreadableJson(`holds a row of more than ${partBytesMax / 1_000_000} MB`);
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw noJson();
  }
}

const noJson = () => new UnreadableJson('is not JSON');
