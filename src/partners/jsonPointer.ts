// JSON pointers (RFC 6901): where in a partner's document a field of ours stands.
import type { Json } from './strictJson';

/** To a place below the top: the whole document is no field. */
export const pointerForm = /^(?:\/(?:[^~/]|~[01])*)+$/;

/** Undefined when there is nothing. Only what the document itself holds counts, so that `__proto__` is a plain name. */
export function valueAt(document: Json, pointer: string): Json | undefined {
  let value: Json | undefined = document;
  for (const name of pointer.split('/').slice(1)) {
    value = step(value, name.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  return value;
}

const index = /^(?:0|[1-9]\d{0,5})$/;

function step(value: Json | undefined, name: string): Json | undefined {
  if (value === undefined || value === null || typeof value !== 'object') return undefined;
  if (isArray(value)) return index.test(name) ? value[Number(name)] : undefined;
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

// The standard one does not know arrays that are only read.
const isArray = (value: object): value is readonly Json[] => Array.isArray(value);
