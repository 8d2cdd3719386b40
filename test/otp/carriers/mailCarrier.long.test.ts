// A code by mail: as every carrier, over the simulator's mail server, and over one with TLS in all the moods of such servers.
import { randomUUID } from 'node:crypto';
import { createMailer } from '../../../src/mail/mailer';
import type { Mailer, MailerOptions } from '../../../src/mail/mailer';
import { createMailCarrier } from '../../../src/otp/carriers/mailCarrier';
import type { CodeToCarry } from '../../../src/otp/carriers/codeCarrier';
import type { Faults } from '../../../src/simulator/faults';
import { createTexts } from '../../../src/texts/render';
import type { FaultKind } from '../../../src/domain/faults';
import { login, startListeningServer, startMailServer, startOddServer, testCertificate } from '../../mail/mailServer';
import type { MailServerForTests, Refusal } from '../../mail/mailServer';
import { describeCodeCarrier, written } from '../../ports/codeCarrier.suite';
import type { CarrierMood, CarrierNature } from '../../ports/codeCarrier.suite';
import { faultOf, leaks } from '../../ports/leaks';
import { closeSimulations, simulate } from '../../support/simulation';

const texts = createTexts({ organisation: 'Contoso', language: 'en' });
const from = 'doorman@contoso.example';
const contact = 'anna@contoso.example';
const password = 'simulated p@ss/word';

const nature: CarrierNature = {
  ...written, method: 'email', throttledMs: 60_000,
  notContacts: ['+4915112345678', 'Anna@contoso.example', 'Anna <anna@contoso.example>', `${contact},eva@evil.example`, `${contact}\r\nBcc: eva@evil.example`],
};
const moods: Readonly<Record<CarrierMood, Faults['mail']>> = {
  well: null, down: 'busy', throttling: 'greylist', silent: 'silent', 'losing answers': 'lost',
};

describeCodeCarrier('E-mail', async () => {
  const simulator = await simulate({ mail: { port: 0, password } });
  const url = simulator.smtpUrl!;
  const wrongPassword = 'another-password';
  const mailers: Mailer[] = [];
  const mailer = (changes: Partial<MailerOptions> = {}) => {
    const made = createMailer({ url, from, production: false, ...changes });
    mailers.push(made);
    return made;
  };
  const [patient, impatient] = [mailer(), mailer({ timeoutMs: 300 })];
  const stranger = mailer({ url: Object.assign(new URL(url), { password: wrongPassword }).href });
  return {
    nature,
    // Nobody waits for a silence to end, and nobody is cut off because the machine is busy.
    carrier: createMailCarrier({ texts, mailer: { send: (mail) => (simulator.faults.now.mail === 'silent' ? impatient : patient).send(mail) } }),
    stranger: createMailCarrier({ texts, mailer: stranger }),
    contact,
    unreachable: { address: 'nobody@contoso.example', code: '550 5.1.1' },
    secrets: [password, wrongPassword],
    arrived: (address) => simulator.state.mails().filter(({ to }) => to.includes(address)).map(({ text }) => text),
    everything: () => simulator.state.mails().map(({ text }) => text),
    set: (mood) => void simulator.faults.set({ mail: moods[mood] }),
    async close() {
      for (const made of mailers) made.close();
      await closeSimulations();
    },
  };
});

const receiptId = '6f0c1b58-7a52-4d0e-9a6c-6d2f64a1f6c2';
const code: CodeToCarry = { receiptId, challengeId: receiptId, to: contact, code: '48392017', language: 'en', requestedBy: '0123', minutesLeft: 5 };
const secrets = [code.code, contact, 'Type it only', login.user, login.password];
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

/** A carrier as in production, to a server on this port. */
function carrierTo(port: number, options: Partial<MailerOptions> = {}) {
  const mailer = createMailer({ url: `smtp://${withLogin}127.0.0.1:${port}`, from, production: true, ca: testCertificate, ...options });
  mailers.push(mailer);
  return createMailCarrier({ mailer, texts });
}

const carry = (changes: Partial<CodeToCarry> = {}) => carrierTo(server.port).carry({ ...code, ...changes });
const messageIdsIn = (raw: string) => [...raw.matchAll(/^message-id:\s*<(\S+@\S+)>/gim)].map(([, id]) => id);

