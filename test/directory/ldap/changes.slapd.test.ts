import { Attribute, Change } from 'ldapts';
import type { DirectoryFeed } from '../../../src/directory/directoryFeed';
import { createLdapFeed } from '../../../src/directory/ldap/ldapFeed';
import { activeDirectory, controllerEntry, controllerRoot, controllers, crowd, disabled } from './adPeople';
import { faultOf, numbersOf, readAll } from './readings';
import { describeWithSlapd, service, staff, startSlapd } from './slapd';
import type { Attributes, Slapd } from './slapd';

const replace = (type: string, value: string | Buffer) => new Change({
  // cast: a list of one is of one kind
  operation: 'replace', modification: new Attribute({ type, values: [value] as string[] | Buffer[] }) });

async function expectMisconfigured(feed: DirectoryFeed, words: string): Promise<void> {
  const { kind, message } = await faultOf(feed);
  expect([kind, message]).toEqual(['misconfigured', expect.stringContaining(words)]);
}

const everybody = ['200000', '200001', '200002', '200003', '200004'];

describeWithSlapd('what changed in Active Directory', () => {
  let slapd: Slapd;
  let watermark: string;
  const { first, second } = controllers;
  const feedOf = (more: Parameters<Slapd['settings']>[0] = {}) =>
    createLdapFeed({ source: 'ad', ...slapd.settings({ changes: 'uSNChanged', pageSize: 2, ...more }) }, {});
  const delta = (since: string, more = {}) => readAll(feedOf(more), { mode: 'delta', since });
  const write = (n: number, usn: number, ...more: Change[]) => slapd.change((client) =>
    client.modify(`cn=Person ${n},${staff}`, [replace('uSNChanged', String(usn)), ...more]));

  beforeEach(async () => {
    // The crowd's own numbers are 1000 to 1004.
    const controller = { rootDse: controllerRoot(first, 1_004), others: controllerEntry(first) };
    slapd = await startSlapd({ people: crowd(5), ...controller });
    const full = await readAll(feedOf());
    expect(numbersOf(full.records)).toEqual(everybody);
    watermark = full.watermark!;
  });
  afterEach(() => slapd.stop());

  it('is read alone, each change once', async () => {
    expect(feedOf().hasDeltas).toBe(true);
    await write(3, 1_005, replace('userAccountControl', disabled));
    await slapd.restart(controllerRoot(first, 1_007));
    const changed = await delta(watermark);
    expect(changed.records).toMatchObject([{ employeeNumber: '200003', active: false }]);
    expect(changed.notices).toEqual([]);
    expect((await delta(changed.watermark!)).records).toEqual([]);
    await write(1, 1_008);
    expect(numbersOf((await delta(changed.watermark!)).records)).toEqual(['200001']);
  });

  it('is found again when it came while the former reading was made', async () => {
    const pages = feedOf().read({ mode: 'full' })[Symbol.asyncIterator]();
    await pages.next();
    await write(0, 1_005);
    let last;
    for (let page = await pages.next(); page.done !== true; page = await pages.next()) last = page.value;
    expect(numbersOf((await delta(last!.watermark!)).records)).toEqual(['200000']);
  });

  const isOther
    = 'is another domain controller than before or was restored, or the settings changed: everybody is read';
  const expectFull = async (since: string, more = {}) => {
    const { records, notices, watermark: next } = await delta(since, more);
    expect(numbersOf(records)).toEqual(everybody);
    expect(notices).toEqual([{ where: 'the server', why: isOther }]);
    return next;
  };

  it('is not known of another domain controller, so that everybody is read', async () => {
    await slapd.restart(controllerRoot(second, 1_004));
    const next = await expectFull(watermark);
    expect((await delta(next!)).records).toEqual([]);
  });

  it('is not known of a domain controller that was restored, so that everybody is read', async () => {
    await slapd.change((client) => client.modify(service, [replace('invocationId', second.invocation)]));
    await expectFull(watermark);
  });

  it('is not known of one that counts less than before, nor by other settings', async () => {
    await expectFull(watermark, { filter: '(&(objectClass=inetOrgPerson)(sn=*))' });
    await slapd.restart(controllerRoot(first, 1_003));
    await expectFull(watermark);
  });

  it('A40 is searched by no text that came from elsewhere: a watermark that is none finds everybody', async () => {
    const [own] = /^.* /.exec(watermark)!;
    const others = ['*)(uid=*', '', `${own}*)(uid=*`, `${own}1003)(uid=*`, `${own}-1`, `time ${watermark.slice(4)}`];
    for (const since of others) await expectFull(since);
  });

  it('is everybody for a first reading, without a word', async () => {
    const { records, notices } = await readAll(feedOf(), { mode: 'delta' });
    expect([records.length, notices]).toEqual([5, []]);
  });

  it('keeps out whose account may not be seen', async () => {
    const unseen = new Change({
      operation: 'delete', modification: new Attribute({ type: 'userAccountControl', values: [] }) });
    await write(3, 1_005, unseen);
    const { records, notices } = await delta(watermark);
    expect(records).toMatchObject([{ employeeNumber: '200003', active: false }]);
    expect(notices).toMatchObject([{ column: 'userAccountControl' }]);
  });

  it('cannot be asked of a domain controller that does not tell who it is', async () => {
    await slapd.change((client) => client.del(service));
    await expectMisconfigured(feedOf(), 'invocationId');
    await slapd.restart({});
    await expectMisconfigured(feedOf(), 'Active Directory');
  });
});

