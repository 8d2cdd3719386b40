// Every way in which a statement can be wrong, and the word for it. All of them are signed as well as they can be.
import { generateKeyPairSync, sign as signWith, constants } from 'node:crypto';
import { StatementRefused, statementIn } from '../../src/verifier/verifier';
import {
  at, audience, base64url, es256, es256Der, goodClaims, hs256, issuer, makeKey, messageId, token, verdict, verifierOver,
} from './forge';
import type { TestKey } from './forge';

let key: TestKey;
let stranger: TestKey;
let world: ReturnType<typeof verifierOver>;
beforeAll(async () => { [key, stranger] = [await makeKey(), await makeKey()]; });
beforeEach(() => { world = verifierOver(key); });

const judge = (jwt: string) => verdict(world.verifierWith().verify(jwt));

test('a statement of Doorman\'s says who is speaking', async () => {
  expect(await world.verifierWith().verify(token(key), { messageId })).toEqual({
    subject: goodClaims.sub, sessionId: goodClaims.sid, messageId, methods: ['otp', 'sms'], assurance: 'standard',
    authenticatedAt: new Date((at - 600) * 1_000), issuedAt: new Date(at * 1_000), expiresAt: new Date((at + 120) * 1_000),
  });
});

test('a refusal says one word, and nothing of the token', async () => {
  const refused = await world.verifierWith().verify(token(stranger)).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(StatementRefused);
  expect(String(refused)).toBe('StatementRefused: the statement was refused: unknownKey');
});

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const pemOf = ({ publicKey }: TestKey) => publicKey.export({ type: 'spki', format: 'pem' });
const derOf = ({ publicKey }: TestKey) => publicKey.export({ type: 'spki', format: 'der' });
const pss = { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };

test.each<[string, string, () => string]>([
  ['unsigned (none)', 'malformed', () => token(key, {}, { alg: 'none' }, () => Buffer.alloc(0))],
  ['unsigned, with a signature of something', 'algorithm', () => token(key, {}, { alg: 'none' })],
  ['unsigned (nOnE)', 'algorithm', () => token(key, {}, { alg: 'nOnE' })],
  ['signed with our public key as a secret (PEM)', 'algorithm', () => token(key, {}, { alg: 'HS256' }, hs256(pemOf(key)))],
  ['signed with our public key as a secret (DER)', 'algorithm', () => token(key, {}, { alg: 'HS256' }, hs256(derOf(key)))],
  ['signed with our public key as a secret (x)', 'algorithm', () =>
    token(key, {}, { alg: 'HS256' }, hs256(Buffer.from(String(key.jwk.x), 'base64url')))],
  ['signed with our public key as a secret, and called ES256', 'signature', () => token(key, {}, {}, hs256(pemOf(key)))],
  ['signed with RSA', 'algorithm', () =>
    token(key, {}, { alg: 'RS256' }, (input) => signWith('sha256', Buffer.from(input), rsa.privateKey))],
  ['signed with RSA-PSS', 'algorithm', () =>
    token(key, {}, { alg: 'PS256' }, (input) => signWith('sha256', Buffer.from(input), pss))],
  ['signed with RSA, and called ES256', 'signature', () =>
    token(key, {}, {}, (input) => signWith('sha256', Buffer.from(input), rsa.privateKey))],
  ['of another curve\'s algorithm', 'algorithm', () => token(key, {}, { alg: 'ES384' })],
  ['of no algorithm', 'algorithm', () => token(key, {}, { alg: undefined })],
  ['of several algorithms', 'algorithm', () => token(key, {}, { alg: ['ES256'] })],
  ['signed in DER', 'signature', () => token(key, {}, {}, es256Der(key.privateKey))],
  ['signed by somebody else in our key\'s name', 'signature', () => token(key, {}, {}, es256(stranger.privateKey))],
  ['signed by zeros', 'signature', () => token(key, {}, {}, () => Buffer.alloc(64))],
  ['not signed at all', 'malformed', () => token(key).replace(/[^.]*$/, '')],
])('A57 a token %s is refused: %s', async (_what, reason, make) => {
  expect(await judge(make())).toBe(reason);
});

