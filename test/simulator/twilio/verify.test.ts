// The simulated Verify, by the official SDK: what Twilio promises of a verification, and its own limits.
import { account, closeSimulations, sdk, simulate } from '../../support/simulation';

const to = '+447700900123';
const serviceSid = `VA${'0e'.repeat(16)}`;
const minuteMs = 60_000;

async function start() {
  let time = Date.now();
  const simulator = await simulate({}, { now: () => time });
  const service = sdk(simulator.url).verify.v2.services(serviceSid);
  const begin = (changes: object = {}) => service.verifications.create({ to, channel: 'sms', ...changes });
  const check = (verificationSid: string, code: string) => service.verificationChecks.create({ verificationSid, code });
  return {
    simulator, service, begin, check,
    pass: (ms: number) => { time += ms; },
    codeOf: (sid: string) => simulator.verify.all().find((one) => one.sid === sid)!.code,
    shown: () => simulator.state.messages().map(({ shown, to: number }) => `${number}: ${shown}`),
  };
}

const refused = async (call: Promise<unknown>): Promise<string> =>
  call.then(() => 'taken', ({ status, code }: { status: number; code: number }) => `${status}/${code}`);

const wrongFor = (code: string): string => (code === '000000' ? '000001' : '000000');

afterEach(closeSimulations);

describe('beginning a verification', () => {
  it('sends a code and answers with Twilio\'s resource', async () => {
    const { begin, codeOf, shown } = await start();
    const begun = await begin();
    expect(begun).toMatchObject({
      sid: expect.stringMatching(/^VE[0-9a-f]{32}$/), serviceSid, accountSid: account.sid, to, channel: 'sms',
      status: 'pending', valid: false, dateCreated: expect.any(Date),
    });
    expect(begun.sendCodeAttempts).toHaveLength(1);
    expect(codeOf(begun.sid)).toMatch(/^\d{6}$/);
    expect(shown()).toEqual([`${to}: Your Example Ltd verification code is: ${codeOf(begun.sid)}`]);
  });

  it('sends the same code again while it is pending, by whichever channel, whoever asks', async () => {
    const { begin, codeOf, shown } = await start();
    const first = await begin();
    const second = await begin({ channel: 'call' });
    expect(second.sid).toBe(first.sid);
    expect(second.sendCodeAttempts).toHaveLength(2);
    expect(shown()[1]).toContain([...codeOf(first.sid)].join(' '));
    expect((await begin({ to: '+447700900124' })).sid).not.toBe(first.sid);
  });

  it('sends five times and no more, until the ten minutes are over', async () => {
    const { begin, pass } = await start();
    const { sid } = await begin();
    for (let sends = 2; sends <= 5; sends += 1) await begin();
    expect(await refused(begin())).toBe('429/60203');
    pass(10 * minuteMs);
    expect((await begin()).sid).not.toBe(sid);
  });

  it('takes a code of ours, but no second one while the first is pending, and none where the service does not want it', async () => {
    const { simulator, begin, codeOf } = await start();
    const { sid } = await begin({ customCode: '00483920' });
    await begin({ customCode: '11111111' });
    expect(codeOf(sid)).toBe('00483920');
    for (const customCode of ['123', '12345678901', '12 456']) {
      expect(await refused(begin({ to: '+447700900124', customCode }))).toBe('400/60200');
    }
    simulator.verify.settings.customCodes = false;
    expect(await refused(begin({ customCode: '00483920' }))).toBe('403/60204');
  });

  it.each([
    ['no number', { to: 'anna@acme.example' }, '400/60200'],
    ['a number of no country', { to: '+15005550001' }, '400/60200'],
    ['a country that is not enabled', { to: '+15005550003' }, '403/60605'],
    ['a blocked range of numbers', { to: '+15005550004' }, '403/60410'],
    ['a landline', { to: '+15005550009' }, '403/60205'],
    ['the chat', { channel: 'whatsapp' }, '400/60200'],
    ['a channel of Twilio\'s own choice', { channel: 'auto' }, '400/60200'],
  ])('is refused for %s', async (_, changes, answer) => {
    const { begin, shown } = await start();
    expect(await refused(begin(changes))).toBe(answer);
    expect(shown()).toEqual([]);
  });

  it('calls a landline', async () => {
    const { begin } = await start();
    expect(await refused(begin({ to: '+15005550009', channel: 'call' }))).toBe('taken');
  });

  it.each([['de', 'Verifizierungscode'], ['es', 'código'], ['fr', 'Votre code'], ['de-AT', 'Your'], ['xx', 'Your']])(
    'speaks %s, or English where it does not speak that', async (locale, word) => {
      const { begin, shown } = await start();
      await begin({ locale });
      expect(shown()[0]).toContain(word);
    });
});

