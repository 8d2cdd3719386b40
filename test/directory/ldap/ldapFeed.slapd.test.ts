import { Client } from 'ldapts';
import { createLdapFeed } from '../../../src/directory/ldap/ldapFeed';
import { directoryFeedSuite } from '../../ports/directoryFeed.suite';
import { adPerson, crowd, disabled, enabled, guidBytes } from './adPeople';
import { faultOf, numbersOf, readAll, watchConnections } from './readings';
import { authority, describeWithSlapd, escapeDn, pagesOfAll, reader, staff, startSlapd, suffix } from './slapd';
import type { Attributes, Slapd, SlapdOptions } from './slapd';

describeWithSlapd('LDAP', () => {
  const running: Slapd[] = [];
  const serve = async (options: SlapdOptions): Promise<Slapd> => {
    const slapd = await startSlapd(options);
    running.push(slapd);
    return slapd;
  };
  afterEach(async () => {
    for (const slapd of running.splice(0)) await slapd.stop();
  });
  const feedOf = (slapd: Slapd, more: Parameters<Slapd['settings']>[0] = {}) =>
    createLdapFeed({ source: 'ad', ...slapd.settings(more) }, {});

  directoryFeedSuite('LDAP', async (people) => {
    const slapd = await startSlapd({ people: Object.fromEntries(people.map((person, n) =>
      [`${person.givenName} ${n}`, adPerson(person, n)])) });
    const connections = watchConnections();
    return {
      feed: feedOf(slapd),
      isOpen: () => connections.open() > 0,
      async close() {
        connections.stop();
        await slapd.stop();
      },
    };
  }, { wrongContact: 'notice' });

  const ada: Attributes = {
    employeeID: '144133', givenName: 'Ada', sn: 'Example', mail: 'Ada@acme.example', mobile: '+1 202 555 0123',
    telephoneNumber: '+1 202 555 0100', preferredLanguage: 'en-GB, de;q=0.8', department: 'R&D',
    userAccountControl: enabled, objectGUID: Buffer.from('33221100554477668899aabbccddeeff', 'hex'),
  };

  it('delivers a person as Active Directory keeps them', async () => {
    const { records, notices } = await readAll(feedOf(await serve({ people: { Ada: ada } })));
    expect(notices).toEqual([]);
    expect(records).toEqual([{
      externalId: '00112233-4455-6677-8899-aabbccddeeff', employeeNumber: '144133', givenName: 'Ada',
      familyName: 'Example', preferredLanguage: 'en-GB', active: true, department: 'R&D',
      phones: [{ e164: '+12025550123', raw: '+1 202 555 0123', type: 'mobile', primary: true }],
      emails: [{ address: 'ada@acme.example', type: 'work', primary: true }],
    }]);
  });

  it('takes entryUUID as the key where there is no objectGUID', async () => {
    const uuid = 'c0ffee00-0000-4000-8000-00000000abcd';
    const slapd = await serve({ people: { Ada: { ...ada, entryUUID: uuid } } });
    const { records } = await readAll(feedOf(slapd, { key: 'entryUUID' }));
    expect(records.map(({ externalId }) => externalId)).toEqual([uuid]);
  });

  it('reads 5,000 people page by page where the server gives 500 at once', async () => {
    const slapd = await serve({ people: crowd(5_000), options: [`${pagesOfAll} size.soft=500 size.hard=500`] });
    const client = new Client({ url: slapd.url });
    await client.bind(reader.dn, reader.password);
    await expect(client.search(staff)).rejects.toMatchObject({ code: 4 });
    await client.unbind();
    const { records, pages } = await readAll(feedOf(slapd, { pageSize: 250 }));
    expect(new Set(records.map(({ externalId }) => externalId)).size).toBe(5_000);
    expect(pages).toBe(20);
  });

  it('says that the size limit holds for pages too rather than taking the first people for all', async () => {
    const slapd = await serve({ people: crowd(30), options: ['sizelimit size.soft=20 size.hard=20 size.prtotal=20'] });
    const { kind, message } = await faultOf(feedOf(slapd, { pageSize: 10 }));
    expect([kind, message]).toEqual(['misconfigured', expect.stringContaining('size limit')]);
  });

  it('knows who has left: by a disabled account, an expired one, and by the operator\'s own attribute', async () => {
    const year = (n: number) => String(BigInt(Date.UTC(n, 0, 1) + 11_644_473_600_000) * 10_000n);
    const people = {
      Enabled: { userAccountControl: enabled }, Disabled: { userAccountControl: disabled },
      Expired: { accountExpires: year(2020) }, Current: { accountExpires: year(2990) }, Never: { accountExpires: '0' },
      Gone: { employment: 'Terminated' }, Away: { employment: 'parental leave' },
      Both: { employment: ['active', 'terminated'] },
    };
    const slapd = await serve({ people: Object.fromEntries(Object.entries(people).map(([cn, attributes], n) =>
      [cn, { ...ada, givenName: cn, employeeID: `e-${n}1`, objectGUID: guidBytes(n), ...attributes }])) });
    const status = { attribute: 'employment', inactive: ['terminated'], absent: ['Parental Leave'] };
    const { records } = await readAll(feedOf(slapd, { status }));
    const states = records.map(({ givenName, active, absent }) => [givenName, absent === true ? 'absent' : active]);
    expect(Object.fromEntries(states)).toEqual({ Enabled: true, Current: true, Never: true,
      Disabled: false, Expired: false, Gone: false, Both: false, Away: 'absent' });
    expect(records.filter(({ active, absent }) => active && absent === true)).toEqual([]);
    const strict = await readAll(feedOf(slapd, { status: { attribute: 'employment', active: ['active'] } }));
    expect(strict.records.filter(({ active }) => active)).toEqual([]);
  });

  it('tells several values, missing ones and bytes apart, and leaves out only who cannot be known', async () => {
    const slapd = await serve({ people: {
      Several: { ...ada, employeeID: 'e-11', objectGUID: guidBytes(1), mail: ['b@acme.example', 'a@acme.example'],
        mobile: ['+1 202 555 0124', '+1 202 555 0123'] },
      Bare: { employeeID: 'e-12', objectGUID: guidBytes(2) },
      TwoIds: { ...ada, employeeID: ['e-13', 'e-14'], objectGUID: guidBytes(3) },
      NoId: { givenName: 'Nobody', objectGUID: guidBytes(4) },
      NoKey: { employeeID: 'e-15' },
      Bytes: { employeeID: 'e-16', objectGUID: guidBytes(5), anyBytes: Buffer.from([0xff, 0xfe, 0x41]) },
      Desk: {
        employeeID: 'e-17', objectGUID: guidBytes(6), telephoneNumber: '+1 202 555 0100', mobile: '+1 900 123 4567' },
    } });
    const attributes = { employeeNumber: 'employeeID', givenName: 'anyBytes' };
    const { records, notices } = await readAll(feedOf(slapd, { attributes }));
    const byNumber = Object.fromEntries(records.map((record) => [record.employeeNumber, record]));
    expect(Object.keys(byNumber).sort()).toEqual(['e-11', 'e-12', 'e-16', 'e-17']);
    expect(byNumber['e-11']).toMatchObject({
      phones: [{ e164: '+12025550123', primary: true }, { e164: '+12025550124', primary: false }],
      emails: [{ address: 'a@acme.example', primary: true }, { address: 'b@acme.example', primary: false }] });
    expect(byNumber['e-12']).toMatchObject({ givenName: '', phones: [], emails: [], active: true, department: null });
    expect(byNumber['e-17']!.phones).toEqual([
      { e164: '+12025550100', raw: '+1 202 555 0100', type: 'work', primary: true }]);
    expect(notices.map(({ column, why }) => `${column} ${why}`).sort()).toEqual([
      'anyBytes holds what is not UTF-8 text, or longer than 300 characters',
      'employeeID has several values; the entry is left out',
      'employeeID is empty; the entry is left out',
      'mobile is not a valid telephone number',
      'objectGUID is empty; the entry is left out',
    ]);
    expect(notices.find(({ column }) => column === 'objectGUID')!.where).toMatch(/^entry \d$/);
    expect(JSON.stringify(notices)).not.toMatch(/Nobody|e-1|900/);
  });

  it('A40 reads below a base whose name needs escapes, and takes nothing in a value for a filter', async () => {
    const unit = 'R+D, "West" <A>';
    const base = `ou=${escapeDn(unit)},${suffix}`;
    const slapd = await serve({
      people: { Elsewhere: { ...ada, employeeID: 'e-20', objectGUID: guidBytes(1) } },
      others: {
        [base]: { objectClass: 'organizationalUnit', ou: unit },
        [`cn=${escapeDn('*)(uid=*, \\2a')},${base}`]: {
          objectClass: ['inetOrgPerson', 'doormanAccount'], cn: '*)(uid=*, \\2a', sn: '*)(uid=*', givenName: '\\2a',
          employeeID: 'e-21', objectGUID: guidBytes(2), department: '*)(objectClass=*' },
      },
    });
    const filter = '(&(objectClass=inetOrgPerson)(sn=\\2a\\29\\28uid=\\2a))';
    const { records } = await readAll(feedOf(slapd, { base, filter }));
    expect(records).toMatchObject([{ employeeNumber: 'e-21', familyName: '*)(uid=*', department: '*)(objectClass=*' }]);
  });

  it('says that a part of the tree is elsewhere, and does not go there with the password', async () => {
    const elsewhere = {
      objectClass: ['referral', 'extensibleObject'], ou: 'elsewhere', ref: `ldap://127.0.0.1:1/${staff}` };
    const slapd = await serve({ people: crowd(3), others: { [`ou=elsewhere,${staff}`]: elsewhere } });
    const { records, notices } = await readAll(feedOf(slapd, { pageSize: 1 }));
    expect(records).toHaveLength(3);
    expect(notices).toEqual([
      { where: 'the server', why: 'names other servers for a part of the tree: they are not asked' }]);
    const { kind, message } = await faultOf(feedOf(slapd, { base: `ou=elsewhere,${staff}` }));
    expect([kind, message]).toEqual(['misconfigured', expect.stringContaining('does not hold the base')]);
  });

  it.each([
    ['the base is not there', { base: `ou=nowhere,${suffix}` }, 'the base is not there'],
    ['the base is no DN', { base: 'staff' }, 'is no DN'],
    ['the filter finds nobody', { filter: '(employeeID=nobody)' }, 'nobody is found'],
    ['no entry has a usable employee ID', { attributes: { employeeNumber: 'uid' } }, 'no entry can be used'],
  ])('takes the company for empty in no case: %s', async (_, more, words) => {
    const { kind, message } = await faultOf(feedOf(await serve({ people: crowd(3) }), more));
    expect([kind, message]).toEqual(['misconfigured', expect.stringContaining(words)]);
  });

  it.each([
    ['in clear', () => ({})],
    ['by ldaps://', ({ secureUrl }: Slapd) => ({ url: secureUrl, ca: authority })],
    ['by StartTLS', ({ port }: Slapd) => ({ url: `ldap://localhost:${port}`, ca: authority, startTls: true })],
  ])('ends with a fault that is worth another try when the server dies in the middle, %s', async (_, way) => {
    const slapd = await serve({ people: crowd(50) });
    const connections = watchConnections();
    const read = async () => {
      for await (const { items } of feedOf(slapd, { pageSize: 10, ...way(slapd) }).read()) {
        expect(items).toHaveLength(10);
        await slapd.kill();
        await connections.allClosed();
      }
    };
    await expect(read()).rejects.toMatchObject({ kind: 'unreachable' });
    expect(connections.open()).toBe(0);
    connections.stop();
  });

  it('counts who is renamed while it reads once', async () => {
    const slapd = await serve({ people: crowd(30) });
    const feed = feedOf(slapd, { pageSize: 10 });
    const seen: string[] = [];
    for await (const { items } of feed.read()) {
      if (seen.length === 0) {
        await slapd.change((client) => client.modifyDN(`cn=Person 2,${staff}`, 'cn=Z last'));
      }
      seen.push(...items.flatMap((item) => ('record' in item ? [item.record.employeeNumber] : [])));
    }
    expect(seen).toHaveLength(30);
    expect(numbersOf((await readAll(feed)).records)).toEqual([...seen].sort());
  });
});
