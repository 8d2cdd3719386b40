// A report that is not what it should be: refused, named, and never repeated.
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { FeedFault } from '../../../src/directory/feedFault';
import { OutboundFault } from '../../../src/outbound/outboundFault';
import { annaRow, closeServers, csv, feedAt, itemsAt, json, rowOf, serve, serveRaw } from './reportServer';
import type { Told } from './reportServer';

afterEach(closeServers);

const asCsv = { format: 'csv', fields: { employee_id: 'employee_id' } };
const header = 'employee_id,given_name,family_name,email,mobile,language,active';
const line = (n: number) => `${20_000 + n},Anna,Example,p${n}@acme.example,+12025550123,en,true`;

/** The fault that reading ends with; throws when it ends with none. */
async function faultAt(url: string, told?: Told, limits?: object): Promise<FeedFault> {
  const items = await itemsAt(url, told, limits === undefined ? {} : { limits }).catch((error: unknown) => error);
  if (items instanceof OutboundFault) return items;
  throw new Error('it was read', { cause: items });
}

describe('a report that answers', () => {
  it.each([
    [301, 'untrustworthy'], [302, 'untrustworthy'], [303, 'untrustworthy'], [307, 'untrustworthy'], [308, 'untrustworthy'],
    [300, 'untrustworthy'], [202, 'untrustworthy'], [204, 'untrustworthy'], [206, 'untrustworthy'],
    [400, 'misconfigured'], [404, 'misconfigured'], [405, 'misconfigured'], [410, 'misconfigured'], [422, 'misconfigured'],
    [401, 'refused'], [403, 'refused'],
    [408, 'unreachable'], [429, 'unreachable'], [500, 'unreachable'], [502, 'unreachable'], [503, 'unreachable'],
  ])('%i is %s', async (status, kind) => {
    const elsewhere = await serve((_request, response) => json(response, { Report_Entry: [annaRow] }));
    const { origin, requests } = await serve((_request, response) => {
      response.writeHead(status, { location: elsewhere.origin, 'content-type': 'application/json', 'retry-after': '7' });
      response.end(status === 204 ? undefined : '{"secret":"secret"}');
    });
    for (const told of [{}, asCsv]) {
      const fault = await faultAt(origin, told);
      expect(fault).toMatchObject({ kind });
      expect(fault.message).toContain(String(status));
      expect(`${fault.message} ${String(fault.cause)}`).not.toMatch(/secret|127\.0/);
    }
    expect(requests).toHaveLength(2);
    expect(elsewhere.requests).toHaveLength(0);
  });

  it.each([
    ['application/json', asCsv], ['text/html; charset=utf-8', {}], ['text/html', asCsv], ['text/csv', {}], ['', {}],
    ['text/plain', {}], ['application/jsonp', {}], ['application/octet-stream', asCsv],
  ])('with the content type %p instead of what was asked for is not read', async (type, told) => {
    const { origin } = await serve((_request, response) => {
      response.writeHead(200, type === '' ? {} : { 'content-type': type });
      response.end('<html>secret</html>');
    });
    expect(await faultAt(origin, told)).toMatchObject({ kind: 'untrustworthy' });
  });

  it.each([
    '', '{', '{"Report_Entry":[', '<html></html>', '{"Report_Entry":{}}', '{"Other":[]}', '{"Report_Entry":[[]]}',
    '{"Report_Entry":["x"]}', '{"Report_Entry":[{}],"Report_Entry":[]}', 'null',
  ])('%p is not read', async (body) => {
    const { origin } = await serve((_request, response) => json(response, body));
    expect(await faultAt(origin)).toMatchObject({ kind: 'untrustworthy' });
  });

  it('nobody, or nobody who can be used, is refused where it should hold everybody', async () => {
    for (const rows of [[], [{ Employee_ID: '' }]]) {
      const { origin } = await serve((_request, response) => json(response, { Report_Entry: rows }));
      const fields = { employee_id: 'Employee_ID' };
      expect(await faultAt(origin, { fields })).toMatchObject({ kind: 'untrustworthy' });
      await expect(itemsAt(origin, { fields, complete: false })).resolves.toHaveLength(rows.length);
    }
  });
});

describe('a report in CSV', () => {
  it.each([
    ['an unclosed quote', `${header}\n${line(1)}\n"${line(2)}\n${line(3)}\n`],
    ['a row that is too short', `${header}\n${line(1)}\n20002,Anna\n`],
    ['a column that is not there', `${header.replace('mobile', 'telefax')}\n${line(1)}\n`],
    ['nobody', `${header}\n`], ['nothing', '\n'],
  ])('with %s is not applied, and says where', async (_which, body) => {
    const { origin } = await serve((_request, response) => csv(response, body));
    const items = await itemsAt(origin, asCsv);
    expect(items.filter((item) => 'problem' in item)).toHaveLength(1);
  });

  it('in which a person cannot be used goes on without', async () => {
    const { origin } = await serve((_request, response) => csv(response, [
      header, line(1), '__proto__,x,y,,,,true', line(3).replace('+12025550123', '+49177'),
      line(4).replace('true', ''), ''].join('\n')));
    const items = await itemsAt(origin, asCsv);
    expect(items.map((item) => ('notice' in item ? `${item.notice.where} ${item.notice.column}` : 'record' in item))).toEqual([
      true, 'line 3 employee_id', 'line 4 mobile', true, 'line 5 active', true]);
  });

  it('goes by the names that its fields have, though others are called as usual', async () => {
    const text = `WID;${header.replaceAll(',', ';')}\nw-17;${line(1).replaceAll(',', ';')}\n`;
    const { origin } = await serve((_request, response) => csv(response, text));
    const numbers = async (employee_id: string) => (await itemsAt(origin, { ...asCsv, fields: { employee_id } }))
      .flatMap((item) => ('record' in item ? [item.record.employeeNumber] : 'problem' in item ? [item.problem.why] : []));
    expect(await numbers('WID')).toEqual(['w-17']);
    expect(await numbers('employee id')).toEqual(['20001']);
    expect(await numbers('Worker')).toEqual([expect.stringMatching(/^is missing/)]);
  });
});