describe('a mail with a code', () => {
  test('R64 goes over TLS to the one contact, with the code in both parts and in no header', async () => {
    await carry();
    expect(server.taken).toMatchObject([{ from, to: [contact], secure: true, user: login.user }]);
    const [headers, ...parts] = server.taken[0]!.raw.split('\r\n\r\n');
    expect(headers).toMatch(/^subject: Contoso: your code for our WhatsApp chat$/im);
    expect(headers).not.toContain(code.code);
    // Quoted-printable lines are joined again (RFC 2045).
    const body = parts.join('\r\n\r\n').replaceAll('=\r\n', '');
    expect(body.split(code.code)).toHaveLength(3);
    expect(body).toContain('Content-Type: text/plain');
    expect(body).toContain('<p>48392017</p>');
    expect(server.taken[0]!.raw).not.toMatch(/https?:/);
  });

  test('is the same mail when its send is repeated, another one at a RESEND, and shows its receipt\'s id to nobody', async () => {
    const carried = [await carry(), await carry(), await carry({ receiptId: randomUUID() })];
    const ids = server.taken.flatMap(({ raw }) => messageIdsIn(raw));
    expect(carried).toEqual(ids.map((providerId) => ({ outcome: 'accepted', providerId })));
    expect([ids.length, ids[1] === ids[0], ids[2] === ids[0]]).toEqual([3, true, false]);
    expect(server.taken.map(({ raw }) => raw).join('\n')).not.toContain(receiptId);
  });
});

describe('F08 a mail server that refuses a code', () => {
  test.each<[Refusal['at'], number, string, FaultKind, string]>([
    ['connect', 421, '4.3.2', 'unavailable', '421 4.3.2'],
    ['login', 535, '5.7.8', 'misconfigured', '535 5.7.8'],
    ['sender', 550, '5.7.1', 'misconfigured', '550 5.7.1'],
    ['recipient', 421, '4.3.2', 'unavailable', '421 4.3.2'],
    ['recipient', 451, '4.7.1', 'throttled', '451 4.7.1'],
    ['data', 421, '4.3.2', 'unavailable', '421 4.3.2'],
    ['data', 451, '4.3.0', 'throttled', '451 4.3.0'],
    ['data', 550, '5.7.1', 'refused', 'message 550 5.7.1'],
  ])('at %s with %i %s: a fault that keeps its silence', async (at, number, enhanced, kind, said) => {
    server.refuse({ at, code: number, words: `${enhanced} <${contact}> sent ${code.code}` });
    const fault = await faultOf(carry(), kind, secrets);
    expect([fault.dependency, fault.code, server.taken]).toEqual(['mail', said, []]);
  });

  test.each<[Refusal['at'], number, string, string]>([
    ['recipient', 550, '5.1.1', '550 5.1.1'], ['recipient', 552, '5.2.2', '552 5.2.2'], ['data', 550, '5.1.1', '550 5.1.1'],
  ])('for good, at %s with %i %s: the contact is undeliverable', async (at, number, enhanced, said) => {
    server.refuse({ at, code: number, words: `${enhanced} <${contact}> sent ${code.code}` });
    const carried = await carry();
    expect([carried, server.taken]).toEqual([{ outcome: 'undeliverable', code: said }, []]);
    expect(leaks(carried, secrets)).toEqual([]);
  });

  test('at first, as greylists do, takes it the second time, once', async () => {
    server.refuse({ at: 'recipient', code: 451, words: '4.7.1 greylisted' });
    const carrier = carrierTo(server.port);
    expect((await faultOf(carrier.carry(code), 'throttled', secrets)).retryAfterMs).toBe(60_000);
    server.refuse(undefined);
    expect(await carrier.carry(code)).toMatchObject({ outcome: 'accepted' });
    expect(server.taken).toHaveLength(1);
  });
});

describe('F08 a mail server that is not as it should be', () => {
  test('is not there', async () => {
    const gone = await startOddServer(() => undefined);
    await gone.close();
    expect((await faultOf(carrierTo(gone.port).carry(code), 'unavailable', secrets)).code).toBe('connection');
  });

  test('has its TLS stripped by somebody on the way: neither code nor login is sent', async () => {
    const stripped = await startMailServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
    expect((await faultOf(carrierTo(stripped.port).carry(code), 'misconfigured', secrets)).code).toBe('tls');
    expect([stripped.heard, stripped.taken]).toEqual([[], []]);
    await stripped.close();
  });

  test('hangs after the message, which it may have taken: it gets the same one again', async () => {
    const hanging = await startListeningServer(undefined);
    const carrier = carrierTo(hanging.port, { url: `smtp://127.0.0.1:${hanging.port}`, production: false, timeoutMs: 300 });
    for (let n = 0; n < 2; n += 1) expect((await faultOf(carrier.carry(code), 'unavailable', secrets)).code).toBe('timeout');
    const ids = messageIdsIn(hanging.lines.join('\n'));
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
    await hanging.close();
  });
});
