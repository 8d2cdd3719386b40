// Mail over a real server: to one mailbox, over TLS or not at all, and nothing of it in a fault.
import { createMailer } from '../../src/mail/mailer';
import type { Mail, Mailer, MailerOptions } from '../../src/mail/mailer';
import type { FaultKind } from '../../src/domain/faults';
import { faultOf, leaks } from '../ports/leaks';
import { login, startListeningServer, startMailServer, startOddServer, testCertificate } from './mailServer';
import type { MailServerForTests, Refusal } from './mailServer';

const from = 'doorman@acme.example';
const mail: Mail = {
  key: 'session:3f0c1b58-7a52-4d0e-9a6c-6d2f64a1f6c2', to: 'anna@acme.example', subject: 'Angemeldet – ein Gerät',
  text: 'canary-words in the text', html: '<p>canary-words in the html</p>',
};
const secrets = [mail.to, 'canary', login.user, login.password];
const withLogin = `${login.user}:${encodeURIComponent(login.password)}@`;

let server: MailServerForTests;
const mailers: Mailer[] = [];

beforeAll(async () => {
  server = await startMailServer();
});

afterAll(() => server.close());

beforeEach(() => {
  server.taken.length = 0;
  server.heard.length = 0;
  server.refuse(undefined);
});

afterEach(() => {
  for (const mailer of mailers.splice(0)) mailer.close();
});

function mailerTo(port: number, options: Partial<MailerOptions> & { scheme?: string; userinfo?: string } = {}): Mailer {
  const { scheme = 'smtp', userinfo = '', ...rest } = options;
  const url = `${scheme}://${userinfo}127.0.0.1:${port}`;
  const mailer = createMailer({ url, from, production: true, ca: testCertificate, ...rest });
  mailers.push(mailer);
  return mailer;
}

