// A stream is taken apart in time that grows with its length alone, however small its chunks are.
import { partTexts } from '../../../src/assistant/stream/parts';

/** Each byte of the text in a chunk of its own, as a chunked response may bring it. */
function byteByByte(text: string): Response {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new Response(new ReadableStream({
    pull(controller) {
      if (at === bytes.length) controller.close();
      else controller.enqueue(bytes.subarray(at, at += 1));
    },
  }));
}

async function textsOf(response: Response, form: 'lines' | 'events'): Promise<string[]> {
  const texts: string[] = [];
  for await (const text of partTexts(response, form)) texts.push(text);
  return texts;
}

test.each([
  ['lines', 'a\r\n\nbä\nc', ['a', 'bä', 'c']],
  ['events', ': open\r\ndata: a\r\ndata: b\r\n\r\ndata:c\n\ndata: not ended\n', ['a\nb', 'c']],
] as const)('%s that come byte by byte are whole', async (form, text, parts) => {
  expect(await textsOf(byteByByte(text), form)).toEqual(parts);
});

test('a long line that comes byte by byte holds nobody up', async () => {
  // Looked through from its beginning for each byte, it took minutes.
  const line = 'x'.repeat(250_000);
  expect(await textsOf(byteByByte(`${line}\n`), 'lines')).toEqual([line]);
});
