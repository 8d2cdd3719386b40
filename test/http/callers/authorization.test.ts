// The Authorization header, as every route reads it: in one of two forms, or as none.
import { authorizationOf } from '../../../src/http/callers/authorization';

const read = (...authorization: string[]) => authorizationOf({ headersDistinct: authorization.length === 0 ? {} : { authorization } });
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test('a bearer token is read, and Basic of two parts, in any case and after any spaces', () => {
  expect(read('Bearer a.b-c_d~e+f/g==')).toEqual({ token: 'a.b-c_d~e+f/g==' });
  expect(read('bEARER   t')).toEqual({ token: 't' });
  expect(read(basic('id:secret'))).toEqual({ user: 'id', password: 'secret' });
  expect(read(basic(':secret'))).toEqual({ user: '', password: 'secret' });
  expect(read(basic('id:'))).toEqual({ user: 'id', password: '' });
});

test.each([
  ['none', []], ['an empty one', ['']], ['two', ['Bearer a', 'Bearer a']], ['two in one', ['Bearer a, Bearer b']],
  ['two tokens', ['Bearer a b']], ['a token alone', ['a']], ['another scheme', ['Digest a']], ['no token', ['Bearer ']],
  ['Basic of one part', [basic('id')]], ['Basic of three', [basic('id:secret:more')]], ['Basic that is none', ['Basic !']],
  ['a long one', [`Bearer ${'a'.repeat(1_025)}`]], ['a line', ['Bearer a\nb']],
])('A62 %s is no authorization', (_what, headers) => {
  expect(read(...headers)).toBeUndefined();
});
