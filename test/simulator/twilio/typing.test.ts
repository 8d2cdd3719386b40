import { account, closeSimulations, listenAsDoorman, sdk, simulate } from '../../support/simulation';

const maya = 'whatsapp:+12025550123';

afterEach(closeSimulations);

describe('the typing indicator', () => {
  it('is shown in the chat of the message that it names, until a reply comes', async () => {
    const doorman = await listenAsDoorman();
    const { url, state, write } = await simulate({ webhookUrl: doorman.url });
    const { sid } = await write('employee', 'a question');
    const client = sdk(url);
    const begun = Date.now();
    await expect(client.messaging.v2.typingIndicator.create({ channel: 'whatsapp', messageId: sid })).resolves.toMatchObject({ success: true });
    const [typing] = state.typing();
    expect(typing).toEqual({ address: maya, until: expect.any(Number) });
    expect(typing!.until - begun).toBeGreaterThanOrEqual(25_000);
    await client.messages.create({ to: 'whatsapp:+12025550199', from: account.whatsappSender, body: 'to somebody else' });
    expect(state.typing()).toHaveLength(1);
    await client.messages.create({ to: maya, from: account.whatsappSender, body: 'an answer' });
    expect(state.typing()).toEqual([]);
  });

  it('goes on while an earlier reply is still on its way', async () => {
    const doorman = await listenAsDoorman();
    const { url, state, faults, write } = await simulate({ webhookUrl: doorman.url });
    faults.set({ deliver: false });
    const client = sdk(url);
    const { sid } = await write('employee', 'a question');
    const reply = await client.messages.create({ to: maya, from: account.whatsappSender, body: 'an answer' });
    await client.messaging.v2.typingIndicator.create({ channel: 'whatsapp', messageId: sid });
    const delivered = new Promise<void>((resolve) => {
      state.onChange(() => state.message(reply.sid)?.status === 'read' && resolve());
    });
    faults.set({ deliver: true });
    await delivered;
    expect(state.typing()).toHaveLength(1);
  });

  it.each([
    ['a message that there is none of', 404, 20404, { messageId: `SM${'0'.repeat(32)}` }],
    ['another channel', 400, 20001, { channel: 'messenger' }],
  ])('refuses %s', async (_case, status, code, changes) => {
    const doorman = await listenAsDoorman();
    const { url, write } = await simulate({ webhookUrl: doorman.url });
    const { sid } = await write('employee', 'a question');
    const asked = sdk(url).messaging.v2.typingIndicator.create({ channel: 'whatsapp', messageId: sid, ...changes });
    await expect(asked).rejects.toMatchObject({ status, code });
  });

  it('is for messages of people, and for who may call', async () => {
    const { url } = await simulate();
    const client = sdk(url);
    const { sid } = await client.messages.create({ to: maya, from: account.whatsappSender, body: 'ours' });
    await expect(client.messaging.v2.typingIndicator.create({ channel: 'whatsapp', messageId: sid })).rejects.toMatchObject({ status: 404 });
    const stranger = sdk(url, account.apiKeySid, 'wrong').messaging.v2.typingIndicator.create({ channel: 'whatsapp', messageId: sid });
    await expect(stranger).rejects.toMatchObject({ status: 401, code: 20003 });
    expect((await fetch(`${url}/v2/Indicators/Typing.json`, { method: 'POST' })).status).toBe(401);
  });
});
