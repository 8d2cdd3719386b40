// A report as it is meant to be: JSON and CSV, in pages, unchanged, and of people who are on leave.
import { directoryFeedSuite } from '../../ports/directoryFeed.suite';
import type { WrittenPerson } from '../../ports/directoryFeed.suite';
import { csvOf } from '../csv/csvFiles';
import {
  annaRow, closeServers, csv, feedAt, fields, itemsAt, json, noticesIn, pagesOf, recordsIn, rowOf, serve,
} from './reportServer';

afterEach(closeServers);

/** The real fetch, and which of its requests are not over. */
function trackedFetch() {
  const open = new Set<unknown>();
  const get: typeof fetch = (url, init) => {
    const signal = init!.signal!;
    open.add(signal);
    signal.addEventListener('abort', () => open.delete(signal));
    return fetch(url, init);
  };
  return { fetch: get, isOpen: () => open.size > 0 };
}

const workdayRow = ({ id, givenName, familyName, email, mobile, language, active }: WrittenPerson) => ({
  Employee_ID: id, First_Name: givenName, Last_Name: familyName, Work_Email: email, Mobile_Phone: mobile,
  Locale: language, Active_Status: active,
});

directoryFeedSuite('A report in JSON', async (people) => {
  const { fetch: get, isOpen } = trackedFetch();
  const { origin } = await serve((_request, response) => json(response, { Report_Entry: people.map(workdayRow) }));
  return { feed: feedAt(origin, {}, { fetch: get }), isOpen };
}, { wrongContact: 'notice' });

directoryFeedSuite('A report in pages of JSON', async (people) => {
  const { fetch: get, isOpen } = trackedFetch();
  const { origin } = await serve((request, response) => {
    const page = Number(new URL(request.url!, 'http://x').searchParams.get('page') ?? 0);
    const rows = people.slice(page * 700, (page + 1) * 700).map(workdayRow);
    json(response, { Report_Entry: rows, next: (page + 1) * 700 < people.length ? `/report?page=${page + 1}` : null });
  });
  return { feed: feedAt(`${origin}/report`, { next: 'next' }, { fetch: get }), isOpen };
}, { wrongContact: 'notice' });

directoryFeedSuite('A report in CSV', async (people) => {
  const { fetch: get, isOpen } = trackedFetch();
  const { origin } = await serve((_request, response) => csv(response, csvOf(people)));
  const told = { format: 'csv', fields: { employee_id: 'employee_id' } };
  return { feed: feedAt(origin, told, { fetch: get }), isOpen };
}, { wrongContact: 'notice' });