describe('a report that is cut short', () => {
  const body = `${header}\n${line(1)}\n${line(2)}\n`;
  const ending = (head: string, rest: string) => serveRaw(`HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\n${head}\r\n\r\n${rest}`);

  it.each([
    ['before the length that it tells', `content-length: ${body.length + 1}`, body],
    ['after a piece', 'transfer-encoding: chunked', `${body.length.toString(16)}\r\n${body}\r\n`],
    ['within a piece', 'transfer-encoding: chunked', `ffff\r\n${body}`],
    ['where nothing tells its end', 'connection: close', body],
    ['where it is packed', `content-encoding: gzip\r\ncontent-length: ${body.length}`, body],
  ])('%s is not read as a whole', async (_where, head, rest) => {
    const { origin } = await ending(head, rest);
    expect(await faultAt(origin, asCsv)).toMatchObject({ kind: 'untrustworthy' });
  });

  it('and one that tells its length is read', async () => {
    const { origin } = await ending(`content-length: ${body.length}`, body);
    expect((await itemsAt(origin, asCsv)).filter((item) => 'record' in item)).toHaveLength(2);
  });

  it('in a later page is not read as a whole either', async () => {
    const { origin } = await serve(({ url }, response) => {
      if (url === '/') return json(response, { Report_Entry: [rowOf(1)], next: '/2' });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
      response.write('{"Report_Entry":[', () => response.destroy());
    });
    expect(await faultAt(origin, { next: 'next' })).toMatchObject({ kind: 'untrustworthy' });
  });
});

describe('a report that is too large', () => {
  const megabyte = Buffer.alloc(1_000_000, ' ');

  it.each([['tells it', true], ['does not tell it', false]])('and %s is left after 100 MB', async (_which, isTold) => {
    let sent = 0;
    const { origin } = await serve((_request, response) => {
      response.writeHead(200, {
        'content-type': 'application/json', ...isTold && { 'content-length': String(200 * megabyte.length) } });
      const more = () => {
        while (!response.destroyed && sent < 200) {
          sent += 1;
          if (!response.write(megabyte)) return response.once('drain', more);
        }
        return response;
      };
      more();
    });
    expect(await faultAt(origin)).toMatchObject({ kind: 'untrustworthy', message: 'the report is larger than 100 MB' });
    expect(sent).toBeLessThan(isTold ? 100 : 150);
  });

  it('in one row is left, though it is JSON', async () => {
    const { origin } = await serve((_request, response) =>
      json(response, `{"Report_Entry":[{"a":[${'[],'.repeat(1_000_000)}0]}]}`));
    expect(await faultAt(origin)).toMatchObject({ kind: 'untrustworthy' });
  });
});

describe('a report that is silent', () => {
  it.each([['from the start', 'answerMs'], ['in the middle', 'silenceMs']])('%s is unreachable', async (when, limit) => {
    const { origin } = await serve((_request, response) => {
      if (when === 'from the start') return;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"Report_Entry":[');
    });
    expect(await faultAt(origin, {}, { [limit]: 50 })).toMatchObject({ kind: 'unreachable' });
  });

  it('because nobody listens there, or hangs up, is unreachable', async () => {
    const { origin, close } = await serve((request) => request.socket.destroy());
    expect(await faultAt(origin)).toMatchObject({ kind: 'unreachable' });
    await close();
    expect(await faultAt(origin)).toMatchObject({ kind: 'unreachable', message: 'the report does not answer (ECONNREFUSED)' });
  });
});

it('is not asked of a server whose certificate nobody vouches for', async () => {
  const file = (name: string) => readFileSync(join(__dirname, '../../mail/fixtures', name));
  const asked: unknown[] = [];
  const server = createTlsServer({ cert: file('testMailServer.cert.pem'), key: file('testMailServer.key.pem') },
    (request) => asked.push(request));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // cast: it listens on a port
  const fault = await faultAt(`https://127.0.0.1:${port}`, { allowInsecure: false });
  server.close();
  expect(fault).toMatchObject({ kind: 'untrustworthy' });
  expect(asked).toEqual([]);
});

it('is asked by user and password where it wants them', async () => {
  const { origin, requests } = await serve((_request, response) => json(response, { Report_Entry: [annaRow] }));
  await itemsAt(origin, { auth: { kind: 'basic', user: 'ISU_doorman', password: 'pässword: x' } });
  expect(Buffer.from(requests[0]!.headers.authorization!.slice(6), 'base64').toString()).toBe('ISU_doorman:pässword: x');
});

it('lets go of a report that nobody wants to the end', async () => {
  const { origin } = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/csv' });
    response.write(`${header}\n${Array.from({ length: 3_000 }, (_, n) => line(n)).join('\n')}\n`);
  });
  const signals: AbortSignal[] = [];
  const get: typeof fetch = (url, init) => {
    signals.push(init!.signal!);
    return fetch(url, init);
  };
  for await (const { items } of feedAt(origin, asCsv, { fetch: get }).read()) {
    if (items.length > 0) break;
  }
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});
