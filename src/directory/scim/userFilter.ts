// What a SCIM client may filter by, as SQL over `scim_users u`. Whatever it compares with is a parameter.
import { isUuid } from '../../domain/identifiers';

type Text = 'id' | 'externalId' | 'userName' | 'employeeNumber';
type Contacts = 'emails' | 'phoneNumbers';

export type Comparison =
  | { readonly attribute: Text; readonly operator: 'eq' | 'co' | 'sw'; readonly value: string }
  /** One contact has this value and, when it is given, this type. */
  | {
    readonly attribute: Contacts; readonly operator: 'eq' | 'co' | 'sw'; readonly value: string;
    readonly type?: string | undefined;
  }
  | { readonly attribute: 'active'; readonly operator: 'eq'; readonly value: boolean }
  | { readonly attribute: 'lastModified'; readonly operator: 'eq' | 'gt' | 'ge' | 'lt' | 'le'; readonly value: Date }
  | { readonly attribute: Text | Contacts | 'active' | 'lastModified'; readonly operator: 'pr' };

/** Holds when all comparisons of one of the branches do. */
export type UserFilter = readonly (readonly Comparison[])[];

/** A condition; `place` takes a value and says by which parameter it is meant. */
export function filterSql(filter: UserFilter, place: (value: unknown) => string): string {
  const branches = filter.map((branch) => branch.map((one) => `(${comparisonSql(one, place)})`).join(' AND '));
  return branches.map((branch) => `(${branch})`).join(' OR ');
}

/** In lower case, but where SCIM tells case apart: id, externalId. */
const texts: Record<Text, string> = {
  id: 'u.id::text', externalId: 'u.external_id', userName: 'u.user_key', employeeNumber: 'lower(u.employee_number)' };
const isExact: ReadonlySet<string> = new Set<Text>(['externalId']);
const keys: Record<Contacts, string> = { emails: 'u.email_keys', phoneNumbers: 'u.phone_keys' };
const dateOperators = { eq: '=', gt: '>', ge: '>=', lt: '<', le: '<=' } as const;

/** How userName and contacts are compared. */
export const keyOf = (value: string): string => value.normalize('NFC').toLowerCase();

function comparisonSql(comparison: Comparison, place: (value: unknown) => string): string {
  const { attribute } = comparison;
  if (comparison.operator === 'pr') return presenceSql(attribute);
  switch (comparison.attribute) {
    case 'active': return `u.active = ${place(comparison.value)}`;
    case 'lastModified': return `u.changed_at ${dateOperators[comparison.operator]} ${place(comparison.value)}`;
    case 'emails': case 'phoneNumbers': return contactSql(comparison, place);
    default: return textSql(comparison, place);
  }
}

function presenceSql(attribute: Comparison['attribute']): string {
  switch (attribute) {
    case 'externalId': return 'u.external_id IS NOT NULL';
    case 'employeeNumber': return 'u.employee_number IS NOT NULL';
    case 'emails': case 'phoneNumbers': return `${keys[attribute]} <> '{}'`;
    default: return 'true';
  }
}

function textSql(
  { attribute, operator, value }: Extract<Comparison, { attribute: Text; value: string }>,
  place: (value: unknown) => string,
): string {
  const sought = isExact.has(attribute) ? value : keyOf(value);
  // By the index of the key itself.
  if (attribute === 'id' && operator === 'eq') return isUuid(sought) ? `u.id = ${place(sought)}::uuid` : 'false';
  return matchSql(texts[attribute], operator, place(sought));
}

function contactSql(
  { attribute, operator, value, type }: Extract<Comparison, { attribute: Contacts; value: string }>,
  place: (value: unknown) => string,
): string {
  const sought = keyOf(value);
  const contained = operator === 'eq' ? `${keys[attribute]} @> ARRAY[${place(sought)}::text]` : undefined;
  if (type === undefined && contained !== undefined) return contained;
  const ofType = type === undefined ? '' : ` AND c.type = ${place(keyOf(type))}`;
  const found = `EXISTS (SELECT FROM jsonb_to_recordset(u.attributes -> '${attribute}') AS c (value text, type text)
    WHERE ${matchSql('lower(c.value)', operator, place(sought))}${ofType})`;
  return contained === undefined ? found : `${contained} AND ${found}`;
}

/** No LIKE: a value has no wildcards. */
function matchSql(column: string, operator: 'eq' | 'co' | 'sw', parameter: string): string {
  switch (operator) {
    case 'eq': return `${column} = ${parameter}::text`;
    case 'sw': return `starts_with(${column}, ${parameter}::text)`;
    case 'co': return `strpos(${column}, ${parameter}::text) > 0`;
  }
}
