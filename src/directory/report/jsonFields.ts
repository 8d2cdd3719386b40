// What a row of JSON says of a person, field by field, as text. A row may have any keys: only own ones are looked at.
import type { FeedItem } from '../directoryFeed';
import { FeedFault } from '../feedFault';
import type { PersonField, PersonValues } from '../reading/person';
import type { Reading } from '../reading/values';

interface RowReading {
  readonly values: PersonValues;
  readonly remarks: readonly { readonly column: PersonField; readonly why: string }[];
}

// Misspelt, they would be taken as empty: nobody would be found, let in, or kept out any more.
const needed: readonly PersonField[] = ['employee_id', 'external_id', 'email', 'mobile', 'active'];

/** A reader of rows whose fields are called as `fields` says. */
export function createRowFields(fields: Readonly<Partial<Record<PersonField, string>>>) {
  const asked = Object.entries(fields) as [PersonField, string][]; // cast: the keys of its type
  const found = new Set<PersonField>();
  return {
    read(row: unknown): RowReading {
      if (!isObject(row)) throw new FeedFault('untrustworthy', 'the report has a row that is no object');
      const values: Partial<Record<PersonField, string>> = {};
      const remarks: { column: PersonField; why: string }[] = [];
      for (const [column, path] of asked) {
        const value = valueAt(row, path);
        if (value !== undefined) found.add(column);
        const text = textOf(value);
        values[column] = 'value' in text ? text.value : '';
        if ('why' in text) remarks.push({ column, why: text.why });
      }
      return { values, remarks };
    },
    /** Fields that no row had. Throws when one of them is needed. */
    findMissing(): FeedItem[] {
      const missing = asked.map(([column]) => column).filter((column) => !found.has(column));
      const important = missing.filter((column) => needed.includes(column));
      if (important.length > 0) {
        throw new FeedFault('misconfigured', `no row of the report has the field for ${important.join(', ')}`);
      }
      const why = 'is in no row and taken as empty';
      return missing.map((column) => ({ notice: { where: 'the report', column, why } }));
    },
  };
}

/** The value at a path: a key that is written so, or keys with dots between them. Undefined for none. */
export function valueAt(value: unknown, path: string): unknown {
  if (isObject(value) && Object.hasOwn(value, path)) return value[path];
  return path.split('.').reduce<unknown>(
    (at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): Reading<string> {
  if (value === undefined || value === null) return { value: '' };
  if (typeof value === 'string') return { value: value.trim() };
  // A number that is too large came as another one.
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return { value: String(value) };
  return { why: 'is neither text nor a whole number nor true or false' };
}
