import { account, closeSimulations, quickPace, sdk, simulate } from '../../support/simulation';

const maya = '+12025550123';
const whatsapp = (number: string) => `whatsapp:${number}`;
const fromChat = { from: account.whatsappSender };
const fromSms = { from: account.smsSender };

/** The error that the SDK makes of a refusal. */
async function refusalOf(call: Promise<unknown>): Promise<{ status: number; code: number; message: string; moreInfo: string }> {
  const error = await call.then(() => undefined, (reason: unknown) => reason as never);
  if (error === undefined) throw new Error('it was not refused');
  return error;
}

afterEach(closeSimulations);

describe('creating a message', () => {
  it('answers with Twilio’s resource: counters as text, dates of the mail format, a SID', async () => {
    const { url } = await simulate();
    const body = new URLSearchParams({ To: maya, From: account.smsSender, Body: 'hello' });
    const authorization = `Basic ${btoa(`${account.sid}:${account.authToken}`)}`;
    const answer = await fetch(`${url}/2010-04-01/Accounts/${account.sid}/Messages.json`, { method: 'POST', body, headers: { authorization } });
    const resource = await answer.json() as Record<string, string>;
    expect(answer.status).toBe(201);
    expect(resource).toEqual({
      account_sid: account.sid, api_version: '2010-04-01', body: 'hello', direction: 'outbound-api',
      date_created: expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/), date_sent: null,
      date_updated: resource.date_created, error_code: null, error_message: null, from: account.smsSender,
      messaging_service_sid: null, num_media: '0', num_segments: '1', price: null, price_unit: 'USD',
      sid: expect.stringMatching(/^SM[0-9a-f]{32}$/), status: 'queued', to: maya,
      subresource_uris: { media: resource.uri!.replace('.json', '/Media.json') },
      uri: `/2010-04-01/Accounts/${account.sid}/Messages/${resource.sid}.json`,
    });
  });

  it('takes the account’s token as well as its API key', async () => {
    const { url } = await simulate();
    await expect(sdk(url, account.sid, account.authToken).messages.create({ to: maya, ...fromSms, body: 'a' })).resolves.toBeDefined();
    await expect(sdk(url).messages.create({ to: maya, ...fromSms, body: 'a' })).resolves.toBeDefined();
  });

  it('lets a Messaging Service choose the sender of the channel', async () => {
    const { url, textsTo } = await simulate();
    const client = sdk(url);
    const messagingServiceSid = `MG${'1'.repeat(32)}`;
    const created = await client.messages.create({ to: maya, messagingServiceSid, body: 'hi' });
    expect(created).toMatchObject({ status: 'accepted', from: null, messagingServiceSid });
    await textsTo(maya);
    await expect(client.messages(created.sid).fetch()).resolves.toMatchObject({ messagingServiceSid, to: maya });
  });

  it('counts the segments of an SMS and none of a chat message', async () => {
    const { url } = await simulate();
    const send = (to: string, from: string, body: string) => sdk(url).messages.create({ to, from, body }).then(({ numSegments }) => numSegments);
    await expect(send(maya, account.smsSender, 'a'.repeat(160))).resolves.toBe('1');
    await expect(send(maya, account.smsSender, 'a'.repeat(161))).resolves.toBe('2');
    await expect(send(maya, account.smsSender, `${'a'.repeat(159)}€`)).resolves.toBe('2');
    await expect(send(maya, account.smsSender, 'я'.repeat(71))).resolves.toBe('2');
    await expect(send(whatsapp(maya), account.whatsappSender, 'я'.repeat(71))).resolves.toBe('1');
  });

  it.each([
    ['a number', whatsapp(maya)],
    ['an ID in place of a number', 'whatsapp:US.2000000000000042'],
  ])('sends chat messages to %s', async (_case, to) => {
    const { url, textsTo } = await simulate();
    await sdk(url).messages.create({ to, ...fromChat, body: 'two\nlines 👍 & more+' });
    await expect(textsTo(to)).resolves.toEqual(['two\nlines 👍 & more+']);
  });

  it.each([
    [21604, { to: '', ...fromSms, body: 'x' }],
    [21603, { to: maya, body: 'x' }],
    [21602, { to: maya, ...fromSms, body: '' }],
    [21211, { to: '12025550123', ...fromSms, body: 'x' }],
    [21211, { to: 'whatsapp:maya', ...fromChat, body: 'x' }],
    [21606, { to: maya, from: '+14155550199', body: 'x' }],
    [63007, { to: whatsapp(maya), from: 'whatsapp:+14155550199', body: 'x' }],
    [21910, { to: whatsapp(maya), ...fromSms, body: 'x' }],
    [21617, { to: maya, ...fromSms, body: 'x'.repeat(1_601) }],
    [21609, { to: maya, ...fromSms, body: 'x', statusCallback: 'https://my_host/x' }],
    [21701, { to: maya, messagingServiceSid: 'MG1', body: 'x' }],
    [21211, { to: '+15005550001', ...fromSms, body: 'x' }],
    [21612, { to: '+15005550002', ...fromSms, body: 'x' }],
    [21408, { to: '+15005550003', ...fromSms, body: 'x' }],
    [21610, { to: '+15005550004', ...fromSms, body: 'x' }],
    [21614, { to: '+15005550009', ...fromSms, body: 'x' }],
    [21606, { to: maya, from: '+15005550007', body: 'x' }],
    [21212, { to: maya, from: '+15005550001', body: 'x' }],
    [21266, { to: account.smsSender, ...fromSms, body: 'x' }],
    [21620, { to: maya, ...fromSms, mediaUrl: ['https://example.com/a.png', 'a.png'] }],
    [21655, { to: maya, ...fromSms, contentSid: 'HX1' }],
    [21656, { to: maya, ...fromSms, contentSid: `HX${'1'.repeat(32)}`, contentVariables: '["Maya"]' }],
    [35118, { to: maya, ...fromSms, body: 'x', scheduleType: 'fixed' as const, sendAt: new Date() }],
  ])('is refused with %i', async (code, message) => {
    const { url, state } = await simulate();
    const refusal = await refusalOf(sdk(url).messages.create(message));
    expect(refusal).toMatchObject({ status: 400, code, moreInfo: `https://www.twilio.com/docs/errors/${code}` });
    expect(refusal.message).not.toBe('');
    expect(state.messages()).toEqual([]);
  });

  it('takes 1,600 characters', async () => {
    const { url } = await simulate();
    await expect(sdk(url).messages.create({ to: maya, ...fromSms, body: 'x'.repeat(1_600) })).resolves.toMatchObject({ numSegments: '11' });
  });

  it('accepts the sender and refuses with 429 the full queue of Twilio’s test numbers', async () => {
    const { url } = await simulate();
    await expect(sdk(url).messages.create({ to: maya, from: '+15005550006', body: 'x' })).resolves.toBeDefined();
    await expect(refusalOf(sdk(url).messages.create({ to: maya, from: '+15005550008', body: 'x' }))).resolves.toMatchObject({ code: 21611 });
  });
});

