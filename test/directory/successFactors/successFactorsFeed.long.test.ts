// SuccessFactors as a feed: pages of one snapshot, followed at its own address only, and what is no page.
import type { ServerResponse } from 'node:http';
import type { FeedItem } from '../../../src/directory/directoryFeed';
import { createSuccessFactorsFeed } from '../../../src/directory/successFactors/successFactorsFeed';
import { directoryFeedSuite } from '../../ports/directoryFeed.suite';
import { FakeSuccessFactors, json, oDataError } from './fakeSuccessFactors';
import { faultOf, itemsOf, noticesIn, pagesOf, recordsIn, recordsOf } from './reading';
import { email, entered, person, phone } from './sfPeople';

let sap: FakeSuccessFactors;
const feedOf = (more: object = {}) => createSuccessFactorsFeed({ source: 'sf', ...sap.settings(more) }, {});

beforeEach(async () => { sap = await new FakeSuccessFactors().start(); });
afterEach(() => sap.close());

directoryFeedSuite('SuccessFactors', async (people) => {
  const served = await new FakeSuccessFactors().start();
  served.people = people.map(entered);
  const feed = createSuccessFactorsFeed({ source: 'sf', ...served.settings() }, {});
  return { feed, isOpen: () => served.open > 0, close: () => served.close() };
}, { wrongContact: 'notice' });

const crowd = (count: number) => Array.from({ length: count }, (_, n) => person(`E${1_000 + n}`));
const idsOf = (items: readonly FeedItem[]) => recordsIn(items).map(({ externalId }) => externalId);

describe('what is asked for', () => {
  it('is one snapshot of people who are or were employed, with no more of them than is used', async () => {
    sap.people = crowd(3);
    await itemsOf(feedOf());
    const [url] = sap.pagesAsked();
    expect(Object.fromEntries(url!.searchParams)).toMatchObject({
      paging: 'snapshot', $format: 'json', customPageSize: '1000',
      $filter: 'personEmpTerminationInfoNav/activeEmploymentsCount ne null',
    });
    expect(url!.searchParams.get('$select')).not.toMatch(/birth|marital|salary|\*/i);
  });

  it('is everybody, in as many pages as it takes and in one session', async () => {
    sap.people = crowd(25);
    const pages = await pagesOf(feedOf({ pageSize: 10 }));
    expect(pages.map(({ items }) => items.length)).toEqual([10, 10, 5]);
    expect(pages.map(({ next, watermark }) => [next !== undefined, watermark !== undefined]))
      .toEqual([[true, false], [true, false], [false, true]]);
    expect(new Set(idsOf(pages.flatMap(({ items }) => items))).size).toBe(25);
    expect([sap.sessions.size, sap.tokensAsked()]).toEqual([1, 1]);
  });

  it('is what it was when the reading began, whatever changes meanwhile', async () => {
    sap.people = crowd(20);
    const ids: string[] = [];
    for await (const { items } of feedOf({ pageSize: 10 }).read()) {
      ids.push(...idsOf(items));
      sap.people = sap.people.slice(5);
    }
    expect(ids).toHaveLength(20);
  });

  it('can do without the language where the tenant has none', async () => {
    sap.people = crowd(1);
    sap.lacks.add('employmentNav/userNav/defaultLocale');
    const fault = await faultOf(itemsOf(feedOf()), 'misconfigured');
    expect(fault.message).toContain('COE0021');
    expect(await recordsOf(feedOf({ language: false }))).toHaveLength(1);
  });
});

describe('an interrupted reading', () => {
  it('goes on after the page, keeping from when it is', async () => {
    sap.people = crowd(30);
    const times = [Date.parse('2026-11-26T08:00:00Z'), Date.parse('2026-11-26T09:00:00Z')];
    const [then, later] = times.map((at) =>
      createSuccessFactorsFeed({ source: 'sf', ...sap.settings({ pageSize: 10 }) }, {}, { now: () => at }));
    const [first] = await pagesOf(then!);
    expect(first!.next).not.toMatch(/127\.0\.0\.1|http|canary/);
    const rest = await pagesOf(later!, { mode: 'full', from: first!.next! });
    expect(rest.map(({ items }) => items.length)).toEqual([10, 10]);
    expect(new Set(idsOf([first!, ...rest].flatMap(({ items }) => items))).size).toBe(30);
    expect(rest.at(-1)!.watermark).toBe('2026-11-26T08:00:00.000Z');
  });

  it('is lost with its snapshot: another session, or a last page that was read', async () => {
    sap.people = crowd(20);
    sap.keepsLittle = true;
    const [first] = await pagesOf(feedOf({ pageSize: 10 }));
    await faultOf(itemsOf(feedOf(), { mode: 'full', from: first!.next! }), 'lost');
  });

  it.each([400, 404, 410])('is lost when SuccessFactors answers %i to where it was', async (status) => {
    sap.people = crowd(20);
    sap.interfere = (kind, number) => (kind === 'page' && number === 2 ? json({}, status) : undefined);
    await faultOf(itemsOf(feedOf({ pageSize: 10 })), 'lost');
  });

  it.each([
    'nonsense', '{}', '4711', '{"startedAt":"then","pages":1,"next":"PerPerson?$skiptoken=x"}', '',
  ])('does not go on from another source\'s place, %j', async (from) => {
    await faultOf(itemsOf(feedOf(), { mode: 'full', from }), 'lost');
    expect(sap.requests).toEqual([]);
  });

  it.each([
    '//elsewhere.example/odata/v2/PerPerson?$skiptoken=x', 'https://elsewhere.example/odata/v2/PerPerson?$skiptoken=x',
    '../../oauth/token?$skiptoken=x', 'PerPerson?$top=1',
  ])('does not go on at %s', async (next) => {
    const from = JSON.stringify({ startedAt: '2026-11-26T08:00:00.000Z', pages: 1, next });
    await faultOf(itemsOf(feedOf(), { mode: 'full', from }), 'untrustworthy');
    expect(sap.requests).toEqual([]);
  });
});

