// A SCIM filter, read by SCIMMY and turned into the comparisons that this service makes. Looked at before it is parsed:
// the parser multiplies groups out, and its expressions for strings take for ever over some that are not closed.
import SCIMMY from 'scimmy';
import type { Comparison, UserFilter } from '../../directory/scim/userFilter';
import { ScimFault } from './scimFault';
import { bareName, isKnownName } from './scimSchema';

const bytesMax = 512;
const depthMax = 5;
// Multiplied out, ten of them are at most some thirty branches.
const joinsMax = 10;

const quoted = /"[^"\\\p{Cc}]*"/gu;
const outsideQuotes = /^[A-Za-z0-9_:.$~ ()[\]+-]*$/;

const words: ReadonlySet<string> = new Set([
  'and', 'or', 'eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le', 'pr', 'true', 'false', 'null']);

/**
 * Whether a filter, or a path with one in it, is short, shallow and plain enough for the parser, and names only what
 * there is.
 */
export function isParseable(expression: string): boolean {
  if (Buffer.byteLength(expression) > bytesMax) return false;
  const bare = expression.replace(quoted, '~');
  const names = bare.split(/[\s~()[\]]+/).map((name) => name.replace(/^\.|\.$/g, '')).filter((name) => name !== '');
  return outsideQuotes.test(bare) && depthOf(bare) <= depthMax
    && (bare.match(/\b(?:and|or)\b/gi) ?? []).length <= joinsMax
    && names.every((name) => words.has(name.toLowerCase()) || isKnownName(name));
}

/** How deep brackets stand in each other; without end when they do not fit. */
function depthOf(bare: string): number {
  const open: string[] = [];
  let deepest = 0;
  for (const character of bare) {
    if (character === '(' || character === '[') deepest = Math.max(deepest, open.push(character));
    if (character === ')' && open.pop() !== '(') return Infinity;
    if (character === ']' && open.pop() !== '[') return Infinity;
  }
  return open.length === 0 ? deepest : Infinity;
}

// The parser takes a join that joins nothing for none.
const looseJoin = /(?:^|[([]|\b(?:and|or)\b)\s*\b(?:and|or)\b|\b(?:and|or)\s*(?:$|[)\]])/i;

/** Throws `invalidFilter` for all but comparisons of the attributes that are listed. */
export function readFilter(text: string): UserFilter {
  if (!isParseable(text) || looseJoin.test(text.replace(quoted, '~'))) throw invalid();
  try {
    const branches = [...new SCIMMY.Types.Filter(text)].map((branch) => Object.entries(branch).flatMap(readAttribute));
    if (branches.length === 0 || branches.some((branch) => branch.length === 0)) throw invalid();
    return branches;
  } catch (error) {
    throw error instanceof ScimFault ? error : invalid();
  }
}

const invalid = () => new ScimFault('invalidFilter');

const simple: ReadonlyMap<string, 'id' | 'externalId' | 'userName' | 'employeeNumber' | 'active'> = new Map([
  ['id', 'id'], ['externalid', 'externalId'], ['username', 'userName'], ['active', 'active'],
  ['urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:employeenumber', 'employeeNumber'],
]);
const contacts: ReadonlyMap<string, 'emails' | 'phoneNumbers'> = new Map([
  ['emails', 'emails'], ['phonenumbers', 'phoneNumbers']]);

function readAttribute([written, expression]: [string, unknown]): Comparison[] {
  const name = bareName(written).toLowerCase();
  const list = contacts.get(name);
  if (list !== undefined) return [readContact(list, expression)];
  if (name === 'meta') return readTimes(expression);
  const attribute = simple.get(name);
  if (attribute === undefined) throw invalid();
  return termsOf(expression).map(([operator, value]): Comparison => {
    if (operator === 'pr') return { attribute, operator };
    if (attribute === 'active') return { attribute, operator: equal(operator), value: truth(value) };
    return { attribute, operator: textual(operator), value: text(value) };
  });
}

/** `emails.value eq …`, `emails eq …`, or with the type: `emails[type eq "work"].value eq …`. */
function readContact(attribute: 'emails' | 'phoneNumbers', expression: unknown): Comparison {
  const parts = Array.isArray(expression) ? { value: expression } : lowered(expression);
  const { value, type, ...others } = parts;
  if (Object.keys(others).length > 0) throw invalid();
  const [operator, sought] = only(value);
  if (operator === 'pr' && type === undefined) return { attribute, operator };
  const [typeOperator, typeSought] = type === undefined ? ['eq', undefined] : only(type);
  equal(typeOperator);
  const ofType = type === undefined ? undefined : text(typeSought);
  return { attribute, operator: textual(operator), value: text(sought), type: ofType };
}

const dateOperators = ['eq', 'gt', 'ge', 'lt', 'le'] as const;

function readTimes(expression: unknown): Comparison[] {
  const { lastmodified, ...others } = lowered(expression);
  if (lastmodified === undefined || Object.keys(others).length > 0) throw invalid();
  return termsOf(lastmodified).map(([operator, value]): Comparison => {
    const attribute = 'lastModified';
    if (operator === 'pr') return { attribute, operator };
    const known = dateOperators.find((one) => one === operator);
    if (known === undefined) throw invalid();
    return { attribute, operator: known, value: date(value) };
  });
}

function lowered(expression: unknown): Record<string, unknown> {
  if (typeof expression !== 'object' || expression === null || Array.isArray(expression)) throw invalid();
  return Object.fromEntries(Object.entries(expression).map(([name, value]) => [name.toLowerCase(), value]));
}

/** An operator, and the value for all but `pr`. */
type Term = readonly [operator: string, value: unknown];

/** One term, or several of the same attribute that all have to hold. */
function termsOf(expression: unknown): Term[] {
  if (!Array.isArray(expression) || expression.length === 0) throw invalid();
  const terms: unknown[] = expression.every((one) => Array.isArray(one)) ? expression : [expression];
  return terms.map((term) => {
    if (!Array.isArray(term) || typeof term[0] !== 'string') throw invalid();
    const operator = term[0].toLowerCase();
    if (term.length !== (operator === 'pr' ? 1 : 2)) throw invalid();
    return [operator, term[1]];
  });
}

function only(expression: unknown): Term {
  const [term, ...more] = termsOf(expression);
  if (term === undefined || more.length > 0) throw invalid();
  return term;
}

function equal(operator: string): 'eq' {
  if (operator !== 'eq') throw invalid();
  return operator;
}

function textual(operator: string): 'eq' | 'co' | 'sw' {
  if (operator !== 'eq' && operator !== 'co' && operator !== 'sw') throw invalid();
  return operator;
}

function text(value: unknown): string {
  // Without quotation marks 0144133 is another number.
  if (typeof value !== 'string') throw invalid();
  return value;
}

function truth(value: unknown): boolean {
  // Entra writes them in quotation marks.
  const word = String(value).toLowerCase();
  if (word !== 'true' && word !== 'false') throw invalid();
  return word === 'true';
}

const isoDate = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

function date(value: unknown): Date {
  const read = typeof value === 'string' && isoDate.test(value) ? new Date(value) : undefined;
  if (read === undefined || Number.isNaN(read.getTime())) throw invalid();
  return read;
}
