import { createLdapFeed } from '../../../src/directory/ldap/ldapFeed';
import { crowd } from './adPeople';
import { faultOf, readAll, watchConnections } from './readings';
import { authority, describeWithSlapd, otherAuthority, reader, startSlapd, suffix } from './slapd';
import type { Slapd } from './slapd';

describeWithSlapd('a connection to an LDAP server', () => {
  let slapd: Slapd;
  beforeAll(async () => {
    slapd = await startSlapd({ people: crowd(3) });
  });
  afterAll(() => slapd.stop());

  const feedOf = (more: Parameters<Slapd['settings']>[0]) =>
    createLdapFeed({ source: 'ad', ...slapd.settings({ allowInsecure: false, ...more }) }, {});
  const startTls = (host = 'localhost') => ({ url: `ldap://${host}:${slapd.port}`, startTls: true });
  const ldaps = (host = 'localhost') => ({ url: `ldaps://${host}:${slapd.securePort}` });

  it.each([['ldaps://', ldaps], ['StartTLS', startTls]])('is secured by %s', async (_, way) => {
    const connections = watchConnections();
    expect((await readAll(feedOf({ ...way(), ca: authority }))).records).toHaveLength(3);
    expect(connections.open()).toBe(0);
    connections.stop();
  });

  it.each([
    ['another authority vouches for, by ldaps://', () => ({ ...ldaps(), ca: otherAuthority })],
    ['another authority vouches for, by StartTLS', () => ({ ...startTls(), ca: otherAuthority })],
    ['no public authority vouches for, by ldaps://', ldaps],
    ['no public authority vouches for, by StartTLS', startTls],
    ['has the certificate of another name, by ldaps://', () => ({ ...ldaps('127.0.0.1'), ca: authority })],
    ['has the certificate of another name, by StartTLS', () => ({ ...startTls('127.0.0.1'), ca: authority })],
  ])('is not made to a server that %s', async (_, settings) => {
    const connections = watchConnections();
    const { kind, message } = await faultOf(feedOf(settings()));
    expect([kind, message]).toEqual(['untrustworthy', expect.stringContaining('certificate is not to be trusted')]);
    expect(connections.open()).toBe(0);
    connections.stop();
  });

  it('is not made in clear where the server has no StartTLS', async () => {
    const plain = await startSlapd({ people: crowd(1), tls: false });
    try {
      const { kind } = await faultOf(feedOf({ url: plain.url, startTls: true, ca: authority }));
      expect(kind).toBe('misconfigured');
    } finally {
      await plain.stop();
    }
  });

  it('tells a port that does not speak TLS from one that is not trusted', async () => {
    const url = `ldaps://localhost:${slapd.port}`;
    const { kind, message } = await faultOf(feedOf({ url, ca: authority, connectSeconds: 2 }));
    expect(message).not.toContain('trusted');
    expect(['misconfigured', 'unreachable']).toContain(kind);
  });

  it.each([
    ['a wrong password', { password: 'canary wrong' }],
    ['an unknown user', { bindDn: `cn=canary,${suffix}` }],
    ['a user without a password', { bindDn: suffix }],
    ['a user that is no DN', { bindDn: 'canary' }],
  ])('is refused for %s, without repeating it', async (_, wrong) => {
    const { kind, message } = await faultOf(feedOf({ ...ldaps(), ca: authority, ...wrong }));
    expect(['refused', 'misconfigured']).toContain(kind);
    expect(message).not.toMatch(/canary|acme/);
  });

  it('says whether the password is wrong', async () => {
    const { kind, message } = await faultOf(feedOf({ ...ldaps(), ca: authority, password: `${reader.password} ` }));
    expect([kind, message]).toEqual(['refused', 'connecting: the server knows no such user and password (result 49)']);
  });

  it('is worth another try where nobody listens', async () => {
    const gone = await startSlapd({ people: crowd(1) });
    await gone.stop();
    const { kind, message } = await faultOf(feedOf({ url: gone.url, allowInsecure: true }));
    expect([kind, message]).toEqual(['unreachable', 'connecting: the server cannot be reached (ECONNREFUSED)']);
  });
});