describe('who may call', () => {
  it.each([
    ['a wrong secret', account.apiKeySid, 'wrong'],
    ['an unknown key', `SK${'f'.repeat(32)}`, account.apiKeySecret],
    ['the key’s secret with the account’s SID', account.sid, account.apiKeySecret],
  ])('refuses %s with 401 and 20003', async (_case, user, secret) => {
    const { url, state } = await simulate();
    const call = sdk(url, user, secret).messages.create({ to: maya, ...fromSms, body: 'x' });
    await expect(refusalOf(call)).resolves.toMatchObject({ status: 401, code: 20003 });
    expect(state.messages()).toEqual([]);
  });

  it('refuses no credentials, and another account’s path', async () => {
    const { url } = await simulate();
    const path = `${url}/2010-04-01/Accounts/${account.sid}/Messages.json`;
    expect((await fetch(path)).status).toBe(401);
    const authorization = `Basic ${btoa(`${account.sid}:${account.authToken}`)}`;
    expect((await fetch(path.replace(account.sid, `AC${'f'.repeat(32)}`), { headers: { authorization } })).status).toBe(401);
  });

  it('keeps secrets out of what the page shows', async () => {
    const { url, state } = await simulate();
    await sdk(url).messages.create({ to: maya, ...fromSms, body: 'x' });
    const shown = JSON.stringify(state.exchanges());
    expect(shown).toContain(account.apiKeySid);
    expect(shown).not.toContain(account.apiKeySecret);
    expect(shown).not.toContain(btoa(`${account.apiKeySid}:${account.apiKeySecret}`));
  });
});