describe('a reference to the next page', () => {
  it.each<[string, (reference: string, origin: string) => string]>([
    ['another host', (reference) => reference.replace('127.0.0.1', 'localhost')],
    ['another port', (reference) => reference.replace(/:\d+/, ':1')],
    ['another protocol', (reference) => reference.replace('http:', 'https:')],
    ['another path', (reference) => reference.replace('/odata/v2/', '/odata/v3/')],
    ['a path that climbs', (reference) => reference.replace('/odata/v2/', '/odata/v2/../v3/')],
    ['a path that climbs in disguise', (reference) => reference.replace('/odata/v2/', '/odata/v2/%2e%2e/v3/')],
    ['a longer path', (reference) => reference.replace('/PerPerson', '/PerPerson/x')],
    ['a name that only begins like ours', (reference) => reference.replace('127.0.0.1', '127.0.0.1.elsewhere.example')],
    ['credentials', (reference) => reference.replace('//', '//canary:canary@')],
    ['no snapshot', (reference) => reference.replace('skiptoken', 'skip')],
    ['no address', () => 'http://[canary'],
    ['a script', () => 'javascript:canary'],
  ])('is not followed to %s', async (_, tamper) => {
    sap.people = crowd(20);
    sap.tamperNext = (reference) => tamper(reference, sap.origin);
    await faultOf(itemsOf(feedOf({ pageSize: 10 })), 'untrustworthy');
    expect(sap.pagesAsked()).toHaveLength(1);
  });

  it('is followed as it is, and may be written without the host', async () => {
    sap.people = crowd(20);
    sap.tamperNext = (reference) => reference.slice(sap.origin.length);
    expect(await recordsOf(feedOf({ pageSize: 10 }))).toHaveLength(20);
    const [first, second] = sap.pagesAsked();
    second!.searchParams.delete('$skiptoken');
    expect(Object.fromEntries(second!.searchParams)).toEqual(Object.fromEntries(first!.searchParams));
  });

  it('is not followed twice', async () => {
    sap.people = crowd(30);
    let first: string | undefined;
    sap.tamperNext = (reference) => { first ??= reference; return first; };
    await faultOf(itemsOf(feedOf({ pageSize: 10 })), 'untrustworthy');
    expect(sap.pagesAsked()).toHaveLength(2);
  });

  it('is not followed to people who were there before', async () => {
    sap.people = crowd(30);
    sap.interfere = (kind, number) => (kind === 'page' && number > 3 ? json({}, 500) : undefined);
    // Another token each time for the same place.
    sap.tamperNext = (reference, page) => reference.replace(/skiptoken=[^&]+/, (at) => {
      const [id] = JSON.parse(Buffer.from(decodeURIComponent(at.slice(10)), 'base64').toString()) as [string];
      return `skiptoken=${encodeURIComponent(Buffer.from(`["${id}",0${' '.repeat(page)}]`).toString('base64'))}`;
    });
    await faultOf(itemsOf(feedOf({ pageSize: 10 })), 'untrustworthy');
    expect(sap.pagesAsked()).toHaveLength(2);
  });
});

