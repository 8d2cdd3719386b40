// PATCH: what Entra and Okta send is put into the words of RFC 7644, and SCIMMY applies it. Each operation gets a path:
// without one, SCIMMY adds to a list that is to be replaced, and a former number would stay.
import SCIMMY from 'scimmy';
import type { ScimUser, StoredUser } from '../../directory/scim/scimUser';
import { isPlain } from './scimBody';
import { ScimFault } from './scimFault';
import { isParseable } from './scimFilter';
import { contactOf, faultOf, representationOf, truthOf, userOf, withOurKinds } from './scimRepresentation';
import { bareName, coreUrn, droppedAttributes, droppedOfEnterprise, enterpriseUrn, inOwnLetters } from './scimSchema';

type Message = NonNullable<ConstructorParameters<typeof SCIMMY.Messages.PatchOp>[0]>;
type Name = Message['Operations'][number]['op'];

interface Operation {
  readonly op: Name;
  readonly path: string;
  readonly value?: unknown;
}

const names: ReadonlyMap<string, Name> = new Map((['add', 'remove', 'replace'] as const).map((name) => [name, name]));

// Providers send one for each attribute that has changed.
const operationsMax = 200;

/** The user after a PATCH. Throws ScimFault; nothing of `stored` is changed. */
export async function patchUser(stored: StoredUser, message: unknown, base: string): Promise<ScimUser> {
  try {
    const { PatchOp } = SCIMMY.Messages;
    if (!isPlain(message)) throw new ScimFault('invalidSyntax');
    // Checks the form of what was sent, before anything of it is dropped.
    const { Operations: given } = new PatchOp(message as Message); // cast: it is what says whether it is one
    if (given.length > operationsMax) throw new ScimFault('tooLarge');
    const contacts = { emails: typesOf(stored.emails), phoneNumbers: typesOf(stored.phoneNumbers) };
    const operations = given.flatMap(({ op, path, value }) =>
      inOurWords({ op: names.get(op.toLowerCase())!, path, value }, contacts)); // PatchOp has refused any other
    const user = representationOf(stored, base);
    if (operations.length === 0) return userOf(user);
    const patch = new PatchOp({ schemas: [PatchOp.id], Operations: operations });
    let patched: object = user;
    await patch.apply(user, async (target) => patched = target);
    return userOf(patched);
  } catch (error) {
    throw faultOf(error);
  }
}

type List = 'emails' | 'phoneNumbers';

/** What there is of a list while operations are read: its types, and those elements that this message makes. */
type Contacts = Record<List, Types>;
type Types = Map<string, Record<string, unknown> | undefined>;

const typesOf = (list: ScimUser['emails']): Types =>
  new Map(list.flatMap(({ type }) => type === undefined ? [] : [[type, undefined]]));

/** Of what SCIMMY takes as it stands, the operation itself; none of what this service does not keep. */
function inOurWords(
  { op, path, value }: { op: Name; path?: string | undefined; value?: unknown }, contacts: Contacts,
): Operation[] {
  if (path === undefined || path.trim() === '' || path.toLowerCase() === coreUrn.toLowerCase()) {
    if (!isPlain(value)) throw new ScimFault('invalidValue');
    return Object.entries(value).flatMap(([name, inner]) =>
      isOfMessage(name) ? [] : inOurWords({ op, path: name, value: inner }, contacts));
  }
  const written = bareName(path.trim());
  if (isDropped(written)) return [];
  if (!isParseable(written)) throw new ScimFault('invalidPath');
  const target = inOwnLetters(written);
  // Null is no value (RFC 7643, 2.5).
  if (value === null && op !== 'remove') return op === 'add' ? [] : [{ op: 'remove', path: target }];
  const list = listOf(target);
  if (list !== undefined) return ofList({ op, path: target, value }, list, contacts);
  if (isPlain(value) && isComplex(target)) return ofParts(op, target, value, contacts);
  return [{ op, path: target, value: withOurKinds(target, value) }];
}

/** What every resource has is no attribute that is changed. */
const isOfMessage = (name: string) => name.toLowerCase() === 'schemas' || name.toLowerCase() === 'meta';

const enterprise = enterpriseUrn.toLowerCase();

