// Takes a stream of NDJSON lines or server-sent events apart. Knows nothing of what they say.
import { chunksOf, refused } from '../exchange';

export type StreamForm = 'lines' | 'events';

/** The text of each line that is not empty, or the data of each event. Throws for what is no UTF-8. */
export async function* partTexts(response: Response, form: StreamForm): AsyncGenerator<string> {
  let data: string[] = [];
  for await (const line of linesOf(response)) {
    if (form === 'lines') {
      if (line.trim() !== '') yield line;
    } else if (line === '') {
      if (data.length > 0) yield data.join('\n');
      data = [];
    } else {
      // Comments, which keep the connection open, and fields that mean nothing here are passed over.
      const [, text] = /^data(?:: ?(.*))?$/s.exec(line) ?? [];
      if (text !== undefined) data.push(text);
    }
  }
  // An event that was not ended is none; a last line without its end is one.
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decoded = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      throw refused('no UTF-8');
    }
  };
  let rest = '';
  for await (const chunk of chunksOf(response)) {
    const text = decoded(chunk);
    rest += text;
    // Looked through once a line: of a line that comes byte by byte, not once a byte.
    if (!text.includes('\n')) continue;
    const lines = rest.split(/\r?\n/);
    rest = lines.pop()!; // split gives one at least
    yield* lines;
  }
  rest += decoded();
  if (rest !== '') yield rest;
}