describe('a report in JSON', () => {
  const read = async (rows: unknown, told?: Record<string, unknown>) => {
    const { origin } = await serve((_request, response) => json(response, { Report_Entry: rows }));
    return itemsAt(origin, told);
  };

  it('is asked for with what lets us in, and read field by field', async () => {
    const { origin, requests } = await serve((_request, response) => json(response, { Report_Entry: [annaRow] }));
    expect(await itemsAt(`${origin}/ccx/service/people?format=json`)).toEqual([{
      where: 'row 1',
      record: {
        externalId: '144133', employeeNumber: '144133', givenName: 'Anna', familyName: 'Example',
        preferredLanguage: 'en-US', active: true,
        phones: [{ e164: '+12025550123', raw: '+1 202 555 0123', type: 'mobile', primary: true }],
        emails: [{ address: 'anna@acme.example', type: 'work', primary: true }],
      },
    }]);
    expect(requests[0]).toMatchObject({
      method: 'GET', url: '/ccx/service/people?format=json',
      headers: { authorization: 'Bearer the-token', accept: 'application/json', 'accept-encoding': 'identity' } });
  });

  it('may have its rows anywhere, fields in objects, and numbers for text', async () => {
    const { origin } = await serve((_request, response) => json(response, {
      data: { workers: [{ id: 4711, name: { first: 'Anna' }, 'mail.work': 'anna@acme.example', works: true }] } }));
    const [item] = await itemsAt(origin, { rows: 'data.workers', fields: {
      employee_id: 'id', given_name: 'name.first', email: 'mail.work', active: 'works' } });
    expect(item).toMatchObject({ record: {
      employeeNumber: '4711', givenName: 'Anna', emails: [{ address: 'anna@acme.example' }], active: true, phones: [] } });
    const list = await serve((_request, response) => json(response, [annaRow]));
    expect(recordsIn(await itemsAt(list.origin, { rows: '' }))).toHaveLength(1);
  });

  it('may have keys of its own for people and departments', async () => {
    const rows = [{ ...annaRow, WID: 'a5-Ü', Org: 'Sales' }, { ...rowOf(1), WID: '', Org: '' }, { ...rowOf(2), WID: 'b', Org: '' }];
    const items = await read(rows, { fields: { ...fields, external_id: 'WID', department: 'Org' } });
    expect(recordsIn(items)).toMatchObject([
      { externalId: 'a5-Ü', employeeNumber: '144133', department: 'Sales' }, { externalId: 'b', department: null }]);
    expect(noticesIn(items)).toEqual([
      { where: 'row 2', column: 'external_id', why: 'is empty: the person is left out' }]);
  });

  it('tells who is on leave, and lets nobody in whose status says nothing', async () => {
    const rows = ['Employed', 'On Leave', 'Retired', ' employed ', '', 'Garden leave'].map((status, n) => (
      { ...rowOf(n), Active_Status: status }));
    const items = await read(rows, { activeValues: ['employed'], absentValues: ['On leave'] });
    const status = recordsIn(items).map(({ active, absent }) => (active ? 'in' : absent === true ? 'on leave' : 'out'));
    expect(status).toEqual(['in', 'on leave', 'out', 'in', 'out', 'out']);
    expect(noticesIn(items)).toEqual([
      { where: 'row 5', column: 'active', why: 'is empty: taken as not working here' }]);
    const usual = await read(rows.slice(0, 2), { absentValues: ['On leave'] });
    expect(recordsIn(usual).map(({ active }) => active)).toEqual([false, false]);
    expect(noticesIn(usual)).toMatchObject([{ where: 'row 1', column: 'active' }]);
  });

  it('of those who work here only needs no status', async () => {
    const { active: _none, ...others } = fields;
    expect(recordsIn(await read([annaRow], { fields: others }))).toMatchObject([{ active: true }]);
  });

  it('leaves out who cannot be used, keeps the others, and never repeats a value', async () => {
    const strange = { secret: 'secret' };
    const items = await read([
      annaRow, { ...rowOf(1), Employee_ID: '__proto__' }, { ...rowOf(2), Employee_ID: 12345678901234567890 },
      { ...rowOf(3), Employee_ID: strange }, { ...rowOf(4), First_Name: 'se\u0000cret', Locale: 'secret', Mobile_Phone: ['1'] },
      JSON.parse('{"__proto__":{"Employee_ID":"666","polluted":1},"constructor":"x","toString":1}'), rowOf(5),
      { ...rowOf(6), Last_Name: 'secret'.repeat(60) }]);
    expect(recordsIn(items).map(({ employeeNumber }) => employeeNumber)).toEqual(['144133', '200004', '200005', '200006']);
    expect(recordsIn(items)[1]).toMatchObject({ givenName: '', preferredLanguage: null, phones: [], emails: [{}] });
    expect(noticesIn(items).map(({ where, column }) => `${where} ${column}`)).toEqual([
      'row 2 employee_id', 'row 3 employee_id', 'row 3 employee_id', 'row 4 employee_id', 'row 4 employee_id',
      'row 5 mobile', 'row 5 given_name', 'row 5 language', 'row 6 employee_id', 'row 8 family_name']);
    expect(JSON.stringify(noticesIn(items))).not.toMatch(/secret|proto|1234/);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('refuses a mapping whose needed fields are in no row', async () => {
    const told = { fields: { ...fields, active: 'Aktive_Status' } };
    await expect(read([annaRow], told)).rejects.toMatchObject({
      kind: 'misconfigured', message: 'no row of the report has the field for active' });
    expect(noticesIn(await read([annaRow], { fields: { ...fields, language: 'Lingo' } }))).toEqual([
      { where: 'the report', column: 'language', why: 'is in no row and taken as empty' }]);
  });
});

describe('a report in pages', () => {
  const pages = async (answers: readonly unknown[]) => {
    let asked = 0;
    const server = await serve((_request, response) => json(response, answers[asked++]));
    return { ...server, read: () => itemsAt(`${server.origin}/a/report`, { next: 'links.next' }) };
  };

  it('is followed until there is no next one, counting on', async () => {
    const { read, requests } = await pages([
      { Report_Entry: [rowOf(1)], links: { next: 'more?after=1' } },
      { Report_Entry: [rowOf(2)], links: { next: '/b/report?after=2#top' } },
      { Report_Entry: [rowOf(3)], links: {} }]);
    expect((await read()).map((item) => 'record' in item && `${item.where} ${item.record.employeeNumber}`)).toEqual([
      'row 1 200001', 'row 2 200002', 'row 3 200003']);
    expect(requests.map(({ url }) => url)).toEqual(['/a/report', '/a/more?after=1', '/b/report?after=2']);
  });

  it.each([
    ['the same rows under another address', [
      { Report_Entry: [rowOf(1)], links: { next: '?p=2' } }, { Report_Entry: [rowOf(1)], links: { next: '?p=3' } }]],
    ['its own address', [{ Report_Entry: [rowOf(1)], links: { next: '/a/report' } }]],
    ['an address that was there', [
      { Report_Entry: [rowOf(1)], links: { next: '?p=2' } }, { Report_Entry: [rowOf(2)], links: { next: '?p=2' } }]],
  ])('is refused when it goes on with %s', async (_what, answers) => {
    const { read, requests } = await pages(answers);
    await expect(read()).rejects.toMatchObject({ kind: 'untrustworthy', message: 'the report repeats a page' });
    expect(requests).toHaveLength(answers.length);
  });

  it.each([
    'https://elsewhere.example/report', '//elsewhere.example/report', 'ftp://127.0.0.1/x', 'javascript:0', 'http://[',
    '\\\\elsewhere.example\\report', 42, { url: 'x' }, ['?p=2'],
  ])('is refused when the next one is at %p, and nothing is asked of it', async (next) => {
    const { read, requests } = await pages([{ Report_Entry: [rowOf(1)], links: { next } }]);
    await expect(read()).rejects.toMatchObject({
      kind: 'untrustworthy', message: 'the next page of the report is not at the origin of the first' });
    expect(requests).toHaveLength(1);
  });

  it('is refused when the next one is on the same host with other credentials, or at another port', async () => {
    const other = await serve((_request, response) => json(response, {}));
    for (const disguise of [(origin: string) => origin.replace('//', '//user:pass@'), () => other.origin]) {
      let origin = '';
      const server = await serve((_request, response) =>
        json(response, { Report_Entry: [rowOf(1)], next: disguise(origin) }));
      origin = server.origin;
      await expect(itemsAt(origin, { next: 'next' })).rejects.toMatchObject({ kind: 'untrustworthy' });
    }
    expect(other.requests).toHaveLength(0);
  });
});

describe('a report that is as it was', () => {
  const tagged = async (headers: Record<string, string>) => {
    const server = await serve((request, response) => {
      const isKnown = request.headers['if-none-match'] === headers.etag && headers.etag !== undefined
        || request.headers['if-modified-since'] === headers['last-modified'] && headers['last-modified'] !== undefined;
      if (isKnown) response.writeHead(304, { etag: headers.etag ?? '' }).end();
      else json(response, { Report_Entry: [annaRow] }, headers);
    });
    return { ...server, feed: (told = {}) => feedAt(server.origin, told) };
  };
  const longAgo = { 'last-modified': 'Mon, 02 Jan 2023 03:04:05 GMT' };

  it.each([['its tag', { etag: 'W/"v1"' }], ['its time', longAgo]])('is known by %s, and not sent again', async (_by, headers) => {
    const { feed, requests } = await tagged(headers);
    const since = (await pagesOf(feed())).at(-1)!.watermark!;
    expect(since).not.toMatch(/acme|144133|token/);
    expect(await pagesOf(feed(), { mode: 'full', since })).toEqual([{ items: [], unchanged: true, watermark: since }]);
    expect(await pagesOf(feed(), { mode: 'full' })).toMatchObject([{ items: [{ where: 'row 1' }] }]);
    expect(requests).toHaveLength(3);
  });

  it('is read all the same after a day', async () => {
    let now = Date.now();
    const { origin, requests } = await tagged({ etag: '"v1"' });
    const feed = feedAt(origin, {}, { now: () => now });
    const since = (await pagesOf(feed)).at(-1)!.watermark!;
    const isAsked = async () => {
      await pagesOf(feed, { mode: 'full', since });
      return requests.at(-1)!.headers['if-none-match'];
    };
    now += 86_399_000;
    expect(await isAsked()).toBe('"v1"');
    now += 1_000;
    expect(await isAsked()).toBeUndefined();
  });

  it('is read anew when it is read otherwise', async () => {
    const { feed } = await tagged({ etag: '"v1"' });
    const since = (await pagesOf(feed())).at(-1)!.watermark!;
    for (const told of [{ country: 'DE' }, { activeValues: ['x'] }, { fields: { ...fields, language: 'Lang' } }, { complete: false }]) {
      expect((await pagesOf(feed(told), { mode: 'full', since }))[0]!.unchanged).toBeUndefined();
    }
  });

  it.each([
    ['without tag and time', {}], ['changed within the minute', { 'last-modified': new Date().toUTCString() }],
    ['with a tag that is none', { etag: 'v1' }], ['with a time that is none', { 'last-modified': 'yesterday' }],
  ])('%s is read each time', async (_which, headers) => {
    const { feed, requests } = await tagged(headers);
    const told = (await pagesOf(feed())).at(-1)!.watermark!;
    for (const since of [told, '', 'null', '{"settings":1}', 'x'.repeat(1_000)]) {
      expect(await pagesOf(feed(), { mode: 'full', since })).toHaveLength(1);
    }
    expect(requests.some(({ headers: sent }) => 'if-none-match' in sent || 'if-modified-since' in sent)).toBe(false);
  });

  it('in its first page says nothing of the others', async () => {
    const { origin, requests } = await serve(({ url }, response) => json(response, url === '/'
      ? { Report_Entry: [rowOf(1)], next: '/2' } : { Report_Entry: [rowOf(2)] }, { etag: '"v1"' }));
    const since = (await pagesOf(feedAt(origin, { next: 'next' }))).at(-1)!.watermark!;
    expect(await pagesOf(feedAt(origin, { next: 'next' }), { mode: 'full', since })).toHaveLength(2);
    expect(requests.filter(({ headers }) => 'if-none-match' in headers)).toEqual([]);
  });

  it('without having been asked is no answer', async () => {
    const { origin } = await serve((_request, response) => response.writeHead(304).end());
    await expect(itemsAt(origin)).rejects.toMatchObject({ kind: 'untrustworthy' });
  });
});