const headerOf = (raw: string, name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(raw.replace(/\r\n[ \t]+/g, ' '))?.[1]?.trim();

describe('a mail', () => {
  test('goes over STARTTLS to the one address that was given, as text and as HTML', async () => {
    const outcome = await mailerTo(server.port).send(mail);
    const [taken] = server.taken;
    expect(taken).toMatchObject({ from, to: [mail.to], secure: true });
    expect(headerOf(taken!.raw, 'To')).toBe(mail.to);
    expect(headerOf(taken!.raw, 'Auto-Submitted')).toBe('auto-generated');
    expect(headerOf(taken!.raw, 'Content-Type')).toMatch(/^multipart\/alternative;/);
    for (const header of ['Cc', 'Bcc', 'Reply-To', 'X-Mailer']) expect(headerOf(taken!.raw, header)).toBeUndefined();
    expect(taken!.raw).toContain(mail.text);
    expect(taken!.raw).toContain(mail.html);
    expect(outcome).toEqual({ outcome: 'accepted', providerId: headerOf(taken!.raw, 'Message-ID')!.slice(1, -1) });
  });

  test('has a Message-ID that is the same for its key, another for another one, and shows neither', async () => {
    const mailer = mailerTo(server.port);
    for (const key of [mail.key, mail.key, 'session:other']) await mailer.send({ ...mail, key });
    const ids = server.taken.map(({ raw }) => headerOf(raw, 'Message-ID'));
    expect(ids[0]).toMatch(/^<[0-9a-f]{64}@acme\.example>$/);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(server.taken.map(({ raw }) => raw).join('\n')).not.toContain('3f0c1b58');
  });

  test('goes over TLS from the first byte to a smtps server', async () => {
    const implicit = await startMailServer({ secure: true });
    await mailerTo(implicit.port, { scheme: 'smtps' }).send(mail);
    expect(implicit.taken).toMatchObject([{ to: [mail.to], secure: true }]);
    for (const mailer of mailers.splice(0)) mailer.close();
    await implicit.close();
  });

  test('is sent with a login, and with a name beside our address', async () => {
    await mailerTo(server.port, { userinfo: withLogin, fromName: 'Acme, "Ltd" <x@evil.example>' }).send(mail);
    expect(server.taken).toMatchObject([{ user: login.user, from, to: [mail.to] }]);
    expect(headerOf(server.taken[0]!.raw, 'From')).toBe(`"Acme, \\"Ltd\\" <x@evil.example>" <${from}>`);
  });

  test('shares its connection with the next', async () => {
    const before = server.connections();
    const mailer = mailerTo(server.port);
    for (const key of ['one', 'two', 'three']) await mailer.send({ ...mail, key });
    expect(server.connections() - before).toBe(1);
  });

  test('that is one of twenty at once arrives as each of the others, over two connections', async () => {
    const before = server.connections();
    const mailer = mailerTo(server.port);
    await Promise.all(Array.from({ length: 20 }, (_, n) => mailer.send({ ...mail, key: `many-${n}`, to: `anna${n}@acme.example` })));
    expect(server.taken.map(({ to }) => to.join()).sort()).toEqual(Array.from({ length: 20 }, (_, n) => `anna${n}@acme.example`).sort());
    expect(server.connections() - before).toBeLessThanOrEqual(2);
  });
});

describe('TLS', () => {
  const unencrypted = { disabledCommands: ['STARTTLS'] };

  test('F08 stripped by somebody on the way: nothing is sent, no login either', async () => {
    const stripped = await startMailServer(unencrypted);
    const sending = mailerTo(stripped.port, { userinfo: withLogin }).send(mail);
    expect((await faultOf(sending, 'misconfigured', secrets)).code).toBe('tls');
    expect([stripped.heard, stripped.taken]).toEqual([[], []]);
    await stripped.close();
  });

  test('is needed outside production too, unless the server is on this computer', async () => {
    const plain = await startMailServer({ ...unencrypted, allowInsecureAuth: true });
    await mailerTo(plain.port, { production: false, userinfo: withLogin }).send(mail);
    expect(plain.taken).toMatchObject([{ to: [mail.to], secure: false, user: login.user }]);
    await faultOf(mailerTo(plain.port, { production: true }).send(mail), 'misconfigured', secrets);
    expect(plain.taken).toHaveLength(1);
    for (const mailer of mailers.splice(0)) mailer.close();
    await plain.close();
  });

  test.each([['smtp', false], ['smtps', true]])('with a certificate that nobody vouches for is none (%s)', async (scheme, secure) => {
    const untrusted = await startMailServer({ secure });
    const url = `${scheme}://${withLogin}127.0.0.1:${untrusted.port}`;
    const mailer = createMailer({ url, from, production: true });
    expect((await faultOf(mailer.send(mail), 'misconfigured', secrets)).code).toBe('tls');
    expect([untrusted.heard, untrusted.taken]).toEqual([[], []]);
    mailer.close();
    await untrusted.close();
  });

  test('with somebody else\'s certificate is none', async () => {
    const url = `smtp://${withLogin}localhost:${server.port}`;
    const mailer = createMailer({ url, from, production: true, ca: testCertificate });
    expect((await faultOf(mailer.send(mail), 'misconfigured', secrets)).code).toBe('tls');
    expect([server.heard, server.taken]).toEqual([[], []]);
    mailer.close();
  });
});

describe('a server that refuses', () => {
  type At = Refusal['at'];
  test.each<[At, number, string, FaultKind, string]>([
    ['connect', 421, '4.3.2 canary', 'unavailable', '421 4.3.2'],
    ['connect', 554, 'canary', 'misconfigured', '554'],
    ['login', 454, '4.7.0 canary', 'unavailable', '454 4.7.0'],
    ['login', 535, '5.7.8 canary', 'misconfigured', '535 5.7.8'],
    ['sender', 451, 'canary', 'unavailable', '451'],
    ['sender', 553, '5.1.8 canary', 'misconfigured', '553 5.1.8'],
    ['recipient', 421, 'canary', 'unavailable', '421'],
    ['recipient', 450, '4.2.0 canary greylisted', 'throttled', '450 4.2.0'],
    ['recipient', 451, '4.7.1 canary greylisted', 'throttled', '451 4.7.1'],
    ['recipient', 503, 'canary', 'unavailable', '503'],
    ['recipient', 530, '5.7.0 canary login', 'misconfigured', '530 5.7.0'],
    ['recipient', 554, '5.7.1 canary relay', 'misconfigured', '554 5.7.1'],
    ['data', 421, 'canary', 'unavailable', '421'],
    ['data', 452, '4.3.1 canary full', 'throttled', '452 4.3.1'],
    ['data', 550, '5.7.1 canary spam', 'refused', 'message 550 5.7.1'],
    ['data', 554, 'canary', 'refused', 'message 554'],
  ])('at %s with %i %s: %s', async (at, code, words, kind, said) => {
    server.refuse({ at, code, words: `${words} ${mail.to}` });
    const fault = await faultOf(mailerTo(server.port, { userinfo: withLogin }).send(mail), kind, secrets);
    expect([fault.dependency, fault.code]).toEqual(['mail', said]);
    expect(fault.retryAfterMs).toBe(kind === 'throttled' ? 60_000 : undefined);
    expect(server.taken).toEqual([]);
  });

  test.each<[At, number, string, string]>([
    ['recipient', 550, '5.1.1 canary', '550 5.1.1'],
    ['recipient', 550, 'canary', '550'],
    ['recipient', 552, '5.2.2 canary full', '552 5.2.2'],
    ['recipient', 551, 'canary moved', '551'],
    ['data', 550, '5.1.1 canary', '550 5.1.1'],
    ['data', 552, '5.2.2 canary full', '552 5.2.2'],
  ])('the mailbox at %s with %i %s: it is undeliverable, and the next mail goes', async (at, code, words, said) => {
    const mailer = mailerTo(server.port);
    server.refuse({ at, code, words: `${words} ${mail.to}` });
    const outcome = await mailer.send(mail);
    expect(outcome).toEqual({ outcome: 'undeliverable', code: said });
    expect(leaks(outcome, secrets)).toEqual([]);
    server.refuse(undefined);
    expect(await mailer.send(mail)).toMatchObject({ outcome: 'accepted' });
    expect(server.taken).toHaveLength(1);
  });

  test('a login that it does not know, or offers none for', async () => {
    const wrong = `doorman:${encodeURIComponent('canary wrong')}@`;
    await faultOf(mailerTo(server.port, { userinfo: wrong }).send(mail), 'misconfigured', secrets);
    const open = await startMailServer({ disabledCommands: ['AUTH'] });
    await faultOf(mailerTo(open.port, { userinfo: withLogin }).send(mail), 'misconfigured', secrets);
    expect([server.taken, open.taken]).toEqual([[], []]);
    await open.close();
  });
});

describe('a server that does not answer', () => {
  const quick = { production: false, timeoutMs: 300 };

  test('is not there', async () => {
    const gone = await startOddServer(() => undefined);
    await gone.close();
    expect((await faultOf(mailerTo(gone.port).send(mail), 'unavailable', secrets)).code).toBe('connection');
  });

  test('has closed the idle connection: the next mail takes a new one', async () => {
    const mailer = mailerTo(server.port);
    const before = server.connections();
    await mailer.send(mail);
    server.drop();
    expect(await mailer.send(mail)).toMatchObject({ outcome: 'accepted' });
    expect(server.connections() - before).toBe(2);
  });

  test('closes before its greeting', async () => {
    const closing = await startOddServer((_line, socket) => socket.destroy());
    expect((await faultOf(mailerTo(closing.port).send(mail), 'unavailable', secrets)).code).toBe('connection');
    await closing.close();
  });

  test('hangs before its greeting, and others are sent meanwhile', async () => {
    const silent = await startOddServer(() => undefined);
    const sending = faultOf(mailerTo(silent.port, quick).send(mail), 'unavailable', secrets);
    expect(await mailerTo(server.port).send(mail)).toMatchObject({ outcome: 'accepted' });
    expect((await sending).code).toBe('timeout');
    await silent.close();
  });

  test('hangs after the message, which it may have taken: it gets the same one again', async () => {
    const hanging = await startListeningServer(undefined);
    const mailer = mailerTo(hanging.port, quick);
    for (let n = 0; n < 2; n += 1) expect((await faultOf(mailer.send(mail), 'unavailable', secrets)).code).toBe('timeout');
    const ids = hanging.lines.filter((line) => /^message-id:/i.test(line));
    expect(ids).toEqual([ids[0], ids[0]]);
    await hanging.close();
  });

  test('keeps the line busy without ever coming to an end', async () => {
    const timers: NodeJS.Timeout[] = [];
    const trickling = await startOddServer((line, socket) => {
      if (line === undefined) timers.push(setInterval(() => socket.write('220-still canary\r\n'), 20));
    });
    expect((await faultOf(mailerTo(trickling.port, quick).send(mail), 'unavailable', secrets)).code).toBe('timeout');
    for (const timer of timers) clearInterval(timer);
    await trickling.close();
  });
});
