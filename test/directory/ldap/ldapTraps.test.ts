// What a server may do to a reading, honestly or not.
import { createLdapFeed } from '../../../src/directory/ldap/ldapFeed';
import { ldapSettings } from '../../../src/directory/ldap/ldapSettings';
import { guidBytes } from './adPeople';
import { faultOf, numbersOf, readAll, watchConnections } from './readings';
import { startScriptedServer } from './scriptedServer';
import type { ScriptedAnswer, ScriptedEntry, ScriptedServer } from './scriptedServer';

const person = (n: number): ScriptedEntry => ({
  dn: `cn=Person ${n}`, attributes: { objectGUID: guidBytes(n), employeeNumber: `e-${n}`, sn: 'Example' } });

describe('an LDAP server', () => {
  const running: ScriptedServer[] = [];
  const serve = async (...[answer, silentAt]: Parameters<typeof startScriptedServer>): Promise<ScriptedServer> => {
    // The first search of a reading is for what the server says of itself: nothing.
    const server = await startScriptedServer((n) => (n === 0 ? {} : answer(n - 1)), silentAt);
    running.push(server);
    return server;
  };
  afterEach(async () => {
    for (const server of running.splice(0)) await server.close();
  });
  const feedOf = ({ url }: { url: string }, more = {}) => createLdapFeed({ source: 'ad', ...ldapSettings.parse({
    url, allowInsecure: true, bindDn: 'cn=doorman', password: 'secret', base: 'dc=acme', filter: '(objectClass=person)',
    ...more }) }, {});
  const serving = (...answers: readonly ScriptedAnswer[]) => serve((n) => answers[n] ?? { result: 53 });

  it('that found nobody for one page is asked for the next one', async () => {
    const server = await serving({ entries: [person(10)], cookie: 'a' }, { cookie: 'b' }, { cookie: 'c' },
      { entries: [person(11)] });
    const { records, pages } = await readAll(feedOf(server));
    expect([numbersOf(records), pages]).toEqual([['e-10', 'e-11'], 4]);
    expect(server.asked.filter((request) => request !== 'unbind')).toEqual(
      ['bind', 'search', 'search', 'search', 'search', 'search']);
  });

  it('is not believed when it repeats a page, or sends pages without anybody for ever', async () => {
    const page = { entries: [person(10), person(11)], cookie: 'a' };
    expect(await faultOf(feedOf(await serving(page, page)))).toMatchObject({
      kind: 'untrustworthy', message: 'reading: the server repeats a page' });
    const empty = await serve(() => ({ cookie: 'a' }));
    expect(await faultOf(feedOf(empty))).toMatchObject({ kind: 'untrustworthy' });
    const keyless = await serve(() => ({ entries: [{ attributes: { employeeNumber: 'e-10' } }], cookie: 'a' }));
    expect(await faultOf(feedOf(keyless))).toMatchObject({ kind: 'untrustworthy' });
  });

  it('may tell somebody twice who was moved meanwhile: they count once', async () => {
    const server = await serving(
      { entries: [person(10), person(11)], cookie: 'a' }, { entries: [person(11), person(12)] });
    const { records, notices } = await readAll(feedOf(server));
    expect(numbersOf(records)).toEqual(['e-10', 'e-11', 'e-12']);
    expect(notices.map(({ why }) => why)).toEqual(['stands there a second time, and counts once']);
  });

  it('A40 changes nothing here by an attribute called __proto__', async () => {
    const attributes = Object.entries(person(10).attributes);
    const server = await serving({ entries: [{ attributes: [
      ...attributes, ['__proto__', 'employeeNumber'], ['constructor', 'x'], ['toString', 'y'],
      ['OBJECTCLASS', 'person'],
    ] as [string, string][] }] });
    const { records } = await readAll(feedOf(server));
    expect(records).toMatchObject([{ employeeNumber: 'e-10', familyName: 'Example', givenName: '' }]);
    expect('employeeNumber' in {}).toBe(false);
  });

  it('spells attributes as it likes', async () => {
    const server = await serving({ entries: [{ attributes: {
      OBJECTGUID: guidBytes(10), EmployeeNumber: 'e-10', SN: 'Example', 'givenName;lang-de': 'Anna' } }] });
    const { records } = await readAll(feedOf(server));
    expect(records).toMatchObject([{ employeeNumber: 'e-10', familyName: 'Example', givenName: '' }]);
  });

  it.each(['hangUp', 'cutShort'] as const)('that leaves between pages is not asked on as nobody: %s', async (then) => {
    const server = await serving({ entries: [person(10), person(11)], cookie: 'a', then }, { entries: [person(12)] });
    const connections = watchConnections();
    expect(await faultOf(feedOf(server))).toMatchObject({ kind: 'unreachable' });
    expect([server.connections(), connections.open()]).toEqual([1, 0]);
    connections.stop();
  });

  it('is not connected to anew when it hung up while nobody asked', async () => {
    const server = await serving({ entries: [person(10)], cookie: 'a', then: 'hangUp' }, { entries: [person(11)] });
    const connections = watchConnections();
    const pages = feedOf(server).read()[Symbol.asyncIterator]();
    await pages.next();
    await connections.allClosed();
    await expect(pages.next()).rejects.toMatchObject({ kind: 'unreachable' });
    expect(server.connections()).toBe(1);
    connections.stop();
  });

  it.each([
    ['to a bind', 'bind', {}], ['to a search', 'search', {}],
    ['to StartTLS', 'startTls', { startTls: true }], ['in the TLS handshake after StartTLS', 'tls', { startTls: true }],
  ] as const)('that does not answer %s is given up, and let go of', async (_, silentAt, more) => {
    const server = await serve(() => ({}), silentAt);
    const connections = watchConnections();
    expect(await faultOf(feedOf(server, { ...more, connectSeconds: 0.1, answerSeconds: 0.1 })))
      .toMatchObject({ kind: 'unreachable' });
    expect(connections.open()).toBe(0);
    connections.stop();
  });

  it('that does not answer a TLS handshake is given up', async () => {
    const { port } = await serve(() => ({}));
    expect(await faultOf(feedOf({ url: `ldaps://127.0.0.1:${port}` }, { connectSeconds: 0.1 })))
      .toMatchObject({ kind: 'unreachable' });
  });

  it('that says what is no answer is not believed', async () => {
    const server = await serving({ entries: [person(10)], then: 'babble' });
    expect(await faultOf(feedOf(server))).toMatchObject({
      kind: 'untrustworthy', message: 'reading: the server speaks no LDAP' });
  });

  it('never hears the password where it does not make TLS', async () => {
    const server = await serve(() => ({}), 'tls');
    await faultOf(feedOf(server, { startTls: true, connectSeconds: 0.1 }));
    expect(server.asked).toEqual(['startTls']);
  });

  it.each([
    [1, 'refused'], [3, 'unreachable'], [4, 'misconfigured'], [10, 'misconfigured'], [50, 'refused'],
    [51, 'unreachable'], [52, 'unreachable'], [80, 'untrustworthy'],
  ])('answers with result %i, which is told in words of ours', async (result, kind) => {
    const fault = await faultOf(feedOf(await serving({
      entries: [person(10)], result, diagnostics: 'cn=Canary,dc=acme may not' })));
    expect(fault.kind).toBe(kind);
    expect(fault.message).toMatch(new RegExp(`^reading: .*\\(result ${result}\\)$`));
    expect(String(fault.stack)).not.toContain('Canary');
  });
});