test.each<[string, string, (stranger: TestKey) => Record<string, unknown>]>([
  ['a path', 'kid', () => ({ kid: '../../../../dev/null' })],
  ['a path, in another spelling', 'kid', () => ({ kid: '..%2f..%2fetc%2fpasswd' })],
  ['SQL', 'kid', () => ({ kid: 'x\' UNION SELECT \'key' })],
  ['an address', 'kid', () => ({ kid: 'https://evil.example/key' })],
  ['nothing', 'kid', () => ({ kid: '' })],
  ['a number', 'kid', () => ({ kid: 0 })],
  ['a name that objects have', 'kid', () => ({ kid: '__proto__' })],
  ['no key at all', 'kid', () => ({ kid: undefined })],
  ['a key of its own in the header', 'header', ({ jwk }) => ({ jwk })],
  ['the address of its key', 'header', () => ({ jku: 'https://evil.example/jwks.json' })],
  ['the address of its certificate', 'header', () => ({ x5u: 'https://evil.example/cert.pem' })],
  ['its certificate', 'header', () => ({ x5c: ['MIIB'] })],
  ['the thumbprint of a certificate', 'header', () => ({ x5t: 'AAAA' })],
  ['something that is critical', 'header', () => ({ crit: ['exp'] })],
  ['a payload that is not encoded', 'header', () => ({ b64: false, crit: ['b64'] })],
  ['a packed payload', 'header', () => ({ zip: 'DEF' })],
  ['a content type', 'header', () => ({ cty: 'JWT' })],
])('A58 a header that names %s is refused, and leads nowhere: %s', async (_what, reason, header) => {
  expect(await judge(token(stranger, {}, header(stranger)))).toBe(reason);
  expect(world.fetches).toBe(0);
});

test('A58 a key that the header brings is not believed in the name of one of ours', async () => {
  expect(await judge(token(key, {}, { jwk: stranger.jwk }, es256(stranger.privateKey)))).toBe('header');
});

test.each<[string, string, Record<string, unknown>, Record<string, unknown>]>([
  ['for another backend', 'audience', { aud: 'https://other.acme.example' }, {}],
  ['for several', 'audience', { aud: [audience, 'https://other.acme.example'] }, {}],
  ['for a list of one', 'audience', { aud: [audience] }, {}],
  ['for nobody', 'audience', { aud: undefined }, {}],
  ['for whose name begins alike', 'audience', { aud: `${audience}.evil.example` }, {}],
  ['from somebody else', 'issuer', { iss: 'https://evil.example' }, {}],
  ['from whose name begins alike', 'issuer', { iss: `${issuer}/` }, {}],
  ['from nobody', 'issuer', { iss: undefined }, {}],
  ['for contact centres', 'type', {}, { typ: 'customer-auth+jwt' }],
  ['for a token endpoint', 'type', {}, { typ: 'JWT' }],
  ['of an access token\'s type', 'type', {}, { typ: 'at+jwt' }],
  ['of the type in another case', 'type', {}, { typ: 'DOORMAN-STATEMENT+JWT' }],
  ['of the type with its prefix', 'type', {}, { typ: 'application/doorman-statement+jwt' }],
  ['of no type', 'type', {}, { typ: undefined }],
])('A60 a token %s is refused: %s', async (_what, reason, claims, header) => {
  expect(await judge(token(key, claims, header))).toBe(reason);
});

describe('A61 times', () => {
  const odd = [String(at), at + 0.5, 1e308, -1, 0, null, true, [at], { at }, undefined, 1e11, 9e15, ''];
  const names = ['exp', 'nbf', 'iat', 'auth_time'] as const;
  test.each(names.flatMap((name) => odd.map((value) => [name, value] as const)))(
    'of which %s is %j are refused', async (name, value) => {
      expect(await judge(token(key, { [name]: value }))).toBe('claims');
    });

  test('that JSON cannot hold are refused', async () => {
    for (const literal of ['1e999', '-0', 'NaN']) {
      const payload = JSON.stringify(goodClaims).replace(`"exp":${at + 120}`, `"exp":${literal}`);
      const input = `${token(key).split('.')[0]}.${base64url(payload)}`;
      const jwt = `${input}.${es256(key.privateKey)(input).toString('base64url')}`;
      expect(await judge(jwt)).toMatch(/^(claims|malformed)$/);
    }
  });

  test.each<[string, string, Record<string, number>]>([
    ['of more than two minutes', 'lifetime', { exp: at + 121 }],
    ['of years', 'lifetime', { exp: at + 1e8 }],
    ['that end before they begin', 'claims', { exp: at - 1 }],
    ['that end as they begin', 'claims', { exp: at }],
    ['that hold before they were signed', 'claims', { nbf: at - 1 }],
    ['of a proof that is yet to come', 'claims', { auth_time: at + 1 }],
    ['that begin in a minute', 'notYet', { nbf: at + 60 }],
  ])('%s are refused: %s', async (_what, reason, claims) => {
    expect(await judge(token(key, claims))).toBe(reason);
  });

  test('are taken with clocks that differ by half a minute, and no more: of 601 skews each has its answer', async () => {
    const verifier = world.verifierWith();
    const jwt = token(key);
    const wrong: string[] = [];
    for (let skew = -300; skew <= 300; skew += 1) {
      world.seconds = at + skew;
      const expected = skew < -30 ? 'notYet' : skew >= 150 ? 'expired' : 'accepted';
      const found = await verdict(verifier.verify(jwt));
      if (found !== expected) wrong.push(`${skew}: ${found}`);
    }
    expect(wrong).toEqual([]);
  });
});

