// Which applications are let in, as an operator writes it down.
import { clientSettings, scopesOf } from '../../src/clients/clientSettings';

const read = (...clients: object[]) => clientSettings.safeParse({ clients });
const problems = (...clients: object[]) =>
  read(...clients).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
const centre = (audience: string, more: object = {}) => ({ contactCentre: { audience, ...more } });

test('a client may do what its settings have a part for', () => {
  const { data } = read(
    { name: 'a', ...centre('https://a.example') }, { name: 'b', verifications: { countries: ['DE'] } },
    { name: 'c', ...centre('c'), verifications: { countries: ['DE'] } }, { name: 'd' });
  expect(data!.clients.map(scopesOf)).toEqual([['contact-centre'], ['verifications'], ['contact-centre', 'verifications'], []]);
  expect(data!.clients[0]!.requestsPerMinute).toBe(300);
  expect(data!.clients[0]!.contactCentre)
    .toEqual({ audience: 'https://a.example', profile: ['given_name', 'language'], lifetimeSeconds: 900, issuedAt: 'seconds' });
});

test('no two clients have one name, or one audience: each would take the other\'s customers', () => {
  expect(problems({ name: 'a' }, { name: 'b' }, { name: 'a' })).toEqual(['clients.2: stands there twice']);
  expect(problems({ name: 'a', ...centre('x') }, { name: 'b', ...centre('y') }, { name: 'c', ...centre('x') }))
    .toEqual(['clients.2.contactCentre.audience: is that of another client']);
});

test.each<[string, object]>([
  ['a name of capitals', { name: 'A' }], ['a name that is too long', { name: 'a'.repeat(33) }],
  ['a name that looks like a number', { name: 'a2026' }], ['the name of everybody else', { name: 'unknown' }],
  ['no request at all', { name: 'a', requestsPerMinute: 0 }], ['more requests than a client can make', { name: 'a', requestsPerMinute: 60_001 }],
  ['a secret', { name: 'a', secret: 'x' }], ['a JWT of an hour', { name: 'a', ...centre('x', { lifetimeSeconds: 3_600 }) }],
  ['a JWT of no time', { name: 'a', ...centre('x', { lifetimeSeconds: 0 }) }],
  ['a field that is none', { name: 'a', ...centre('x', { profile: ['salary'] }) }],
  ['a field twice', { name: 'a', ...centre('x', { profile: ['email', 'email'] }) }],
  ['no audience', { name: 'a', contactCentre: {} }], ['an audience of two words', { name: 'a', ...centre('x y') }],
])('%s is refused', (_what, client) => {
  expect(problems(client)).toHaveLength(1);
});
