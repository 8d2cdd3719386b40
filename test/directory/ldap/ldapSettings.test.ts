import { z } from 'zod';
import { ldapSettings } from '../../../src/directory/ldap/ldapSettings';
import { authority, fixture } from './slapd';

const usual = {
  url: 'ldaps://dc1.acme.example', bindDn: 'doorman@acme.example', password: 'canary', base: 'dc=acme,dc=example',
  filter: '(&(objectCategory=person)(objectClass=user))',
};
const problems = (more: Record<string, unknown>, schema: z.ZodType = ldapSettings): string[] =>
  (schema.safeParse({ ...usual, ...more }).error?.issues ?? [])
    .map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('the settings of an LDAP source', () => {
  it('need little', () => {
    expect(ldapSettings.parse(usual)).toEqual({
      ...usual, startTls: false, allowInsecure: false, scope: 'sub', key: 'objectGUID', pageSize: 500,
      connectSeconds: 10, answerSeconds: 60,
      attributes: {
        employeeNumber: 'employeeNumber', givenName: 'givenName', familyName: 'sn', mail: 'mail', mobile: 'mobile',
        telephone: 'telephoneNumber', language: 'preferredLanguage', department: 'department' },
    });
  });

  it.each([
    [{ url: 'ldap://dc1.acme.example' }, 'url: would send the password in clear'],
    [{ startTls: true }, 'startTls: is for ldap:// only'],
    [{ password: '' }, 'password: must not be empty'],
    [{ password: undefined }, 'password: '],
    [{ bindDn: '' }, 'bindDn: '],
    [{ pageSize: 1_001 }, 'pageSize: '],
    [{ ca: 'my authority' }, 'ca: must be certificates'],
    [{ ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }, 'ca: must be certificates'],
    [{ ca: fixture('testLdapServer.key.pem') }, 'ca: must be certificates'],
    [{ country: 'Germany' }, 'country: must be two capital letters'],
    [{ key: '__proto__' }, 'key: must be the name of an attribute'],
    [{ attributes: { mobile: '__proto__' } }, 'attributes.mobile: must be the name of an attribute'],
    [{ attributes: { mobile: 'mobile)(uid=*' } }, 'attributes.mobile: must be the name of an attribute'],
    [{ attributes: { employeeNumber: null } }, 'attributes.employeeNumber: '],
    [{ status: { attribute: 'st' } }, 'status: needs either "active" or "inactive"'],
    [{ status: { attribute: 'st', active: ['A'], inactive: ['B'] } }, 'status: needs either "active" or "inactive"'],
    [{ changes: 'whenChanged' }, 'changes: '],
    [{ bindPassword: 'x' }, ': '],
  ])('are refused: %j', (more, sentence) => {
    const found = problems(more);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(sentence);
    expect(found[0]).not.toContain('canary');
  });

  it.each(['ldaps://', 'https://dc1', 'dc1.acme.example', 'ldaps://dc1/dc=acme', 'ldaps://dc1?x', 'ldaps://dc1#x',
    'ldaps://user:canary@dc1'])('know no server %s', (url) => {
    expect(problems({ url })).toContain('url: must be ldaps:// or ldap:// and a host, and nothing after it');
  });

  it.each(['', '(', '(uid=*', '(uid=*)(uid=*)', 'canary)(uid=*', '(&(canary=1)', '((uid=1))', '(uid=a(b)', '(=canary)',
    '(!)', '(&)', '(uid)', '(uid=m\\c3\\bcller)', '(uid=\\canary)', '(& (uid=1) (uid=2))',
  ])('know no filter %s', (filter) => {
    const found = problems({ filter });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^filter: /);
    expect(found[0]).not.toContain('canary');
  });

  it('know no filter that goes on for ever', () => {
    const filter = `${'(!'.repeat(50_000)}(uid=1)${')'.repeat(50_000)}`;
    expect(problems({ filter })).toHaveLength(1);
  });

  it.each(['(objectClass=*)', '(sn=Müller)', '(cn=a\\2a\\28b\\29)', '(mail=*@acme.example)',
    '(!(userAccountControl:1.2.840.113556.1.4.803:=2))', '(|(uid=a*b*c)(!(&(x>=1)(y<=2)(z~=3))))',
  ])('know the filter %s', (filter) => {
    expect(problems({ filter })).toEqual([]);
  });

  it('take the authority of a company, TLS by both ways, and clear text only when told', () => {
    expect(problems({ ca: `${authority}\n${fixture('otherLdapAuthority.cert.pem')}` })).toEqual([]);
    expect(problems({ url: 'ldap://[::1]:1389', startTls: true })).toEqual([]);
    expect(problems({ url: 'ldap://dc1', allowInsecure: true })).toEqual([]);
  });

  it('stand beside those that every source has', () => {
    const source = ldapSettings.safeExtend({ kind: z.literal('ldap'), name: z.string() });
    expect(problems({ kind: 'ldap', name: 'ad' }, source)).toEqual([]);
    expect(problems({ kind: 'ldap', name: 'ad', url: 'ldap://dc1' }, z.discriminatedUnion('kind', [source])))
      .toEqual(['url: would send the password in clear: use ldaps://, or "startTls": true']);
  });
});