describeWithSlapd('what changed at another LDAP server', () => {
  let slapd: Slapd;
  afterEach(() => slapd.stop());
  const stamped: Record<string, Attributes> = Object.fromEntries(Object.entries(crowd(5)).map(([cn, person], n) =>
    [cn, { ...person, modifyTimestamp: `202001010${n}0000Z` }]));
  const stampedBut = (modifyTimestamp: string) =>
    ({ ...stamped, 'Person 2': { ...stamped['Person 2']!, modifyTimestamp } });
  const feedOf = () => createLdapFeed({ source: 'ldap', ...slapd.settings({ changes: 'modifyTimestamp' }) }, {});

  it('is read alone, with the last ten minutes before', async () => {
    slapd = await startSlapd({ people: stampedBut('20200101035100Z') });
    const full = await readAll(feedOf());
    expect(numbersOf(full.records)).toEqual(everybody);
    const again = await readAll(feedOf(), { mode: 'delta', since: full.watermark! });
    expect([numbersOf(again.records), again.notices]).toEqual([['200002', '200004'], []]);
    await slapd.change((client) => client.modify(`cn=Person 0,${staff}`, [replace('department', 'Sales')]));
    const changed = await readAll(feedOf(), { mode: 'delta', since: again.watermark! });
    expect(numbersOf(changed.records)).toEqual(['200000', '200002', '200004']);
    const last = await readAll(feedOf(), { mode: 'delta', since: changed.watermark! });
    expect(numbersOf(last.records)).toEqual(['200000']);
  });

  it('is not missed because one clock runs ahead', async () => {
    slapd = await startSlapd({ people: stampedBut('29990101000000Z') });
    const { watermark } = await readAll(feedOf());
    await slapd.change((client) => client.modify(`cn=Person 0,${staff}`, [replace('department', 'Sales')]));
    const { records } = await readAll(feedOf(), { mode: 'delta', since: watermark! });
    expect(numbersOf(records)).toEqual(['200000', '200002']);
  });

  it('is everybody by a watermark that is none, and is not asked of Active Directory by this attribute', async () => {
    slapd = await startSlapd({ people: stamped });
    const { records, notices } = await readAll(feedOf(), { mode: 'delta', since: 'time *)(uid=*' });
    expect(numbersOf(records)).toEqual(everybody);
    expect(notices).toEqual([{ where: 'the server', why: 'was read by other settings before: everybody is read' }]);
    await slapd.restart({ supportedCapabilities: activeDirectory });
    await expectMisconfigured(feedOf(), 'uSNChanged');
  });
});
