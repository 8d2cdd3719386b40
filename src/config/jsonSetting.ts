// A setting that is a JSON document, or the path of one. Secrets may stand in files of their own: `passwordFile`.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';

/**
 * Reads a document by its schema. A member whose name ends in `File` is replaced by the content of that file, under the
 * name without it; so is a path in a member that is named in `paths` by itself, made absolute. Both are relative to the
 * document, where that is a file. Throws one sentence that names the members and no value.
 */
export function readJsonSetting<Schema extends z.ZodType>(
  text: string, schema: Schema, paths: readonly string[] = [],
): z.output<Schema> {
  const isPath = !text.trimStart().startsWith('{');
  // A list, or a document between quotation marks that nobody took away: as a path it would be repeated, secrets and all.
  if (isPath && /[{"\n]/.test(text)) throw new Error('is neither a JSON object nor the path of one');
  const folder = isPath ? dirname(resolve(text)) : process.cwd();
  const given = parse(isPath ? readFileSync(text, 'utf8') : text);
  const parsed = schema.safeParse(withFiles(given, { folder, paths: isPath ? paths : [] }));
  if (parsed.success) return parsed.data;
  const sentences = parsed.error.issues.map(({ path, message, code }) =>
    `${path.join('.') || 'the document'}: ${code === 'unrecognized_keys' ? 'has members that are not known' : message}`);
  throw new Error(sentences.join('; '));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own sentence quotes what it found, which may be a secret.
    throw new Error('is not JSON');
  }
}

interface Place {
  readonly folder: string;
  readonly paths: readonly string[];
}

function withFiles(value: unknown, place: Place): unknown {
  const { folder, paths } = place;
  if (Array.isArray(value)) return value.map((one) => withFiles(one, place));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => {
    const isFile = name.length > 4 && name.endsWith('File') && typeof member === 'string';
    const plain = name.slice(0, -4);
    if (isFile && Object.hasOwn(value, plain)) throw new Error(`${name}: stands beside ${plain}: leave one of the two out`);
    if (isFile) return [plain, readFileSync(resolve(folder, member), 'utf8').trim()];
    if (paths.includes(name) && typeof member === 'string' && member !== '') return [name, resolve(folder, member)];
    return [name, withFiles(member, place)];
  }));
}
