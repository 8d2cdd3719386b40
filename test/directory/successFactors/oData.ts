// As much of OData v2 as SuccessFactors is asked: filters over what belongs to a person, $expand and $select.

export type Entity = { readonly [name: string]: Entity | readonly Entity[] | string | number | boolean | null };

/** Whether an entity passes a filter. Throws for what is no filter: whatever ends a quoted value early, for one. */
export function passes(entity: Entity, filter: string): boolean {
  const tokens = [...filter.matchAll(/\s*(?:(datetimeoffset|datetime)'((?:[^']|'')*)'|([()])|([\w/]+)|(\S))/g)];
  let at = 0;
  const next = () => tokens[at++];
  const isNext = (word: string) => tokens[at]?.[0]?.trim() === word;
  const either = (): boolean => {
    let result = both();
    while (isNext('or')) { next(); result = both() || result; }
    return result;
  };
  const both = (): boolean => {
    let result = single();
    while (isNext('and')) { next(); result = single() && result; }
    return result;
  };
  const single = (): boolean => {
    if (isNext('(')) {
      next();
      const result = either();
      if (next()?.[3] !== ')') throw new Error('a parenthesis is not closed');
      return result;
    }
    const [path, operator, literal] = [next()?.[4], next()?.[4], next()];
    if (path === undefined || operator === undefined || literal === undefined) throw new Error('no comparison');
    return valuesAt(entity, path.split('/')).some((value) => compare(value, operator, literalOf(literal)));
  };
  const result = either();
  if (at < tokens.length) throw new Error('something follows the filter');
  return result;
}

function literalOf([, type, text, , word]: RegExpMatchArray): number | null {
  if (word === 'null') return null;
  if (type === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z?$/.test(text!)) throw new Error('no literal');
  return Date.parse(type === 'datetime' ? `${text}Z` : text!);
}

function compare(value: unknown, operator: string, literal: number | null): boolean {
  const left = typeof value === 'string' ? Number(/^\/Date\((-?\d+)/.exec(value)?.[1] ?? NaN) : value;
  if (operator === 'ne') return left !== literal;
  if (left === null || literal === null) return false;
  if (operator === 'ge') return (left as number) >= literal;
  if (operator === 'le') return (left as number) <= literal;
  throw new Error('no operator');
}

/** Of one thing, or of any of several. */
function valuesAt(value: Entity[string], [name, ...rest]: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((one: Entity) => valuesAt(one, [name!, ...rest]));
  if (name === undefined || value === null || typeof value !== 'object') return [value];
  return valuesAt((value as Entity)[name] ?? null, rest);
}

/** An entity as an answer shows it: what is not expanded is a reference, what is not selected is not there. */
export function shown(entity: Entity, expand: ReadonlySet<string>, select: ReadonlySet<string>, path = ''): unknown {
  const members = Object.entries(entity).flatMap(([name, value]): [string, unknown][] => {
    const at = path + name;
    if (value === null || typeof value !== 'object') {
      return select.has(at) || expand.has(at) ? [[name, value]] : [];
    }
    if (!expand.has(at)) return [[name, { __deferred: { uri: `https://elsewhere.example/${name}` } }]];
    const show = (one: Entity) => shown(one, expand, select, `${at}/`);
    return [[name, Array.isArray(value) ? { results: value.map(show) } : show(value as Entity)]];
  });
  return { __metadata: { type: 'SFOData.Entity' }, ...Object.fromEntries(members) };
}

/** Paths of all that an entity has. */
export function pathsOf(value: Entity[string], path = ''): string[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((one: Entity) => pathsOf(one, path))];
  if (value === null || typeof value !== 'object') return [path];
  return Object.entries(value as Entity).flatMap(([name, one]) =>
    [path, ...pathsOf(one, path === '' ? name : `${path}/${name}`)]);
}
