// The query string of a SCIM request. Read here: Express reads none for this app. A name that stands twice is refused.
import type { Request } from 'express';
import SCIMMY from 'scimmy';
import type { UserFilter } from '../../directory/scim/userFilter';
import { readFilter } from './scimFilter';
import { ScimFault } from './scimFault';
import { isKnownName, pageMax } from './scimSchema';

const pageUsual = 100;

export interface ListQuery {
  readonly filter: UserFilter | undefined;
  readonly startIndex: number;
  readonly count: number;
}

export type AttributeChoice = InstanceType<typeof SCIMMY.Types.Filter> | undefined;

type Parameters = ReadonlyMap<string, string>;

export function parametersOf({ originalUrl }: Request): Parameters {
  const at = originalUrl.indexOf('?');
  const pairs = [...new URLSearchParams(at < 0 ? '' : originalUrl.slice(at + 1))];
  const parameters = new Map(pairs);
  if (parameters.size !== pairs.length) throw new ScimFault('invalidValue');
  return parameters;
}

/** What is too small is the least that there is (RFC 7644, 3.4.2.4). Sorting is not offered: its words are ignored. */
export function listQuery(parameters: Parameters): ListQuery {
  const filter = parameters.get('filter');
  return {
    filter: filter === undefined ? undefined : readFilter(filter),
    startIndex: Math.max(1, whole(parameters, 'startIndex') ?? 1),
    count: Math.min(pageMax, Math.max(0, whole(parameters, 'count') ?? pageUsual)),
  };
}

function whole(parameters: Parameters, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === undefined) return undefined;
  if (!/^-?\d{1,9}$/.test(text)) throw new ScimFault('invalidValue', { attribute: name });
  return Number(text);
}

const attributeName = /^[A-Za-z][A-Za-z0-9:._$-]{0,127}$/;
const attributesMax = 50;

/** Which attributes are asked for, or not wanted. */
export function attributeChoice(parameters: Parameters): AttributeChoice {
  const wanted = parameters.get('attributes');
  const list = wanted ?? parameters.get('excludedAttributes');
  if (list === undefined || list.trim() === '') return undefined;
  const names = list.split(',').map((name) => name.trim());
  if (names.length > attributesMax || !names.every((name) => attributeName.test(name))) {
    throw new ScimFault('invalidValue', { attribute: wanted === undefined ? 'excludedAttributes' : 'attributes' });
  }
  // What there is not, is shown to nobody; what is always shown, always.
  const known = names.filter((name) => isKnownName(name) && !isAlwaysShown(name));
  const chosen = wanted === undefined ? known.map((name) => `${name} np`)
    : [...known, 'schemas'].map((name) => `${name} pr`);
  return chosen.length === 0 ? undefined : new SCIMMY.Types.Filter(chosen.join(' and '));
}

const isAlwaysShown = (name: string): boolean => ['schemas', 'id'].includes(name.toLowerCase());