/** Of a complex attribute, what is not named stays (RFC 7644, 3.5.2.3). */
const isComplex = (path: string) => ['name', enterprise].includes(path.toLowerCase());

function ofParts(op: Name, path: string, value: object, contacts: Contacts): Operation[] {
  const separator = path.toLowerCase() === enterprise ? ':' : '.';
  return Object.entries(value).flatMap(([name, inner]) =>
    inOurWords({ op, path: path + separator + name, value: inner }, contacts));
}

const dropped: ReadonlySet<string> = new Set(
  [...droppedAttributes, ...droppedOfEnterprise.map((name) => `${enterpriseUrn}:${name}`)]
    .map((name) => name.toLowerCase()));

/** Known and not kept, or of a schema that this service does not have. */
function isDropped(path: string): boolean {
  const name = path.toLowerCase().replace(/\[[^\]]*\]/g, '');
  if (name.startsWith('urn:') && name !== enterprise && !name.startsWith(`${enterprise}:`)) return true;
  const [root = ''] = name.startsWith('urn:') ? [name] : name.split('.');
  return dropped.has(name) || dropped.has(root);
}

const listPath = /^(emails|phoneNumbers)(?:$|[.[])/i;
const lists: ReadonlyMap<string, List> = new Map([['emails', 'emails'], ['phonenumbers', 'phoneNumbers']]);
const listOf = (path: string): List | undefined => lists.get(listPath.exec(path)?.[1]?.toLowerCase() ?? '');

const ofType = /^\w+\[\s*type\s+eq\s+"([^"]*)"\s*\](?:\.(value|primary|type))?$/i;

function ofList({ op, path, value }: Operation, list: List, contacts: Contacts): Operation[] {
  const [, written, part] = ofType.exec(path) ?? [];
  if (written === undefined) return ofWholeList({ op, path, value }, list, contacts);
  const type = written.trim().toLowerCase();
  const known = contacts[list];
  const element = `${list}[type eq "${type}"]`;
  if (op === 'remove') {
    if (part === undefined) known.delete(type);
    return [{ op, path: part === undefined ? element : `${element}.${part}` }];
  }
  const parts = part === undefined ? contactOf(value) : contactOf({ [part.toLowerCase()]: value });
  if (!isPlain(parts)) throw new ScimFault('invalidValue', { attribute: list });
  const made = known.get(type);
  if (made !== undefined) {
    // What this message has just added is completed by what follows.
    Object.assign(made, parts);
    return [];
  }
  if (known.has(type)) {
    return Object.entries(parts).map(([name, inner]) => ({ op: 'replace', path: `${element}.${name}`, value: inner }));
  }
  const added = { type, ...parts };
  known.set(type, added);
  return [{ op: 'add', path: list, value: [added] }];
}

/** The list itself, or elements by another filter. */
function ofWholeList({ op, path, value }: Operation, list: List, contacts: Contacts): Operation[] {
  if (path.length > list.length) {
    return [{ op, path, ...(op === 'remove' ? {} : { value: /\.primary$/i.test(path) ? truthOf(value) : value }) }];
  }
  const elements = withOurKinds(list, value === undefined || Array.isArray(value) ? value : [value]);
  if (op === 'remove') return ofRemoved(list, elements, contacts);
  if (Array.isArray(elements) && elements.length === 0) return op === 'add' ? [] : ofRemoved(list, [], contacts);
  if (op === 'replace') contacts[list].clear();
  for (const element of Array.isArray(elements) ? elements : []) {
    if (isPlain(element) && typeof element.type === 'string') contacts[list].set(element.type, undefined);
  }
  return [{ op, path: list, value: elements }];
}

/** Without values all of them go; with some, SCIMMY would make a filter of whatever they hold. */
function ofRemoved(list: List, elements: unknown, contacts: Contacts): Operation[] {
  if (!Array.isArray(elements) || elements.length === 0) {
    contacts[list].clear();
    return [{ op: 'remove', path: list }];
  }
  return elements.map((element) => {
    const value = isPlain(element) ? element.value : undefined;
    const path = `${list}[value eq "${String(value)}"]`;
    if (typeof value !== 'string' || value.includes('"') || !isParseable(path)) {
      throw new ScimFault('invalidValue', { attribute: list });
    }
    return { op: 'remove', path };
  });
}
