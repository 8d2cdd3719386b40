// Reads JSON that a partner signed, without leniency: what two readers could take for two things is refused (A66).

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

const depthMax = 32;

/** Undefined for what is not UTF-8, has a byte order mark, is no JSON, too deep, or has a name twice in one object. */
export function readStrictJson(bytes: Uint8Array): Json | undefined {
  try {
    // The mark stays in the text, where it is no JSON.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value = JSON.parse(text) as Json; // cast: it makes nothing else
    return isPlain(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Of a text that is JSON: whether each name stands once in its object, and nothing is nested too deep. */
function isPlain(text: string): boolean {
  // The names of each object around this place; an array has none.
  const around: (Set<string> | undefined)[] = [];
  let isName = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '{' || sign === '[') around.push(sign === '{' ? new Set() : undefined);
    if (sign === '}' || sign === ']') around.pop();
    if (around.length > depthMax) return false;
    // A name comes first in an object, and after each comma there.
    if (sign === '{' || sign === ',') isName = around.at(-1) !== undefined;
    if (sign === '[' || sign === '}') isName = false;
    if (sign !== '"') continue;
    const end = endOfString(text, at);
    if (isName && !isFirst(around.at(-1), text.slice(at, end + 1))) return false;
    isName = false;
    at = end;
  }
  return true;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** Adds a name as it is meant, however it is escaped. */
function isFirst(names: Set<string> | undefined, quoted: string): boolean {
  const name = JSON.parse(quoted) as string; // cast: a JSON string
  if (names?.has(name)) return false;
  names?.add(name);
  return true;
}