describe('reading messages', () => {
  it('finds a message by its SID, inbound ones too, and knows no other', async () => {
    const { url, write } = await simulate();
    const client = sdk(url);
    const written = await write('employee', 'hello');
    await expect(client.messages(written.sid).fetch()).resolves.toMatchObject({
      sid: written.sid, direction: 'inbound', from: whatsapp(maya), to: account.whatsappSender, body: 'hello', status: 'received',
    });
    await expect(refusalOf(client.messages(`SM${'0'.repeat(32)}`).fetch())).resolves.toMatchObject({ status: 404, code: 20404 });
  });

  it('lists by recipient, sender and time, newest first', async () => {
    const { url } = await simulate();
    const client = sdk(url);
    const start = new Date(Math.floor(Date.now() / 1_000) * 1_000);
    for (const body of ['1', '2', '3']) await client.messages.create({ to: maya, ...fromSms, body });
    await client.messages.create({ to: whatsapp(maya), ...fromChat, body: 'chat' });
    const bodies = async (filter: Parameters<typeof client.messages.list>[0]) =>
      (await client.messages.list(filter)).map(({ body }) => body).sort();
    await expect(bodies({ to: maya })).resolves.toEqual(['1', '2', '3']);
    await expect(bodies({ to: maya, from: account.smsSender, dateSentAfter: start })).resolves.toEqual(['1', '2', '3']);
    await expect(bodies({ from: account.whatsappSender })).resolves.toEqual(['chat']);
    await expect(bodies({ dateSent: start })).resolves.toEqual(['1', '2', '3', 'chat']);
    await expect(bodies({ dateSentAfter: new Date(start.getTime() + 3_600_000) })).resolves.toEqual([]);
    await expect(bodies({ dateSentBefore: new Date(start.getTime() - 3_600_000) })).resolves.toEqual([]);
  });

  it('lists in pages that the SDK follows to the end', async () => {
    const { url } = await simulate();
    const client = sdk(url);
    for (let n = 0; n < 7; n += 1) await client.messages.create({ to: maya, ...fromSms, body: String(n) });
    const all = await client.messages.list({ to: maya, pageSize: 3 });
    expect(all.map(({ body }) => body).sort()).toEqual(['0', '1', '2', '3', '4', '5', '6']);
    const page = await client.messages.page({ to: maya, pageSize: 3 });
    expect(page.instances).toHaveLength(3);
    const last = await (await page.nextPage())!.nextPage();
    expect(last!.instances).toHaveLength(1);
    expect(last!.nextPageUrl).toBeUndefined();
  });
});

describe('changing messages', () => {
  it('redacts the text at the provider, not on the phone', async () => {
    const { url, textsTo } = await simulate();
    const client = sdk(url);
    const { sid } = await client.messages.create({ to: maya, ...fromSms, body: 'a code' });
    await expect(client.messages(sid).update({ body: '' })).resolves.toMatchObject({ sid, body: '' });
    await expect(client.messages(sid).fetch()).resolves.toMatchObject({ body: '' });
    await expect(textsTo(maya)).resolves.toEqual(['a code']);
  });

  it('changes a text to nothing else', async () => {
    const { url } = await simulate();
    const client = sdk(url);
    const { sid } = await client.messages.create({ to: maya, ...fromSms, body: 'a' });
    await expect(refusalOf(client.messages(sid).update({ body: 'b' }))).resolves.toMatchObject({ status: 400 });
  });

  it('cancels what is only scheduled', async () => {
    const { url } = await simulate();
    const client = sdk(url);
    const messagingServiceSid = `MG${'1'.repeat(32)}`;
    const sendAt = new Date(Date.now() + 3_600_000);
    const later = await client.messages.create({ to: maya, messagingServiceSid, body: 'x', scheduleType: 'fixed', sendAt });
    expect(later.status).toBe('scheduled');
    await expect(client.messages(later.sid).update({ status: 'canceled' })).resolves.toMatchObject({ status: 'canceled' });
    const now = await client.messages.create({ to: maya, ...fromSms, body: 'x' });
    await expect(refusalOf(client.messages(now.sid).update({ status: 'canceled' }))).resolves.toMatchObject({ code: 30409 });
  });

  it('deletes a message once it is complete', async () => {
    const { url, write } = await simulate({ pace: { ...quickPace, sentMs: 60_000 } });
    const client = sdk(url);
    const { sid } = await write('employee', 'hello');
    await expect(client.messages(sid).remove()).resolves.toBe(true);
    await expect(refusalOf(client.messages(sid).fetch())).resolves.toMatchObject({ status: 404 });
    const queued = await client.messages.create({ to: maya, ...fromSms, body: 'x' });
    await expect(refusalOf(client.messages(queued.sid).remove())).resolves.toMatchObject({ status: 409, code: 20009 });
  });
});

