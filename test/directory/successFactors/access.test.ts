// How SuccessFactors lets us in: by assertions that it can verify, by tokens that are asked for once, or not at all.
import { createSigner } from '../../../src/directory/successFactors/access';
import { createSuccessFactorsFeed } from '../../../src/directory/successFactors/successFactorsFeed';
import { complaintAbout, fieldsOf } from './assertionCheck';
import { FakeSuccessFactors, credentials, json, oDataError, pem } from './fakeSuccessFactors';
import { faultOf, itemsOf, noticesIn, recordsOf } from './reading';
import { person } from './sfPeople';

let sap: FakeSuccessFactors;
const feedOf = (more: object = {}) => createSuccessFactorsFeed({ source: 'sf', ...sap.settings(more) }, {});

beforeEach(async () => {
  sap = await new FakeSuccessFactors().start();
  sap.people = Array.from({ length: 5 }, (_, n) => person(`E-${n}00`));
});
afterEach(() => sap.close());

const recipient = 'https://api.example/oauth/token';
const signing = {
  by: 'assertion', clientId: credentials.clientId, privateKey: pem('apiClient.key'),
  certificate: pem('apiClient.cert'), audience: 'www.successfactors.com', issuer: 'www.successfactors.com',
  userIs: 'username',
} as const;
const sign = (user: string, more: object = {}) => createSigner({ user, tokenUrl: recipient }, { ...signing, ...more })();
const check = (assertion: string, user: string) => complaintAbout(assertion, {
  certificate: signing.certificate, audience: signing.audience, issuer: signing.issuer, recipient, user,
  apiKey: signing.clientId, now: Date.now() });

describe('an assertion', () => {
  it('says who asks, at whom and for how long, and is signed', () => {
    const assertion = sign('sfapi');
    expect(check(assertion, 'sfapi')).toBeUndefined();
    const { notBefore, notOnOrAfter, useUsername, id } = fieldsOf(assertion);
    expect(notOnOrAfter - notBefore).toBe(600_000);
    expect(useUsername).toBe('true');
    expect(id).not.toBe(fieldsOf(sign('sfapi')).id);
    expect(fieldsOf(sign('sfapi', { userIs: 'userId' })).useUsername).toBe('false');
  });

  it('is worth nothing once it was changed, or signed by another key', () => {
    const assertion = sign('sfapi');
    expect(check(assertion.replace('>sfapi<', '>admin<'), 'admin')).toContain('signature');
    expect(check(assertion.replace(recipient, 'https://elsewhere.example'), 'sfapi')).toContain('signature');
    const other = { privateKey: pem('otherClient.key'), certificate: pem('otherClient.cert') };
    expect(check(sign('sfapi', other), 'sfapi')).toContain('signature');
  });

  it.each([
    'a\'b', '"><evil/>', '</saml:NameID><saml:NameID>admin', 'a&b;&lt;', 'Ünïcode ☎', ']]>', '<!-- x -->admin',
  ])('names the user as configured, and nobody else: %s', (user) => {
    expect(check(sign(user), user)).toBeUndefined();
  });
});

