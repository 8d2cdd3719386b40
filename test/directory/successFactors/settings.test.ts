// What an operator may write, and what is said of what makes no sense.
import { createSuccessFactorsFeed } from '../../../src/directory/successFactors/successFactorsFeed';
import { settle, successFactorsSettings } from '../../../src/directory/successFactors/settings';
import { credentials, pem } from './fakeSuccessFactors';

const written = {
  url: 'https://api4.example/odata/v2', companyId: credentials.companyId, user: credentials.user,
  clientId: credentials.clientId, privateKey: pem('apiClient.key'), certificate: pem('apiClient.cert'),
};
const settled = (more: object = {}) => settle(successFactorsSettings.parse({ ...written, ...more }));

describe('the settings', () => {
  it('need an address, a company, a user and a client; the rest is as usual', () => {
    expect(settled()).toMatchObject({
      url: new URL('https://api4.example/odata/v2/'), tokenUrl: 'https://api4.example/oauth/token',
      signIn: { by: 'assertion', audience: 'www.successfactors.com', issuer: 'www.successfactors.com' },
      activeStatuses: new Set(['A', 'U', 'P']), absentStatuses: new Set(), timeZone: 'UTC', allowInsecure: false,
      employeeId: 'personIdExternal',
    });
  });

  it('may end the address with a slash', () => {
    expect(settled({ url: 'https://api4.example/odata/v2//' }).url.href).toBe('https://api4.example/odata/v2/');
  });

  it.each<[string, object, string]>([
    ['an address that is none', { url: 'canary' }, 'url is not a URL'],
    ['an address without TLS', { url: 'http://api4.example/odata/v2' }, 'url must be an https URL'],
    ['another protocol, even in development', { url: 'ftp://x', allowInsecure: true }, 'url must be an https URL'],
    ['credentials in the address', { url: 'https://a:canary@api4.example/' }, 'url must hold no credentials'],
    ['a query in the address', { url: 'https://api4.example/?canary' }, 'url must end with its path'],
    ['a token endpoint without TLS', { tokenUrl: 'http://api4.example/oauth/token' }, 'tokenUrl must be an https URL'],
    ['no client', { clientId: undefined }, 'clientId is missing'],
    ['no key', { privateKey: undefined }, 'privateKey is missing'],
    ['no certificate', { certificate: undefined }, 'certificate is missing'],
    ['what is no key', { privateKey: 'canary' }, 'privateKey is not a private key'],
    ['what is no certificate', { certificate: 'canary' }, 'certificate is not a certificate'],
    ['a certificate as key', { privateKey: pem('apiClient.cert') }, 'privateKey is not a private key'],
    ['a certificate of another key', { certificate: pem('otherClient.cert') }, 'certificate is of another private key'],
    ['a password beside a key', { password: 'canary' }, 'password is for legacyBasic only'],
    ['a last day of nothing', { acceptLegacyBasicUntil: '2027-06-30' }, 'acceptLegacyBasicUntil is for legacyBasic only'],
    ['no password', { legacyBasic: true }, 'password is missing'],
    ['a status that is active and absent', { absentStatuses: ['P'] }, 'absentStatuses names a status'],
  ])('refuse %s', (_, more, why) => {
    expect(() => settled(more)).toThrow(why);
    const settings = successFactorsSettings.parse({ ...written, ...more });
    expect(() => createSuccessFactorsFeed({ source: 'sf', ...settings }, {})).toThrow(/^sf: (?!.*canary)/);
  });

  it.each<[string, object]>([
    ['another member', { passwrd: 'canary' }],
    ['a company of two lines', { companyId: 'A\nB' }],
    ['no time zone', { timeZone: 'Middle/Earth' }],
    ['more people a page than SuccessFactors gives', { pageSize: 1_001 }],
    ['nobody to let in', { activeStatuses: [] }],
    ['a type that is none', { phoneTypes: { C: 'canary' } }],
  ])('are not read with %s', (_, more) => {
    const read = successFactorsSettings.safeParse({ ...written, ...more });
    expect(read.success).toBe(false);
    expect(JSON.stringify(read.error!.issues.map(({ message }) => message))).not.toContain('canary');
  });
});
