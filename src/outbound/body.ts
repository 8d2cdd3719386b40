// The body of an answer, within bounds. Counted as unpacked, so that a packed answer cannot be more.

export interface BodyBounds {
  readonly bytesMax: number;
  /** What a body that is more is to whoever asked. */
  readonly tooLarge: () => Error;
}

/** The chunks of a body, until they are too much. Leaving the loop cancels the rest. */
export async function* boundedChunks(
  { headers, body }: Response, { bytesMax, tooLarge }: BodyBounds,
): AsyncGenerator<Uint8Array> {
  if (Number(headers.get('content-length')) > bytesMax) throw tooLarge();
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw tooLarge();
    yield chunk;
  }
}

/** The whole body. */
export async function readBounded(response: Response, bounds: BodyBounds): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of boundedChunks(response, bounds)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