test.each<[string, Record<string, unknown>]>([
  ['no subject', { sub: undefined }], ['an empty subject', { sub: '' }], ['a subject that is a number', { sub: 7 }],
  ['no session', { sid: undefined }], ['no message', { jti: undefined }], ['a list of messages', { jti: [messageId] }],
  ['a subject without end', { sub: 'x'.repeat(257) }],
  ['no method', { amr: [] }], ['a method that is no list', { amr: 'otp' }], ['a method without a name', { amr: [''] }],
  ['no assurance', { acr: undefined }], ['an assurance that there is not', { acr: 'urn:doorman:assurance:highest' }],
  ['an assurance of another issuer', { acr: 'high' }],
])('a statement of %s is refused', async (_what, claims) => {
  expect(await judge(token(key, claims))).toBe('claims');
});

test.each([
  ['nothing', ''], ['words', 'not a token'], ['two parts', 'a.b'], ['five parts, which is encrypted', 'a.b.c.d.e'],
  ['no JSON', `${base64url('{')}.${base64url('{')}.AAAA`], ['a list', `${base64url('[]')}.${base64url('{}')}.AAAA`],
  ['null', `${base64url('null')}.${base64url('{}')}.AAAA`], ['a megabyte', 'a'.repeat(1_048_576)],
])('what is %s is no statement', async (_what, jwt) => {
  expect(await judge(jwt)).toBe('malformed');
});

test('what is no text at all is no statement', async () => {
  for (const value of [undefined, null, 7, {}, ['a.b.c']]) {
    expect(await judge(value as string)).toBe('malformed'); // cast: who calls it from JavaScript can
  }
});

describe('a statement that is shown again', () => {
  const remembered = () => {
    const seen = new Map<string, Date>();
    return { seen, once: (id: string, until: Date) => !seen.has(id) && seen.set(id, until).has(id) };
  };

  test('A63 is refused the second time, when there is a store', async () => {
    const { seen, once } = remembered();
    const verifier = world.verifierWith({ once });
    const jwt = token(key);
    expect([await verdict(verifier.verify(jwt)), await verdict(verifier.verify(jwt))]).toEqual(['accepted', 'replayed']);
    expect([...seen]).toEqual([[messageId, new Date((at + 150) * 1_000)]]);
  });

  test('A63 is refused with another message than its own', async () => {
    expect(await verdict(world.verifierWith().verify(token(key), { messageId: 'SM-other' }))).toBe('message');
  });

  test('A63 does not use up its id when it is refused for something else', async () => {
    const { seen, once } = remembered();
    await verdict(world.verifierWith({ once }).verify(token(key, {}, {}, es256(stranger.privateKey))));
    expect(seen.size).toBe(0);
  });

  test('A63 is refused when the store does not know', async () => {
    const once = () => undefined as unknown as boolean; // cast: what a store in trouble may answer
    expect(await verdict(world.verifierWith({ once }).verify(token(key)))).toBe('replayed');
  });
});

test('a statement stands in its header after the word JWT, and nowhere else', () => {
  expect(statementIn('JWT a.b.c')).toBe('a.b.c');
  for (const header of [undefined, '', 'a.b.c', 'Bearer a.b.c', 'JWT a.b.c, JWT d.e.f', 'jwt a.b.c']) {
    expect(statementIn(header)).toBeUndefined();
  }
});
