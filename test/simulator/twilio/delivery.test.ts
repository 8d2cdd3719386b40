import twilio from 'twilio';
import { account, closeSimulations, listenAsDoorman, quickPace, sdk, simulate } from '../../support/simulation';

const path = '/webhooks/twilio/message';
const statusPath = '/webhooks/twilio/status?oid=17';
const sms = { to: '+12025550123', from: account.smsSender, body: 'a code' };
const chat = { to: 'whatsapp:+12025550171', from: account.whatsappSender, body: 'hello' };
const never = 3_600_000;

afterEach(closeSimulations);

describe('the statuses of a message', () => {
  it.each([
    ['an SMS', sms, ['sent', 'delivered']],
    ['a chat message', chat, ['sent', 'delivered', 'read']],
  ])('go up in order for %s, each with a callback', async (_case, message, statuses) => {
    const doorman = await listenAsDoorman();
    const { url, faults } = await simulate({ webhookUrl: doorman.url + path });
    faults.set({ windowSeconds: null });
    const created = await sdk(url).messages.create({ ...message, statusCallback: doorman.url + statusPath });
    expect(created).toMatchObject({ status: 'queued', dateSent: null });
    const posts = await doorman.received(statuses.length);
    expect(posts.map(({ form }) => form.MessageStatus)).toEqual(statuses);
    const final = await sdk(url).messages(created.sid).fetch();
    expect(final.status).toBe(statuses.at(-1));
    expect(final.dateSent).toBeInstanceOf(Date);
  });

  it('are told with Twilio’s parameters and signature, and never with the text', async () => {
    const doorman = await listenAsDoorman();
    const { url, write } = await simulate({ webhookUrl: doorman.url + path });
    await write('private', 'hello');
    const { sid } = await sdk(url).messages.create({ ...chat, statusCallback: `${doorman.url}${statusPath}#rc=2` });
    const [, , delivered] = (await doorman.received(4)) as [unknown, unknown, Awaited<ReturnType<typeof doorman.received>>[number]];
    expect(delivered.path).toBe(statusPath);
    expect(delivered.headers['content-type']).toBe('application/x-www-form-urlencoded; charset=utf-8');
    expect(delivered.form).toEqual({
      ChannelPrefix: 'whatsapp', ApiVersion: '2010-04-01', MessageStatus: 'delivered', SmsSid: sid, SmsStatus: 'delivered',
      EventType: 'DELIVERED', ChannelInstallSid: expect.stringMatching(/^XE[0-9a-f]{32}$/), To: chat.to, From: chat.from,
      ExternalUserId: 'whatsapp:US.2000000000000042', MessageSid: sid, AccountSid: account.sid, ChannelToAddress: '+1202555XXXX',
    });
    const signature = String(delivered.headers['x-twilio-signature']);
    expect(twilio.validateRequest(account.authToken, signature, doorman.url + statusPath, delivered.form)).toBe(true);
  });

  it('reach the real Doorman when the callback names its public origin', async () => {
    const doorman = await listenAsDoorman();
    const publicOrigin = 'https://doorman.example.com';
    const { url } = await simulate({ webhookUrl: doorman.url + path, publicUrl: publicOrigin + path });
    await sdk(url).messages.create({ ...sms, statusCallback: publicOrigin + statusPath });
    const [{ headers, form }] = (await doorman.received(1)) as [Awaited<ReturnType<typeof doorman.received>>[number]];
    const signature = String(headers['x-twilio-signature']);
    expect(twilio.validateRequest(account.authToken, signature, publicOrigin + statusPath, form)).toBe(true);
  });

  it('wait at `sent` while the phone is off, and go on when it is on again', async () => {
    const doorman = await listenAsDoorman();
    const { url, faults } = await simulate({ webhookUrl: doorman.url + path });
    faults.set({ deliver: false });
    const { sid } = await sdk(url).messages.create({ ...sms, statusCallback: doorman.url + statusPath });
    await doorman.received(1);
    await expect(sdk(url).messages(sid).fetch()).resolves.toMatchObject({ status: 'sent' });
    faults.set({ deliver: true });
    const posts = await doorman.received(2);
    expect(posts.map(({ form }) => form.MessageStatus)).toEqual(['sent', 'delivered']);
  });

  it('are told twice, never, late, or in another order', async () => {
    const doorman = await listenAsDoorman();
    const { url, faults, textsTo, state } = await simulate({ webhookUrl: doorman.url + path });
    const statusCallback = doorman.url + statusPath;
    faults.set({ statusCopies: 2 });
    await sdk(url).messages.create({ ...sms, statusCallback });
    await doorman.received(4);
    faults.set({ statusCopies: 1, statusReordered: true, statusDelayMs: 1 });
    await sdk(url).messages.create({ ...sms, statusCallback });
    await doorman.received(6);
    faults.set({ statusCopies: 0, statusReordered: false });
    await sdk(url).messages.create({ ...sms, statusCallback });
    await textsTo(sms.to, 3);
    const isDelivered = () => state.messages().every(({ status }) => status === 'delivered');
    if (!isDelivered()) await new Promise<void>((resolve) => state.onChange(() => isDelivered() && resolve()));
    faults.set({ statusCopies: 1 });
    await sdk(url).messages.create({ ...sms, statusCallback });
    const posts = await doorman.received(8);
    expect(posts.map(({ form }) => form.MessageStatus)).toEqual([
      'sent', 'sent', 'delivered', 'delivered', 'delivered', 'sent', 'sent', 'delivered',
    ]);
  });

  it('are skipped: read without delivered, delivered without sent', async () => {
    const doorman = await listenAsDoorman();
    const { url, faults } = await simulate({ webhookUrl: doorman.url + path });
    faults.set({ statusSkipped: true, windowSeconds: null });
    const statusCallback = doorman.url + statusPath;
    await sdk(url).messages.create({ ...chat, statusCallback });
    await doorman.received(2);
    await sdk(url).messages.create({ ...sms, statusCallback });
    const posts = await doorman.received(3);
    expect(posts.map(({ form }) => form.MessageStatus)).toEqual(['sent', 'read', 'delivered']);
  });

  it('are set by hand: read without delivered, or failed with an error', async () => {
    const doorman = await listenAsDoorman();
    const { url } = await simulate({ webhookUrl: doorman.url + path, pace: { ...quickPace, sentMs: never } });
    const statusCallback = doorman.url + statusPath;
    const read = await sdk(url).messages.create({ ...chat, statusCallback });
    const failed = await sdk(url).messages.create({ ...chat, statusCallback });
    const set = (sid: string, body: unknown) => fetch(`${url}/admin/messages/${sid}/status`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
    });
    expect((await set(read.sid, { status: 'read' })).status).toBe(200);
    await doorman.received(1);
    expect((await set(failed.sid, { status: 'failed', error: { code: 63016, message: 'outside the window' } })).status).toBe(200);
    const [first, second] = await doorman.received(2);
    expect(first!.form).toMatchObject({ MessageSid: read.sid, MessageStatus: 'read' });
    expect(second!.form).toMatchObject({ MessageSid: failed.sid, MessageStatus: 'failed', ErrorCode: '63016' });
    await expect(sdk(url).messages(failed.sid).fetch()).resolves.toMatchObject({ status: 'failed', errorCode: 63016 });
    expect((await set(read.sid, { status: 'eaten' })).status).toBe(400);
    expect((await set(`SM${'0'.repeat(32)}`, { status: 'read' })).status).toBe(404);
  });
});