describe('the media of a message', () => {
  it('are fetched with the account’s credentials, from the address that the webhook names', async () => {
    const { url, write } = await simulate();
    const { sid } = await write('employee', { kind: 'image', text: '' });
    const path = `${url}/2010-04-01/Accounts/${account.sid}/Messages/${sid}/Media/ME${sid.slice(2)}`;
    expect((await fetch(path)).status).toBe(401);
    const authorization = `Basic ${btoa(`${account.apiKeySid}:${account.apiKeySecret}`)}`;
    const media = await fetch(path, { headers: { authorization } });
    expect([media.status, media.headers.get('content-type')]).toEqual([200, 'image/png']);
  });
});

describe('a provider in trouble', () => {
  it('answers 429 with the time to wait, or a server error, and does nothing', async () => {
    const { url, faults, state } = await simulate();
    const send = () => sdk(url).messages.create({ to: maya, ...fromSms, body: 'x' });
    faults.set({ apiStatus: 429, apiRetryAfterSeconds: 7 });
    await expect(refusalOf(send())).resolves.toMatchObject({ status: 429, code: 20429 });
    expect(state.exchanges().at(-1)!.answerHeaders).toContainEqual(['retry-after', '7']);
    faults.set({ apiStatus: 503 });
    await expect(refusalOf(send())).resolves.toMatchObject({ status: 503, code: 20503 });
    expect(state.messages()).toEqual([]);
    faults.clear();
    await expect(send()).resolves.toBeDefined();
  });

  it('does what it was asked although its answer is lost', async () => {
    const { url, faults, textsTo } = await simulate();
    faults.set({ apiLosesAnswers: true });
    await expect(sdk(url).messages.create({ to: maya, ...fromSms, body: 'sent all the same' })).rejects.toThrow(/hang up|ECONNRESET/);
    await expect(textsTo(maya)).resolves.toEqual(['sent all the same']);
  });

  it('does what it was asked although nobody waits for its slow answer any more', async () => {
    const { url, faults, textsTo } = await simulate();
    faults.set({ apiLosesAnswers: true, apiDelayMs: 1_500 });
    const body = new URLSearchParams({ To: maya, From: account.smsSender, Body: 'sent all the same' });
    const headers = { authorization: `Basic ${btoa(`${account.sid}:${account.authToken}`)}` };
    const asked = fetch(`${url}/2010-04-01/Accounts/${account.sid}/Messages.json`, { method: 'POST', body, headers, signal: AbortSignal.timeout(1_000) });
    await expect(asked).rejects.toThrow(/timeout/);
    faults.clear();
    await expect(textsTo(maya)).resolves.toEqual(['sent all the same']);
  });

  it('takes its time', async () => {
    const { url, faults, state } = await simulate();
    faults.set({ apiDelayMs: 120 });
    await sdk(url).messages.create({ to: maya, ...fromSms, body: 'x' });
    expect(state.exchanges().at(-1)!.answerMs).toBeGreaterThanOrEqual(100);
  });

  it('knows no other switches and no impossible values', async () => {
    const { faults } = await simulate();
    expect(() => faults.set({ gravity: false } as never)).toThrow('there is no switch gravity');
    expect(() => faults.set({ apiStatus: 200 })).toThrow('apiStatus cannot be 200');
  });
});