describe('signing in', () => {
  it('sends the assertion to the token endpoint, and only the token to the service', async () => {
    expect(await recordsOf(feedOf())).toHaveLength(5);
    const [form] = sap.forms;
    expect([...form!.keys()].sort()).toEqual(['assertion', 'client_id', 'company_id', 'grant_type']);
    for (const { kind, url, request } of sap.requests) {
      expect(url.href).not.toMatch(/canary|sfapi|ACME/);
      expect(request.headers.authorization ?? '').toMatch(kind === 'token' ? /^$/ : /^Bearer token-canary-/);
    }
  });

  it('happens once for many readings, and again before the token ends', async () => {
    const feed = feedOf();
    await Promise.all([itemsOf(feed), itemsOf(feed), itemsOf(feed)]);
    await itemsOf(feed);
    expect(sap.tokensAsked()).toBe(1);
    sap.tokenSeconds = 59;
    const hasty = feedOf();
    await itemsOf(hasty);
    await itemsOf(hasty);
    expect(sap.tokensAsked()).toBe(3);
  });

  it('happens anew when the token is refused, for a new token, and the reading goes on', async () => {
    const feed = feedOf({ pageSize: 2 });
    sap.interfere = (kind, number) => {
      if (kind === 'page' && number === 2) sap.revokeTokens();
      return undefined;
    };
    expect(await recordsOf(feed)).toHaveLength(5);
    expect(sap.forms.map((form) => form.get('new_token'))).toEqual([null, 'true']);
  });

  it('is given up when the new token is refused as well', async () => {
    sap.interfere = (kind) => (kind === 'page' ? json(oDataError('LGN0022', '[LGN0022]canary'), 401) : undefined);
    const fault = await faultOf(itemsOf(feedOf()), 'refused');
    expect(fault.message).toContain('LGN0022');
    expect([sap.tokensAsked(), sap.pagesAsked().length]).toEqual([2, 2]);
  });

  it.each<[string, RegExp, object]>([
    ['the audience', /audience/, { audience: 'www.canary.example' }],
    ['the issuer', /issuer/, { issuer: 'www.canary.example' }],
    ['the key', /signature/, { privateKey: pem('otherClient.key'), certificate: pem('otherClient.cert') }],
    ['the client', /client id/, { clientId: 'another-canary' }],
    ['the company', /company/, { companyId: 'CANARY\' or 1 eq 1' }],
    ['the user', /API user/, { user: 'canary\' or \'1\' eq \'1' }],
  ])('says what SuccessFactors does not like, without its words: %s', async (_, cause, more) => {
    const fault = await faultOf(itemsOf(feedOf(more)), 'refused');
    expect(fault.message).toMatch(cause);
    expect(fault.message).not.toMatch(/canary/i);
    expect(sap.pagesAsked()).toEqual([]);
  });

  it('says that a clock is wrong', async () => {
    sap.expected.now = () => Date.now() + 3_600_000;
    expect((await faultOf(itemsOf(feedOf()), 'refused')).message).toContain('clock');
  });

  it('says nothing of a refusal that it does not understand', async () => {
    sap.interfere = () => json({ errorHttpCode: '401', errorMessage: 'canary' }, 401);
    expect((await faultOf(itemsOf(feedOf()), 'refused')).message).toContain('401');
  });
});

describe('signing in by password, for a sandbox of old', () => {
  const old = () => ({ legacyBasic: true, password: credentials.password });

  it('works, and is remarked on once a reading', async () => {
    const feed = feedOf({ ...old(), pageSize: 2 });
    const items = await itemsOf(feed);
    expect(items.filter((item) => 'record' in item)).toHaveLength(5);
    expect(noticesIn(items)).toEqual([
      { where: 'the settings', column: 'legacyBasic', why: expect.stringContaining('SAP has ended') }]);
    expect(sap.tokensAsked()).toBe(0);
    expect(noticesIn(await itemsOf(feedOf()))).toEqual([]);
  });

  it('ends with the last day that is accepted, without a request', async () => {
    expect(noticesIn(await itemsOf(feedOf({ ...old(), acceptLegacyBasicUntil: '2999-12-31' })))).toHaveLength(1);
    const asked = sap.pagesAsked().length;
    const over = await faultOf(itemsOf(feedOf({ ...old(), acceptLegacyBasicUntil: '2025-12-31' })), 'misconfigured');
    expect(over.message).toContain('acceptLegacyBasicUntil is over');
    expect(sap.pagesAsked()).toHaveLength(asked);
  });

  it('is not tried twice with a wrong password', async () => {
    await faultOf(itemsOf(feedOf({ ...old(), password: 'wrong-canary' })), 'refused');
    expect(sap.pagesAsked()).toHaveLength(1);
  });

  it.each([{ user: 'a:b' }, { companyId: 'A:B' }, { companyId: 'A@B' }])(
    'refuses names that would end early: %j', (more) => {
      expect(() => feedOf({ ...old(), ...more })).toThrow('must hold no');
    });
});
