// The page behind a NOT ME link: shows one button, acts on nothing else, and tells nobody more than that a link is void.
import { createHash } from 'node:crypto';
import { disputeLinkPath } from '../../src/http/dispute/disputePage';
import { disputeWords } from '../../src/http/dispute/disputeWords';
import { keptLog, startPublicServer } from '../support/publicServer';
import type { Answer, PublicServer } from '../support/publicServer';

const sessionId = '00000000-0000-4000-8000-000000000003';
const lost = '00000000-0000-4000-8000-000000000004';
const path = disputeLinkPath('good');
const { log, lines } = keptLog();
const disputed: string[] = [];
let fault: Error | undefined;
let server: PublicServer;

beforeAll(async () => {
  server = await startPublicServer({
    log,
    takeMessage: async () => 'known',
    disputes: {
      readToken: (token) => new Map([['good', sessionId], ['lost', lost]]).get(token),
      dispute: async (id) => {
        if (fault !== undefined) throw fault;
        disputed.push(id);
        return id === lost ? 'unknown' : 'disputed';
      },
      language: 'de-AT',
    },
  });
});

afterAll(() => server.close());

beforeEach(() => {
  disputed.length = 0;
  lines.length = 0;
  fault = undefined;
});

const english = ['Accept-Language', 'en-GB,en;q=0.9'] as const;
const send = (method: string, to: string, ...headers: (readonly [string, string])[]) => server.send(method, to, [english, ...headers]);
const titleOf = ({ text }: Answer) => /<h1>(.*)<\/h1>/.exec(text)?.[1];

test('a link shows what happened and one button that comes back to it, and does nothing', async () => {
  const page = await send('GET', path);
  expect([page.status, page.headers['content-type'], titleOf(page)]).toEqual([200, 'text/html; charset=utf-8', disputeWords.en.ask.title]);
  expect(page.text.match(/<(form|button|input|a|script|img|link|iframe)\b[^>]*>/g)).toEqual(['<form method="post">', '<button type="submit">']);
  expect(disputed).toEqual([]);
});

test('the button acts, as often as it is pressed, and each time the answer is the same', async () => {
  const first = await send('POST', path, ['Content-Type', 'application/x-www-form-urlencoded']);
  const second = await send('POST', path, ['Content-Type', 'application/x-www-form-urlencoded']);
  expect([first.status, titleOf(first)]).toEqual([200, disputeWords.en.done.title]);
  expect(second.text).toBe(first.text);
  expect(disputed).toEqual([sessionId, sessionId]);
});

test('a scanner that asks for the head, or for what may be done, does nothing', async () => {
  const head = await send('HEAD', path);
  expect([head.status, head.text]).toEqual([200, '']);
  for (const method of ['OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE']) {
    const answer = await send(method, path);
    expect([answer.status, answer.headers.allow, answer.headers['content-type']])
      .toEqual([405, 'GET, HEAD, POST', 'application/problem+json; charset=utf-8']);
  }
  expect(disputed).toEqual([]);
});

test('a wrong link has the same answer as one whose session nobody knows, to look at and to press', async () => {
  const pages = [await send('GET', disputeLinkPath('bad')), await send('POST', disputeLinkPath('bad')), await send('POST', disputeLinkPath('lost')),
    await send('GET', disputeLinkPath('__proto__')), await send('GET', disputeLinkPath('x'.repeat(4_000)))];
  for (const page of pages) {
    expect([page.status, titleOf(page), page.text]).toEqual([404, disputeWords.en.unknown.title, pages[0]!.text]);
    expect({ ...page.headers, 'x-request-id': '', date: '' }).toEqual({ ...pages[0]!.headers, 'x-request-id': '', date: '' });
  }
  expect(disputed).toEqual([lost]);
});

test('what was not done is not said to be done', async () => {
  fault = new Error('canary: connection terminated');
  const page = await send('POST', path);
  expect([page.status, titleOf(page), page.headers['retry-after']]).toEqual([503, disputeWords.en.later.title, '60']);
  expect(page.text).not.toContain('canary');
  expect(lines.join()).toContain('notDisputed');
  expect(lines.join()).not.toContain('canary');
});

test('neither page nor log repeats anything of the link', async () => {
  const page = await send('GET', `${disputeLinkPath('canary%3Cscript%3E')}?x=canary`);
  expect([page.status, page.text.includes('canary')]).toEqual([404, false]);
  expect(lines.join()).not.toContain('canary');
});

test('there is nothing beside the link', async () => {
  for (const other of ['/not-me', '/not-me/', `${path}/`, `${path}/x`, '/NOT-ME/good']) {
    expect([(await send('GET', other)).status, (await send('POST', other)).status]).toEqual([404, 404]);
  }
  expect((await send('GET', disputeLinkPath('%zz'))).status).toBe(400);
  expect(disputed).toEqual([]);
});

test('a body is not read', async () => {
  expect((await server.send('POST', path, [english], 'x'.repeat(1_024))).status).toBe(200);
  const answer = await server.send('POST', path, [english], 'x'.repeat(1_025));
  expect([answer.status, answer.headers.connection]).toEqual([413, 'close']);
  const { socket, closed } = server.open();
  socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
  expect(await closed).toMatch(/^HTTP\/1\.1 413 /);
  expect(disputed).toEqual([sessionId]);
});

test('every page may fetch nothing, run nothing, be framed by nobody, kept nowhere, and tells nobody where it was', async () => {
  for (const page of [await send('GET', path), await send('POST', path), await send('GET', disputeLinkPath('bad'))]) {
    const style = /<style>([^]*)<\/style>/.exec(page.text)![1]!;
    expect(page.headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`);
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' });
    expect(page.headers).not.toHaveProperty('set-cookie');
  }
});

test.each([
  ['de', 'de'], ['de-CH, en;q=0.5', 'de'], ['es-MX', 'es'], ['fr-CA,fr;q=0.8', 'fr'], ['en-US', 'en'], ['pt, en;q=0.4', 'en'],
  ['pt', 'de'], ['*', 'de'], ['%%,;q=', 'de'],
] as const)('to a browser that asks for %s it speaks %s', async (wanted, language) => {
  const page = await server.send('GET', path, [['Accept-Language', wanted]]);
  expect([page.headers['content-language'], titleOf(page)]).toEqual([language, disputeWords[language].ask.title]);
  expect(page.text).toContain(`<html lang="${language}">`);
});

test('to a browser that says nothing it speaks the organisation\'s language', async () => {
  expect((await server.send('GET', path, [])).headers['content-language']).toBe('de');
});

test('no word is missing in a language, and none could be taken for HTML', () => {
  const wordsIn = (value: object): string[] => Object.values(value).flatMap((each: string | object) => (typeof each === 'string' ? [each] : wordsIn(each)));
  const counts = Object.values(disputeWords).map((words) => wordsIn(words).length);
  expect(new Set(counts).size).toBe(1);
  for (const word of wordsIn(disputeWords)) expect(word).toMatch(/^[^<>&"]{5,}$/);
});
