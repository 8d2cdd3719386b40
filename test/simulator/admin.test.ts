import { request } from 'node:http';
import { account, closeSimulations, listenAsDoorman, sdk, simulate } from '../support/simulation';

afterEach(closeSimulations);

const json = { 'content-type': 'application/json' };

function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) });
}

/** The status of a request with headers that fetch does not let us set. */
function statusWith(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (res) => resolve(res.resume().statusCode!)).on('error', reject).end();
  });
}

describe('the admin API', () => {
  it('lets a persona write, and waits for the webhook when asked to', async () => {
    const doorman = await listenAsDoorman();
    const { url } = await simulate({ webhookUrl: doorman.url });
    const answer = await post(`${url}/admin/messages?wait`, { persona: 'stranger', content: { kind: 'text', text: 'hi' } });
    await expect(answer.json()).resolves.toMatchObject({ from: 'whatsapp:+12025550199', inbound: { posting: 'taken' } });
    expect(doorman.posts[0]!.form).toMatchObject({ From: 'whatsapp:+12025550199', Body: 'hi' });
  });

  it('lets anybody else write too', async () => {
    const doorman = await listenAsDoorman();
    const { url } = await simulate({ webhookUrl: doorman.url });
    const sender = { profileName: 'X', number: '+12025550188' };
    await post(`${url}/admin/messages?wait`, { sender, content: { kind: 'text', text: 'hi' } });
    expect(doorman.posts[0]!.form.From).toBe('whatsapp:+12025550188');
  });

  it.each([
    [404, { persona: 'nobody', content: { kind: 'text', text: 'hi' } }],
    [400, { persona: 'stranger', content: { kind: 'text', text: '' } }],
    [400, { persona: 'stranger', content: { kind: 'telepathy' } }],
    [400, { sender: { profileName: 'X' }, content: { kind: 'text', text: 'hi' } }],
    [400, {}],
  ])('answers %i to what makes no sense', async (status, body) => {
    const { url } = await simulate();
    const answer = await post(`${url}/admin/messages`, body);
    expect(answer.status).toBe(status);
    await expect(answer.json()).resolves.toHaveProperty('problem');
  });

  it('turns fault switches, and turns them all back', async () => {
    const { url, faults } = await simulate();
    const answer = await fetch(`${url}/admin/faults`, { method: 'PUT', headers: json, body: '{"deliver":false,"webhookCopies":2}' });
    await expect(answer.json()).resolves.toMatchObject({ deliver: false, webhookCopies: 2 });
    expect((await fetch(`${url}/admin/faults`, { method: 'PUT', headers: json, body: '{"webhookCopies":0}' })).status).toBe(400);
    expect(faults.now).toMatchObject({ deliver: false, webhookCopies: 2 });
    await fetch(`${url}/admin/faults`, { method: 'DELETE' });
    expect(faults.now).toMatchObject({ deliver: true, webhookCopies: 1 });
  });

  it('shows the page’s people what concerns them, and nothing of others', async () => {
    const { url, write } = await simulate();
    await write('employee', 'shown');
    await write({ profileName: 'X', number: '+12025550188' }, 'not shown');
    await sdk(url).messages.create({ to: '+12025550123', from: account.smsSender, body: 'a code' });
    const snapshot = await (await fetch(`${url}/admin/state`)).json() as { messages: { text: string }[] };
    expect(snapshot.messages.map(({ text }) => text)).toEqual(['shown', 'a code']);
  });
});

describe('the live feed', () => {
  it('starts with everything and goes on with each change', async () => {
    const { url, write } = await simulate();
    await write('employee', 'before');
    const events = readEvents(await fetch(`${url}/events`));
    const first = await events.next();
    expect(first.value).toMatchObject({ name: 'snapshot', data: { messages: [{ text: 'before' }], organisation: 'Example Ltd' } });
    await sdk(url).messages.create({ to: '+12025550123', from: account.smsSender, body: 'a code' });
    const second = await events.next();
    expect(second.value).toMatchObject({ name: 'message', data: { channel: 'sms', text: 'a code', status: 'queued' } });
    await events.return(undefined);
  });

  it('tells whoever asks for everyone of those who are not on the page', async () => {
    const { url, write } = await simulate();
    await write({ profileName: 'X', number: '+12025550188' }, 'before');
    const events = readEvents(await fetch(`${url}/events?everyone`));
    const first = await events.next();
    expect(first.value).toMatchObject({ name: 'snapshot', data: { messages: [{ text: 'before' }] } });
    await sdk(url).messages.create({ to: '+12025550189', from: account.smsSender, body: 'a code' });
    const second = await events.next();
    expect(second.value).toMatchObject({ name: 'message', data: { to: '+12025550189', text: 'a code' } });
    await events.return(undefined);
  });
});

describe('what the page is protected by', () => {
  it('is served with a policy that lets nothing in from elsewhere', async () => {
    const { url } = await simulate();
    const page = await fetch(url);
    expect(page.status).toBe(200);
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain('default-src \'none\'');
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(page.headers.get('x-powered-by')).toBeNull();
    await expect(page.text()).resolves.not.toMatch(/<script(?! type="module" src="page\.js")|style=|onclick|https?:\/\//i);
  });

  it('answers no other host name and no other page, so that nobody on the web can read a code', async () => {
    const { url } = await simulate();
    const { port } = new URL(url);
    const state = `${url}/admin/state`;
    await expect(statusWith(state, { host: `localhost:${port}` })).resolves.toBe(200);
    await expect(statusWith(state, { host: `rebound.example.com:${port}` })).resolves.toBe(403);
    await expect(statusWith(state, { origin: 'https://elsewhere.example.com' })).resolves.toBe(403);
    await expect(statusWith(state, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).resolves.toBe(403);
    const forged = await post(`${url}/admin/messages`, { persona: 'employee', content: { kind: 'text', text: 'x' } }, { origin: 'https://elsewhere.example.com' });
    expect(forged.status).toBe(403);
  });

  it('answers any name where others are let in on purpose', async () => {
    const { url } = await simulate({ allowRemote: true });
    await expect(statusWith(`${url}/admin/state`, { host: 'simulator:3010' })).resolves.toBe(200);
  });

  it('lives, and mounts the assistant', async () => {
    const { url } = await simulate({}, { assistant: (req, res) => void res.end(`assistant ${req.url}`) });
    await expect((await fetch(`${url}/livez`)).text()).resolves.toBe('ok\n');
    await expect((await fetch(`${url}/assistant/turn`, { method: 'POST' })).text()).resolves.toBe('assistant /turn');
  });
});

async function* readEvents(answer: Response): AsyncGenerator<{ name: string; data: unknown }> {
  let buffer = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body!) {
    buffer += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = buffer.split('\n\n');
    buffer = blocks.pop()!;
    for (const block of blocks) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      if (name !== undefined) yield { name, data: JSON.parse(data!) };
    }
  }
}