describe('what is no page', () => {
  const answer = (status: number, type: string, body: string) => () => (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': type });
    response.end(body);
  };
  const onPage = (send: ReturnType<typeof answer>) => {
    sap.interfere = (kind) => (kind === 'page' ? send() : undefined);
  };

  it.each([
    ['a page to sign in', answer(200, 'text/html', '<html>canary</html>')],
    ['half of one', answer(200, 'application/json', '{"d":{"results":[{"personIdExternal":"canary"')],
    ['another shape', answer(200, 'application/json', '{"value":["canary"]}')],
    ['one that is no list', answer(200, 'application/json', '{"d":{"results":{"canary":1}}}')],
    ['bytes that are no text', () => (response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(Buffer.from([0x22, 0xff, 0x22]));
    }],
    ['people of another shape', answer(200, 'application/json', '{"d":{"results":["canary",{"employmentNav":7}]}}')],
  ])('is not trusted: %s', async (_, send) => {
    onPage(send);
    await faultOf(itemsOf(feedOf()), 'untrustworthy');
  });

  it('is not waited for beyond 32 MB', async () => {
    onPage(() => (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const block = ' '.repeat(1024 * 1024);
      const pump = () => { while (response.writable && response.write(block)); };
      response.on('drain', pump);
      pump();
    });
    const fault = await faultOf(itemsOf(feedOf()), 'untrustworthy');
    expect(fault.message).toContain('33554432');
  });

  it('is asked for again later when it breaks off', async () => {
    onPage(() => (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"d":{"results":[', () => response.destroy());
    });
    await faultOf(itemsOf(feedOf()), 'unreachable');
  });

  it.each([301, 302, 303, 307, 308])('is not looked for where a %i leads', async (status) => {
    onPage(() => (response) => {
      response.writeHead(status, { location: 'http://canary.example/' });
      response.end();
    });
    await faultOf(itemsOf(feedOf()), 'untrustworthy');
    expect(sap.pagesAsked()).toHaveLength(1);
  });

  it.each([429, 500, 502, 503, 504])('may come later, after a %i', async (status) => {
    onPage(() => json({ canary: true }, status, { 'retry-after': '120' }));
    const fault = await faultOf(itemsOf(feedOf()), 'unreachable');
    expect(fault.message).toContain('120 s');
  });

  it('may come in half an hour, when too many readings were begun', async () => {
    onPage(() => json(oDataError('COE_SNAPSHOT_BAD_REQUEST', 'blocked companyUser canary|sfapi'), 400));
    await faultOf(itemsOf(feedOf()), 'unreachable');
  });

  it('is nobody\'s to try again where the address or the permission is wrong', async () => {
    await faultOf(itemsOf(feedOf({ url: `${sap.origin}/odata/v4` })), 'misconfigured');
    onPage(() => json({ canary: true }, 403));
    await faultOf(itemsOf(feedOf()), 'refused');
  });

  it('is not a page without anybody, when everybody is asked for', async () => {
    const fault = await faultOf(itemsOf(feedOf()), 'untrustworthy');
    expect(fault.message).toContain('permissions');
    expect(await itemsOf(feedOf(), { mode: 'delta', since: new Date().toISOString() })).toEqual([]);
  });

  it('comes from nobody when there is nobody', async () => {
    const settings = sap.settings();
    await sap.close();
    await faultOf(itemsOf(createSuccessFactorsFeed({ source: 'sf', ...settings }, {})), 'unreachable');
    sap = await new FakeSuccessFactors().start();
  });
});

describe('a person who cannot be used', () => {
  it('keeps nobody else out', async () => {
    sap.people = [
      person('E-1'), person(''), person('x y'), person('E-2', { employmentNav: 'canary' }), person('E-3\u0000canary'),
      person('E-4', { phoneNav: [phone('canary'), phone('1522 8817386')], emailNav: [email('a@canary@b')] })];
    const items = await itemsOf(feedOf());
    expect(recordsIn(items).map(({ externalId, phones, emails }) => [externalId, phones.length, emails.length]))
      .toEqual([['E-1', 1, 1], ['E-4', 1, 0]]);
    expect(noticesIn(items).map(({ column }) => column))
      .toEqual(['personIdExternal', 'personIdExternal', undefined, 'personIdExternal', 'phoneNav', 'emailNav']);
    expect(JSON.stringify(noticesIn(items))).not.toMatch(/canary|E-/);
  });

  it('is no other person through a member called __proto__', async () => {
    sap.people = [person('E-1')];
    const polluted = '{"d":{"results":[{"__proto__":{"personIdExternal":"evil","isAdmin":true},"personId":"7",'
      + '"personIdExternal":null,"constructor":{"prototype":{"x":1}}},{"personIdExternal":"E-1",'
      + '"phoneNav":{"results":[{"phoneNumber":"1522 8817386","countryCodeNav":{"externalCode":"+49"},'
      + '"phoneTypeNav":{"externalCode":"__proto__"}}]}}]}}';
    sap.interfere = (kind) => (kind === 'token' ? undefined : (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(polluted);
    });
    const records = await recordsOf(feedOf());
    expect(records).toMatchObject([{ externalId: 'E-1', active: false, phones: [{ type: 'other' }] }]);
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});
