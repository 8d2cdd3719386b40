// The bytes of a CSV file as text: UTF-8 only, one kind of line end, within limits. The first fault ends the reading.
import type { FeedRemark } from '../directoryFeed';

export interface CsvLimits {
  readonly fileBytes: number;
  /** Of one line as it is read; a quoted field may span several. */
  readonly lineBytes: number;
}

/** A file that cannot be read on from here; what was read before is not to be used either. */
export class UnreadableCsv extends Error {
  constructor(readonly remark: FeedRemark) {
    super(`${remark.where} ${remark.why}`);
    this.name = 'UnreadableCsv';
  }
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const utf8Mark = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Yields the text in blocks of whole lines, each ending with "\n" (the last one may lack it), without a byte order
 * mark. Throws UnreadableCsv naming the line: not UTF-8, a NUL, too large.
 */
export async function* readText(bytes: AsyncIterable<Uint8Array>, limits: CsvLimits): AsyncGenerator<string, void> {
  let pending: Buffer = Buffer.alloc(0);
  let total = 0;
  let line = 1;
  for await (const chunk of bytes) {
    total += chunk.length;
    if (total > limits.fileBytes) {
      throw new UnreadableCsv({ where: 'the file', why: `is larger than ${limits.fileBytes / 1_000_000} MB` });
    }
    const first = total === chunk.length;
    pending = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk]);
    if (first) refuseUtf16(pending);
    const cut = wholeLines(pending);
    if (cut > 0) {
      const text = decode(pending.subarray(0, cut), line);
      pending = pending.subarray(cut);
      line += countOf(text, '\n');
      yield text;
    }
    if (pending.length > limits.lineBytes) {
      throw new UnreadableCsv({ where: `line ${line}`, why: `is longer than ${limits.lineBytes} bytes` });
    }
  }
  if (pending.length > 0) yield decode(pending, line);
}

export function countOf(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) count += 1;
  return count;
}

/** How many bytes from the start are whole lines. A CR at the very end may be half of a CR LF. */
function wholeLines(bytes: Buffer): number {
  const lf = bytes.lastIndexOf(lineFeed) + 1;
  return lf > 0 ? lf : bytes.subarray(0, -1).lastIndexOf(carriageReturn) + 1;
}

function decode(bytes: Buffer, line: number): string {
  const start = line === 1 && bytes.subarray(0, 3).equals(utf8Mark) ? 3 : 0;
  const text = decodeStrictly(bytes.subarray(start));
  if (text === undefined) throw new UnreadableCsv({ where: `line ${line + badLine(bytes)}`, why: 'is not UTF-8' });
  const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  const nul = lines.indexOf('\0');
  if (nul < 0) return lines;
  throw new UnreadableCsv({
    where: `line ${line + countOf(lines.slice(0, nul), '\n')}`, why: 'holds a NUL character: this is no text file' });
}

function decodeStrictly(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The number of the first line, from 0, that is not UTF-8. A line end byte is never part of another character. */
function badLine(bytes: Buffer): number {
  const lines = bytes.toString('latin1').split(/\r\n?|\n/);
  return lines.findIndex((line) => decodeStrictly(Buffer.from(line, 'latin1')) === undefined);
}

function refuseUtf16(bytes: Buffer): void {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new UnreadableCsv({ where: 'the file', why: 'is UTF-16: save it as "CSV UTF-8"' });
  }
}
