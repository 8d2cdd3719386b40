// PATCH as a pure step: whatever the operation, applied twice it is what it is applied once, and it touches no more.
import fc from 'fast-check';
import type { StoredUser } from '../../../src/directory/scim/scimUser';
import { ScimFault } from '../../../src/http/scim/scimFault';
import { isParseable } from '../../../src/http/scim/scimFilter';
import { patchUser } from '../../../src/http/scim/scimPatch';

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];

const types = ['work', 'home', 'mobile', 'other'];
const text = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' }).filter((one) => one.trim() === one);
const truth = fc.constantFrom(true, false, 'True', 'False', 'true', 'false');
const contact = fc.record({ value: text, type: fc.constantFrom(...types), primary: truth }, { requiredKeys: ['value', 'type'] });
const contacts = fc.array(contact, { maxLength: 4 });

/** Distinct, with at most one main one: what the storage holds. */
const storedContacts = fc.uniqueArray(fc.record({ value: text, type: fc.constantFrom(...types) }), {
  maxLength: 4, selector: ({ value, type }) => `${type} ${value.toLowerCase()}` })
  .map((list) => list.map((one, i) => ({ ...one, primary: i === 0 })));

const stored: fc.Arbitrary<StoredUser> = fc.record({
  id: fc.uuid(), userName: text, displayName: fc.option(text, { nil: undefined }), active: fc.boolean(),
  name: fc.constantFrom(undefined, { givenName: 'Anna' }, { givenName: 'Anna', familyName: 'Example' }),
  emails: storedContacts, phoneNumbers: storedContacts, employeeNumber: fc.option(text, { nil: undefined }),
  department: fc.constantFrom(undefined, 'Sales'), created: fc.constant(new Date(0)), lastModified: fc.constant(new Date(0)),
});

const op = (name: string) => fc.constantFrom(name, name.toUpperCase(), name[0]!.toUpperCase() + name.slice(1));
const write = fc.oneof(op('add'), op('replace'));
const simplePath = fc.constantFrom('displayName', 'DISPLAYNAME', 'name.familyName', 'name.givenName', 'externalId', 'preferredLanguage',
  `${enterprise}:employeeNumber`, `${enterprise}:department`, `${enterprise}:manager`, 'title', 'password', 'urn:acme:2.0:User:x');
const list = fc.constantFrom('emails', 'phoneNumbers');
const typed = fc.tuple(list, fc.constantFrom(...types, 'Work')).map(([name, type]) => `${name}[type eq "${type}"]`);

const operation: fc.Arbitrary<object> = fc.oneof(
  fc.record({ op: write, path: simplePath, value: text }),
  fc.record({ op: write, path: fc.constantFrom('active', 'Active'), value: truth }),
  fc.record({ op: write, path: list, value: contacts }),
  fc.record({ op: write, path: typed.map((path) => `${path}.value`), value: text }),
  fc.record({ op: write, path: typed.map((path) => `${path}.primary`), value: truth }),
  fc.record({ op: write, path: fc.constant('name'), value: fc.record({ givenName: text, familyName: text }, { requiredKeys: [] }) }),
  fc.record({ op: write, value: fc.record({ active: truth, displayName: text, emails: contacts, 'name.familyName': text, roles: contacts,
    [enterprise]: fc.record({ employeeNumber: text, manager: text }, { requiredKeys: [] }) }, { requiredKeys: [] }) }),
  fc.record({ op: op('remove'), path: fc.oneof(simplePath, list, typed, typed.map((path) => `${path}.value`)) }),
);

const patched = async (user: StoredUser, ...operations: object[]): Promise<StoredUser> => {
  const { id, created, lastModified, active } = user;
  const next = await patchUser(user, { schemas, Operations: operations }, 'https://doorman.example.com/scim/v2');
  return JSON.parse(JSON.stringify({ ...next, active: next.active ?? active, id, created, lastModified })) as StoredUser; // cast: it was one
};

const asStored = (user: StoredUser): StoredUser => ({ ...user, created: new Date(0), lastModified: new Date(0) });

test('an operation that is repeated changes nothing more', async () => {
  await fc.assert(fc.asyncProperty(stored, operation, async (user, one) => {
    const once = await patched(user, one);
    expect(await patched(asStored(once), one)).toEqual(once);
    expect(await patched(user, one, one)).toEqual(once);
  }), { numRuns: 150 });
});

test('a name that loses its last part is none, at once', async () => {
  const [user] = fc.sample(stored, { numRuns: 1, seed: 1 });
  const named = { ...user!, name: { givenName: 'Anna' } };
  expect(await patched(named, { op: 'remove', path: 'name.givenName' })).not.toHaveProperty('name');
});

