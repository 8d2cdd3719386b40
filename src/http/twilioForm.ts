// Reads a form from its raw bytes, flat and without leniency: what can be read in more than one way is refused (R39).
// Knows nothing of Twilio's fields; never throws.

/** Parameters by name; without a prototype, so that `__proto__` is a name like any other. */
export type Parameters = Readonly<Record<string, string>>;

export type Form =
  | { readonly outcome: 'form'; readonly parameters: Parameters }
  | { readonly outcome: 'malformed'; readonly reason: 'empty' | 'size' | 'pair' | 'name' | 'repeated' | 'encoding' };

/** Ceilings of the chat routes (R48): 4,096 characters of four bytes are 49 kB when percent-encoded. */
export const formBytesMax = 65_536;
const parametersMax = 64;

const nameForm = /^[A-Za-z0-9_.-]{1,64}$/;
// Twilio escapes everything else; a raw space, control or non-ASCII byte means that somebody else wrote this body.
const rawForm = /^[\x21-\x7E]*$/;

export function readForm(body: Buffer): Form {
  if (body.length === 0) return malformed('empty');
  if (body.length > formBytesMax) return malformed('size');
  const raw = body.toString('latin1');
  if (!rawForm.test(raw)) return malformed('encoding');
  const pairs = raw.split('&');
  if (pairs.length > parametersMax) return malformed('size');
  const parameters = Object.create(null) as Record<string, string>;
  for (const pair of pairs) {
    const split = pair.indexOf('=');
    if (split === -1) return malformed('pair');
    const name = decode(pair.slice(0, split));
    const value = decode(pair.slice(split + 1));
    if (name === undefined || value === undefined) return malformed('encoding');
    if (!nameForm.test(name)) return malformed('name');
    // The signature collapses repeated names: refused before it is even looked at (A03).
    if (name in parameters) return malformed('repeated');
    parameters[name] = value;
  }
  return { outcome: 'form', parameters };
}

function malformed(reason: (Form & { outcome: 'malformed' })['reason']): Form {
  return { outcome: 'malformed', reason };
}

/** Undefined when the bytes are not UTF-8 or hold a NUL, which no chat can send and no text column can keep. */
function decode(escaped: string): string | undefined {
  try {
    const text = decodeURIComponent(escaped.replaceAll('+', ' '));
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
