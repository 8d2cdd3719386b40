import { account, closeSimulations, quickPace, sdk, simulate } from '../../../support/simulation';

const maya = '+12025550123';
const url = 'https://doorman.example.com/voice/1';
const call = { to: maya, from: account.smsSender, url };

/** The error that the SDK makes of a refusal. */
async function refusalOf(asked: Promise<unknown>): Promise<{ status: number; code: number; message: string; moreInfo: string }> {
  const error = await asked.then(() => undefined, (reason: unknown) => reason as never);
  if (error === undefined) throw new Error('it was not refused');
  return error;
}

afterEach(closeSimulations);

describe('creating a call', () => {
  it('answers with Twilio’s resource, and rings', async () => {
    const simulator = await simulate();
    const body = new URLSearchParams({ To: maya, From: account.smsSender, Url: url });
    const authorization = `Basic ${btoa(`${account.apiKeySid}:${account.apiKeySecret}`)}`;
    const path = `/2010-04-01/Accounts/${account.sid}/Calls`;
    const answer = await fetch(`${simulator.url}${path}.json`, { method: 'POST', body, headers: { authorization } });
    const resource = await answer.json() as Record<string, string>;
    expect(answer.status).toBe(201);
    expect(resource).toMatchObject({
      account_sid: account.sid, api_version: '2010-04-01', direction: 'outbound-api', duration: null, end_time: null,
      from: account.smsSender, to: maya, price: null, start_time: null, status: 'queued',
      sid: expect.stringMatching(/^CA[0-9a-f]{32}$/), date_created: expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/),
      uri: `${path}/${resource.sid}.json`,
    });
    await expect(sdk(simulator.url).calls(resource.sid!).fetch()).resolves.toMatchObject({ sid: resource.sid, status: 'ringing' });
  });

  it('may come from the sender for calls, and keeps the time that a telephone rings', async () => {
    const voiceSender = '+14155550111';
    const { url: origin, state } = await simulate({ account: { ...account, voiceSender } });
    const { sid } = await sdk(origin).calls.create({ ...call, from: voiceSender, timeout: 25, timeLimit: 60 });
    expect(state.call(sid)).toMatchObject({ timeoutSeconds: 25, limitSeconds: 60, twiml: null, statusEvents: ['completed'] });
  });

  it('takes TwiML with the request, and prefers the URL', async () => {
    const { url: origin, state } = await simulate();
    const twiml = '<Response><Hangup/></Response>';
    const alone = await sdk(origin).calls.create({ to: maya, from: account.smsSender, twiml });
    const both = await sdk(origin).calls.create({ ...call, twiml });
    expect(state.call(alone.sid)).toMatchObject({ url: null, twiml });
    expect(state.call(both.sid)).toMatchObject({ url, twiml: null });
  });

  it.each([
    [21201, { ...call, to: '' }],
    [21213, { ...call, from: '' }],
    [21205, { to: maya, from: account.smsSender }],
    [21205, { ...call, url: 'https://my_host/x' }],
    [21205, { ...call, url: 'doorman' }],
    [21211, { ...call, to: '12025550123' }],
    [21211, { ...call, to: 'whatsapp:+12025550123' }],
    [21266, { ...call, to: account.smsSender }],
    [21210, { ...call, from: '+14155550199' }],
    [21212, { ...call, from: 'Doorman' }],
    [21212, { ...call, from: '+15005550001' }],
    [21217, { ...call, to: '+15005550001' }],
    [21214, { ...call, to: '+15005550002' }],
    [21215, { ...call, to: '+15005550003' }],
    [21216, { ...call, to: '+15005550004' }],
    [21609, { ...call, statusCallback: 'https://my_host/x' }],
    [21626, { ...call, statusCallback: url, statusCallbackEvent: ['initiated', 'heard'] }],
    [20001, { ...call, timeout: 601 }],
    [20001, { ...call, timeLimit: 0 }],
    [20001, { ...call, method: 'GET' }],
    [20001, { to: maya, from: account.smsSender, twiml: `<Response><Say>${'x'.repeat(4_000)}</Say></Response>` }],
  ])('is refused with %i', async (code, asked) => {
    const { url: origin, state } = await simulate();
    const refusal = await refusalOf(sdk(origin).calls.create(asked as typeof call));
    expect(refusal).toMatchObject({ status: 400, code, moreInfo: `https://www.twilio.com/docs/errors/${code}` });
    expect(state.calls()).toEqual([]);
  });

  it('is refused where a country may not be called, as its SMS are', async () => {
    const { url: origin, faults } = await simulate();
    faults.set({ blockedPrefix: '+1' });
    await expect(refusalOf(sdk(origin).calls.create(call))).resolves.toMatchObject({ code: 21215 });
    const sms = { to: maya, from: account.smsSender, body: 'x' };
    await expect(refusalOf(sdk(origin).messages.create(sms))).resolves.toMatchObject({ code: 21408 });
    await expect(sdk(origin).calls.create({ ...call, to: '+491713920042' })).resolves.toBeDefined();
  });

  it('needs credentials, and suffers what the whole API suffers', async () => {
    const { url: origin, faults, state } = await simulate();
    const wrong = sdk(origin, account.apiKeySid, 'wrong').calls.create(call);
    await expect(refusalOf(wrong)).resolves.toMatchObject({ status: 401, code: 20003 });
    faults.set({ apiStatus: 503 });
    await expect(refusalOf(sdk(origin).calls.create(call))).resolves.toMatchObject({ status: 503, code: 20503 });
    expect(state.calls()).toEqual([]);
  });
});