test('an operation changes nothing of what it does not name', async () => {
  await fc.assert(fc.asyncProperty(stored, operation, async (user, one) => {
    const named = JSON.stringify(one).toLowerCase();
    const { ...before } = JSON.parse(JSON.stringify(user)) as Record<string, unknown>; // cast: an object
    const after: Record<string, unknown> = { ...await patched(user, one) };
    for (const attribute of ['userName', 'displayName', 'active', 'name', 'emails', 'phoneNumbers', 'employeeNumber', 'department'] as const) {
      if (!named.includes(attribute.toLowerCase())) expect([attribute, after[attribute]]).toEqual([attribute, before[attribute]]);
    }
  }), { numRuns: 150 });
});

test('no path and no name of a value reaches what objects are made of', async () => {
  const evil = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__');
  const path = fc.tuple(fc.constantFrom('', 'name.', 'emails.', 'emails[type eq "work"].', `${enterprise}:`, `${enterprise}:manager.`), evil, fc.constantFrom('', '.x', '.polluted'))
    .map((parts) => parts.join(''));
  await fc.assert(fc.asyncProperty(stored, write, path, fc.boolean(), async (user, name, target, bare) => {
    const one = bare ? { op: name, value: JSON.parse(`{${JSON.stringify(target)}: "polluted"}`) as object } : { op: name, path: target, value: 'polluted' };
    const refusal = await patched(user, one).then(() => undefined, (error: unknown) => error);
    expect(refusal).toBeInstanceOf(ScimFault);
    expect((refusal as ScimFault).refusal).toBe('invalidPath');
    expect(({} as Record<string, unknown>).polluted ?? ({} as Record<string, unknown>).x).toBeUndefined();
  }), { numRuns: 200 });
});

test('whatever is sent is applied or refused, never a fault of ours', async () => {
  const anything = fc.record({ op: fc.oneof(write, op('remove'), fc.string()), path: fc.oneof(simplePath, typed, list, fc.string()), value: fc.jsonValue() }, { requiredKeys: [] });
  await fc.assert(fc.asyncProperty(stored, fc.array(anything, { minLength: 1, maxLength: 3 }), async (user, operations) => {
    const outcome = await patched(user, ...operations).then(() => undefined, (error: unknown) => error);
    if (outcome !== undefined) expect(outcome).toBeInstanceOf(ScimFault);
  }), { numRuns: 400 });
});

test('of several main contacts, the one that was said last is', async () => {
  const [user] = fc.sample(stored, 1);
  const given = { ...user!, emails: [{ value: 'a@x.example', type: 'work', primary: true }] };
  const { emails } = await patched(given, { op: 'add', path: 'emails', value: [{ value: 'b@x.example', type: 'home', primary: true }] });
  expect(emails).toEqual([{ value: 'a@x.example', type: 'work', primary: false }, { value: 'b@x.example', type: 'home', primary: true }]);
  const { emails: again } = await patched(given, { op: 'add', path: 'emails', value: { value: 'A@x.example', type: 'WORK' } });
  expect(again).toEqual([{ value: 'A@x.example', type: 'work', primary: true }]);
});

test('one value of a list is removed by naming it', async () => {
  const [user] = fc.sample(stored, 1);
  const given = { ...user!, emails: [{ value: 'a@x.example', type: 'work' }, { value: 'b@x.example', type: 'work' }] };
  expect((await patched(given, { op: 'remove', path: 'emails', value: [{ value: 'a@x.example' }] })).emails).toEqual([{ value: 'b@x.example', type: 'work' }]);
  expect((await patched(given, { op: 'remove', path: 'emails[value eq "b@x.example"]' })).emails).toEqual([{ value: 'a@x.example', type: 'work' }]);
  expect((await patched(given, { op: 'remove', path: 'emails' })).emails).toEqual([]);
});

test('expressions over which the parser would take for ever are told by their looks', () => {
  for (const expression of ['id eq "', `id eq "${'\n'.repeat(200)}`, `id eq "${'\\'.repeat(200)}`, 'id eq "\\""', '"', '((', '][', '(]', 'id eq "ä" \u{0} "b"', `${'(id pr or id pr) and '.repeat(11)}id pr`,
    'title eq "x"', 'toString.x pr', 'emails[hasOwnProperty.call pr].value', 'constructor.prototype.x pr', 'emails.concat.call pr']) {
    expect(isParseable(expression)).toBe(false);
  }
  for (const expression of ['id eq "ä"', 'emails[type eq "work"].value', `${enterprise}:department eq "(((((("`, '(id pr) or (Active pr)']) expect(isParseable(expression)).toBe(true);
});