describe('checking a code', () => {
  it('approves the right one once, and knows nothing of it afterwards', async () => {
    const { service, begin, check, codeOf } = await start();
    const { sid } = await begin();
    expect(await check(sid, codeOf(sid))).toMatchObject({ sid, to, channel: 'sms', status: 'approved', valid: true });
    expect(await refused(check(sid, codeOf(sid)))).toBe('404/20404');
    expect(await refused(service.verifications(sid).fetch())).toBe('404/20404');
    expect(await refused(service.verifications(sid).update({ status: 'approved' }))).toBe('404/20404');
    expect((await begin()).sid).not.toBe(sid);
  });

  it('answers a wrong one with "pending", which is no error', async () => {
    const { service, begin, check, codeOf } = await start();
    const { sid } = await begin();
    expect(await check(sid, wrongFor(codeOf(sid)))).toMatchObject({ status: 'pending', valid: false });
    expect(await service.verifications(sid).fetch()).toMatchObject({ status: 'pending', to });
  });

  it('compares five, then not even the right one, until it is ended', async () => {
    const { service, begin, check, codeOf } = await start();
    const { sid } = await begin();
    for (let guesses = 1; guesses <= 5; guesses += 1) await check(sid, wrongFor(codeOf(sid)));
    expect(await refused(check(sid, codeOf(sid)))).toBe('429/60202');
    expect(await refused(begin())).toBe('429/60202');
    await service.verifications(sid).update({ status: 'canceled' });
    expect(await refused(check(sid, codeOf(sid)))).toBe('404/20404');
    expect((await begin()).sid).not.toBe(sid);
  });

  it('knows a code for ten minutes', async () => {
    const { begin, check, codeOf, pass } = await start();
    const { sid } = await begin();
    pass(10 * minuteMs - 1);
    expect(await check(sid, wrongFor(codeOf(sid)))).toMatchObject({ status: 'pending' });
    pass(1);
    expect(await refused(check(sid, codeOf(sid)))).toBe('404/20404');
  });

  it('finds the one of a number, too', async () => {
    const { service, begin, codeOf } = await start();
    const { sid } = await begin();
    expect(await service.verificationChecks.create({ to, code: codeOf(sid) })).toMatchObject({ sid, status: 'approved' });
    expect(await refused(service.verificationChecks.create({ to, code: '123456' }))).toBe('404/20404');
  });

  it('needs a code, and somebody to check it for', async () => {
    const { service, begin, check } = await start();
    const { sid } = await begin();
    expect(await refused(check(sid, ''))).toBe('400/60200');
    expect(await refused(check(sid, 'not a code'))).toBe('400/60200');
    expect(await refused(service.verificationChecks.create({ code: '123456' }))).toBe('400/60200');
    expect(await refused(check(`VE${'0'.repeat(32)}`, '123456'))).toBe('404/20404');
  });
});

it('is told how a verification ended, once', async () => {
  const { service, begin, check, codeOf } = await start();
  const { sid } = await begin();
  expect(await refused(service.verifications(sid).update({ status: 'pending' as 'canceled' }))).toBe('400/60200');
  expect(await service.verifications(sid).update({ status: 'canceled' })).toMatchObject({ sid, status: 'canceled' });
  expect(await refused(service.verifications(sid).update({ status: 'canceled' }))).toBe('404/20404');
  expect(await refused(check(sid, codeOf(sid)))).toBe('404/20404');
  expect((await begin()).sid).not.toBe(sid);
});

it('has no service of another kind, and keeps those of two services apart', async () => {
  const { simulator, begin, codeOf } = await start();
  const client = sdk(simulator.url);
  expect(await refused(client.verify.v2.services('MG0').verifications.create({ to, channel: 'sms' }))).toBe('404/20404');
  const { sid } = await begin();
  const other = client.verify.v2.services(`VA${'0f'.repeat(16)}`);
  expect(await refused(other.verifications(sid).fetch())).toBe('404/20404');
  expect(await refused(other.verificationChecks.create({ verificationSid: sid, code: codeOf(sid) }))).toBe('404/20404');
});

it('finds requests too close together when it is told to, and suffers the switched faults', async () => {
  const { simulator, begin } = await start();
  simulator.verify.settings.tooClose = 1;
  expect(await refused(begin())).toBe('429/60212');
  expect(await refused(begin())).toBe('taken');
  simulator.faults.set({ apiStatus: 503 });
  expect(await refused(begin())).toBe('503/20503');
});

it('lets nobody in without the account\'s credentials', async () => {
  const { simulator } = await start();
  const stranger = sdk(simulator.url, account.apiKeySid, 'another-secret-of-at-least-32-letters');
  expect(await refused(stranger.verify.v2.services(serviceSid).verifications.create({ to, channel: 'sms' }))).toBe('401/20003');
});