describe('changing a call', () => {
  it('cancels what rings, and nothing that is over', async () => {
    const { url: origin } = await simulate();
    const client = sdk(origin);
    const { sid } = await client.calls.create(call);
    await expect(client.calls(sid).update({ status: 'canceled' })).resolves.toMatchObject({ status: 'canceled', duration: '0' });
    await expect(refusalOf(client.calls(sid).update({ status: 'completed' }))).resolves.toMatchObject({ status: 400, code: 21220 });
    await expect(refusalOf(client.calls(sid).update({ status: 'busy' as never }))).resolves.toMatchObject({ code: 21220 });
  });

  it('ends and redirects a call that was answered', async () => {
    const { url: origin, switchboard, callTo } = await simulate({ pace: { ...quickPace, speechSecondMs: 60_000 } });
    const client = sdk(origin);
    const { sid } = await client.calls.create({ to: maya, from: account.smsSender, twiml: '<Response><Pause length="60"/></Response>' });
    await expect(refusalOf(client.calls(sid).update({ twiml: '<Response/>' }))).resolves.toMatchObject({ code: 21220 });
    switchboard.answer(sid);
    await expect(refusalOf(client.calls(sid).update({ status: 'canceled' }))).resolves.toMatchObject({ code: 21220 });
    await client.calls(sid).update({ twiml: '<Response><Say>Somewhere else</Say><Pause length="60"/></Response>' });
    await callTo(maya, ({ transcript }) => transcript[0]?.text === 'Somewhere else');
    await expect(client.calls(sid).update({ status: 'completed' })).resolves.toMatchObject({ status: 'completed' });
  });

  it('finds calls by their SID and by their number, and knows no other', async () => {
    const { url: origin } = await simulate();
    const client = sdk(origin);
    const { sid } = await client.calls.create(call);
    await client.calls.create({ ...call, to: '+491713920042' });
    await expect(client.calls.list({ to: maya })).resolves.toMatchObject([{ sid }]);
    await expect(client.calls.list({ status: 'completed' })).resolves.toEqual([]);
    await expect(refusalOf(client.calls(`CA${'0'.repeat(32)}`).fetch())).resolves.toMatchObject({ status: 404, code: 20404 });
  });
});
