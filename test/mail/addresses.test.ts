// One mail, one mailbox: what could be read as another address, or as more than one, is sent to nobody (R64).
import { isMailAddress } from '../../src/mail/mailAddress';
import { createMailer } from '../../src/mail/mailer';
import type { Mailer } from '../../src/mail/mailer';
import { startListeningServer, startMailServer, testCertificate } from './mailServer';
import type { MailServerForTests } from './mailServer';

let server: MailServerForTests;
let mailer: Mailer;

beforeAll(async () => {
  server = await startMailServer();
  const url = `smtp://127.0.0.1:${server.port}`;
  mailer = createMailer({ url, from: 'doorman@acme.example', production: true, ca: testCertificate });
});

afterAll(async () => {
  mailer.close();
  await server.close();
});

beforeEach(() => {
  server.taken.length = 0;
  server.heard.length = 0;
});

const words = { key: 'key', subject: 'subject', text: 'text', html: '<p>html</p>' };

test.each([
  ['a second recipient', 'a@corp.example,evil@x.example'],
  ['a second recipient after a semicolon', 'a@corp.example; evil@x.example'],
  ['a second recipient after a space', 'a@corp.example evil@x.example'],
  ['a header', 'a@corp.example\r\nBcc: evil@x.example'],
  ['a header after a bare line feed', 'a@corp.example\nBcc: evil@x.example'],
  ['a header after a bare carriage return', 'a@corp.example\rBcc: evil@x.example'],
  ['a command', 'a@corp.example>\r\nRCPT TO:<evil@x.example'],
  ['a line end of Unicode', 'a@corp.example\u2028Bcc: evil@x.example'],
  ['a NUL', 'a@corp.example\0@evil.example'],
  ['a comment', 'a@corp(x)evil.com'],
  ['a comment after the name', 'a(evil@x.example)@corp.example'],
  ['a name before it', 'Anna <a@corp.example>'],
  ['another address as its name', '"a@corp.example" <evil@x.example>'],
  ['brackets', '<a@corp.example>'],
  ['a group', 'group: a@corp.example, evil@x.example;'],
  ['a quoted name', '"a@evil.example"@corp.example'],
  ['a source route', '@evil.example:a@corp.example'],
  ['a percent route, twice at', 'a%corp.example@evil.example@corp.example'],
  ['a domain at full width', 'a@ｃｏｒｐ.example'],
  ['a name at full width', 'ａ@corp.example'],
  ['a Cyrillic letter', 'a@c\u043Erp.example'],
  ['a Kelvin sign', 'a@\u212Aorp.example'],
  ['an ideographic full stop', 'a@corp\u3002example'],
  ['a soft hyphen', 'a@co\u00ADrp.example'],
  ['an address literal', 'a@[127.0.0.1]'],
  ['a domain without an end', 'a@corp'],
  ['an empty label', 'a@corp..example'],
  ['a dot at its end', 'a@corp.example.'],
  ['a space around it', ' a@corp.example'],
  ['capitals, which the directory does not keep', 'A@corp.example'],
  ['no name', '@corp.example'],
  ['too long a name', `${'a'.repeat(65)}@corp.example`],
  ['no address at all', ''],
  ['an employee ID', '144133'],
])('A41 %s is no address, and the server hears nothing of it', async (_what, to) => {
  expect(await mailer.send({ ...words, to })).toEqual({ outcome: 'undeliverable', code: 'no address' });
  expect([isMailAddress(to), server.heard, server.taken]).toEqual([false, [], []]);
});

test.each(['a@corp.example', 'a.b+c@corp.example', 'a%b@corp.example', "o'neil@corp.example", '-o@corp.example'])(
  'A41 %s is one address, and exactly that is in the envelope', async (to) => {
    expect(await mailer.send({ ...words, to })).toMatchObject({ outcome: 'accepted' });
    expect(server.taken.map((taken) => taken.to)).toEqual([[to]]);
  });

test('A41 an international domain goes out as it stands in the directory', async () => {
  const listening = await startListeningServer('250 taken');
  const plain = createMailer({ url: `smtp://127.0.0.1:${listening.port}`, from: 'doorman@acme.example', production: false });
  await plain.send({ ...words, to: 'a@xn--crp-0na.example' });
  expect(listening.lines.filter((line) => line.startsWith('RCPT'))).toEqual(['RCPT TO:<a@xn--crp-0na.example>']);
  plain.close();
  await listening.close();
});

test('A41 neither subject nor words nor key can add a header, a recipient or a fetch', async () => {
  const hostile = 'x\r\nBcc: evil@x.example\r\n\r\n.\r\nRCPT TO:<evil@x.example>\r\n';
  const html = `<img src="https://evil.example/x.png"><img src="file:///etc/passwd"><img src="data:image/png;base64,AAAA">${hostile}`;
  await mailer.send({ key: hostile, to: 'a@corp.example', subject: hostile, text: `.\r\n${hostile}`, html });
  expect(server.taken.map(({ to }) => to)).toEqual([['a@corp.example']]);
  const [head = ''] = server.taken[0]!.raw.split('\r\n\r\n');
  expect(head).not.toMatch(/^(bcc|rcpt)/im);
  expect(server.taken[0]!.raw.match(/^content-type:/gim)).toHaveLength(3);
});

test.each([
  ['another protocol', 'http://127.0.0.1', 'doorman@acme.example'],
  ['options in the URL', 'smtp://127.0.0.1?tls.rejectUnauthorized=false', 'doorman@acme.example'],
  ['a path', 'smtp://127.0.0.1/x', 'doorman@acme.example'],
  ['half a login', 'smtp://user@127.0.0.1', 'doorman@acme.example'],
  ['a login that is not encoded', 'smtp://user:%zz@127.0.0.1', 'doorman@acme.example'],
  ['a sender with a name', 'smtp://127.0.0.1', 'Doorman <doorman@acme.example>'],
])('there is no mailer with %s', (_what, url, from) => {
  expect(() => createMailer({ url, from, production: false })).toThrow(TypeError);
});
