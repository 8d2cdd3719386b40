import { createServer } from 'node:http';
import twilio from 'twilio';
import { readMessage } from '../../../src/http/twilioMessage';
import { personas } from '../../../src/simulator/demo/personas';
import { inboundParameters } from '../../../src/simulator/webhooks/inboundParameters';
import type { Content } from '../../../src/simulator/webhooks/inboundParameters';
import { limitsOf, twilioLimits } from '../../../src/simulator/webhooks/limits';
import { accept, account, closeSimulations, listenAsDoorman, listenOnFreePort, simulate } from '../../support/simulation';

const path = '/webhooks/twilio/message';
const fast = { connectMs: 100, readMs: 150, totalMs: 300, retries: 1, retryOn: ['ct'] } as const;

afterEach(closeSimulations);

/** An origin where nothing listens. */
async function silentOrigin(): Promise<string> {
  const server = createServer();
  const origin = await listenOnFreePort(server);
  await new Promise((resolve) => server.close(resolve));
  return origin;
}

describe('what is posted when somebody writes', () => {
  it('has Twilio’s headers and parameters, and a signature that the official SDK accepts', async () => {
    const doorman = await listenAsDoorman();
    const { write } = await simulate({ webhookUrl: doorman.url + path });
    const message = await write('employee', 'schön 👍\n + & =');
    const [{ headers, form, body }] = await doorman.received(1) as [Awaited<ReturnType<typeof doorman.received>>[number]];
    expect(headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'TwilioProxy/1.1' });
    expect(headers['i-twilio-idempotency-token']).toMatch(/^[0-9a-f-]{36}$/);
    expect(form).toEqual({
      SmsMessageSid: message.sid, NumMedia: '0', ProfileName: 'Maya Lindqvist', MessageType: 'text', SmsSid: message.sid,
      WaId: '12025550123', SmsStatus: 'received', Body: 'schön 👍\n + & =', To: account.whatsappSender, NumSegments: '1',
      ReferralNumMedia: '0', MessageSid: message.sid, AccountSid: account.sid,
      ChannelMetadata: '{"type":"whatsapp","data":{"context":{"ProfileName":"Maya Lindqvist","WaId":"12025550123"}}}',
      From: 'whatsapp:+12025550123', ApiVersion: '2010-04-01',
    });
    expect([...new URLSearchParams(body).keys()].slice(-3)).toEqual(['ChannelMetadata', 'From', 'ApiVersion']);
    const signature = String(headers['x-twilio-signature']);
    expect(twilio.validateRequest(account.authToken, signature, doorman.url + path, form)).toBe(true);
    expect(message.inbound?.posting).toBe('taken');
  });

  it('is signed over the public URL and delivered where Doorman really listens', async () => {
    const doorman = await listenAsDoorman();
    const publicUrl = 'https://doorman.example.com/webhooks/twilio/message';
    const { write, state } = await simulate({ webhookUrl: doorman.url + path, publicUrl: `${publicUrl}#rc=2` });
    await write('employee', 'hello');
    const [{ headers, form }] = doorman.posts as [typeof doorman.posts[number]];
    expect(twilio.validateRequest(account.authToken, String(headers['x-twilio-signature']), publicUrl, form)).toBe(true);
    expect(state.exchanges()[0]).toMatchObject({ url: doorman.url + path, signedUrl: publicUrl });
  });

  it('says who hides the number: an ID in From, and no WaId', async () => {
    const doorman = await listenAsDoorman();
    const { write } = await simulate({ webhookUrl: doorman.url + path });
    await write('username', 'hello');
    const [{ form }] = doorman.posts as [typeof doorman.posts[number]];
    expect(form).toMatchObject({
      From: 'whatsapp:PT.3100000000000077', ExternalUserId: 'whatsapp:PT.3100000000000077', Username: 'tomas.f',
    });
    expect(form).not.toHaveProperty('WaId');
    expect(form.ChannelMetadata).not.toContain('WaId');
  });

  it('says who has a number and a username: both', async () => {
    const doorman = await listenAsDoorman();
    const { write } = await simulate({ webhookUrl: doorman.url + path });
    await write('private', 'hello');
    expect(doorman.posts[0]!.form).toMatchObject({
      From: 'whatsapp:+12025550171', ExternalUserId: 'whatsapp:US.2000000000000042', WaId: '12025550171', Username: 'maya.l',
    });
  });

  const repliedSid = `SM${'1'.repeat(32)}`;
  const written: [Content, string, Record<string, string>][] = [
    [{ kind: 'image', text: 'look' }, 'MM', { MessageType: 'image', Body: 'look', NumMedia: '1', MediaContentType0: 'image/png' }],
    [{ kind: 'contacts', name: 'A. Person' }, 'MM', { MessageType: 'contacts', Body: '', MediaContentType0: 'text/vcard' }],
    [{ kind: 'location', latitude: 51.5, longitude: -0.12, label: 'Office', address: '1 Road' }, 'SM',
      { MessageType: 'location', Body: '', Latitude: '51.5', Longitude: '-0.12', Label: 'Office', Address: '1 Road' }],
    [{ kind: 'reaction', emoji: '👍', repliedSid }, 'SM', { MessageType: 'reaction', Body: '👍', OriginalRepliedMessageSid: repliedSid }],
    [{ kind: 'button', text: 'Yes', payload: 'yes', repliedSid }, 'SM',
      { MessageType: 'interactive', Body: 'Yes', ButtonText: 'Yes', ButtonPayload: 'yes', Forwarded: 'false' }],
  ];
  it.each(written.map(([content, ...rest]) => [content.kind, content, ...rest] as const))(
    'carries %s with the parameters of its kind', async (_kind, content, prefix, parameters) => {
      const doorman = await listenAsDoorman();
      const { write } = await simulate({ webhookUrl: doorman.url + path });
      await write('employee', content);
      expect(doorman.posts[0]!.form).toMatchObject(parameters);
      expect(doorman.posts[0]!.form.MessageSid).toMatch(new RegExp(`^${prefix}[0-9a-f]{32}$`));
    });

  it('passes the strict checks of Doorman’s webhook without a doubt, whoever writes whatever', () => {
    const contents: [Content, string][] = [
      [{ kind: 'text', text: 'x' }, 'text'], [{ kind: 'image', text: '' }, 'media'], [{ kind: 'contacts', name: 'x' }, 'contacts'],
      [{ kind: 'reaction', emoji: '👍', repliedSid }, 'reaction'], [{ kind: 'button', text: 'x', payload: 'x', repliedSid }, 'button'],
      [{ kind: 'location', latitude: 1, longitude: -2.5, label: '', address: '' }, 'location'],
    ];
    const ours = { accountSid: account.sid, recipient: account.whatsappSender };
    for (const { sender } of personas) {
      for (const [content, kind] of contents) {
        const mediaUrl = 'http://127.0.0.1:3010/media';
        const parameters = inboundParameters({ sid: repliedSid, accountSid: account.sid, to: account.whatsappSender, sender, content, mediaUrl });
        expect(new Set(parameters.map(([name]) => name)).size).toBe(parameters.length);
        expect(readMessage(Object.fromEntries(parameters), ours)).toMatchObject({ outcome: 'message', message: { kind }, doubts: [] });
      }
    }
  });
});

describe('how it is delivered', () => {
  it('posts the messages of one sender one after the other, and those of others beside them', async () => {
    const order: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const doorman = await listenAsDoorman(async ({ form }, res) => {
      order.push(`${form.Body} in`);
      if (form.Body === 'first') await held;
      order.push(`${form.Body} out`);
      accept(res);
    });
    const { write } = await simulate({ webhookUrl: doorman.url + path });
    const writings = [write('employee', 'first'), write('employee', 'second')];
    await write('stranger', 'other');
    release();
    await Promise.all(writings);
    expect(order).toEqual(['first in', 'other in', 'other out', 'first out', 'second in', 'second out']);
  });

  it('does not try again after 503, and logs what Twilio logs', async () => {
    const doorman = await listenAsDoorman((_post, res) => void res.writeHead(503).end());
    const { write, state } = await simulate({ webhookUrl: doorman.url + path });
    const { inbound } = await write('employee', 'hello');
    expect(doorman.posts).toHaveLength(1);
    expect(inbound).toMatchObject({ posting: 'refused', problem: 'answered 503' });
    expect(state.exchanges()).toMatchObject([{ status: 503, alert: { code: 11200 } }]);
  });

  it('tries a connection that failed once more', async () => {
    const { write, state } = await simulate({ webhookUrl: await silentOrigin() + path });
    const { inbound } = await write('employee', 'hello');
    expect(inbound).toMatchObject({ posting: 'refused', problem: 'nothing listens there' });
    expect(state.exchanges()).toMatchObject([
      { attempt: 1, status: null, alert: { code: 11205 } }, { attempt: 2, status: null, alert: { code: 11205 } },
    ]);
    const tokens = state.exchanges().map(({ headers }) => headers.find(([name]) => name === 'I-Twilio-Idempotency-Token'));
    expect(tokens[0]).toEqual(tokens[1]);
  });

  it('gives up on a slow answer and does not try again', async () => {
    const doorman = await listenAsDoorman(() => new Promise(() => {}));
    const { write } = await simulate({ webhookUrl: doorman.url + path }, { limits: fast });
    const { inbound } = await write('employee', 'hello');
    expect(inbound).toMatchObject({ posting: 'refused', problem: 'no answer within 150 ms' });
    expect(doorman.posts).toHaveLength(1);
  });

  it('ends all attempts together at the limit over all', async () => {
    const doorman = await listenAsDoorman(() => new Promise(() => {}));
    const limits = { ...fast, retries: 5, retryOn: ['rt'] } as const;
    const { write, state } = await simulate({ webhookUrl: doorman.url + path }, { limits });
    const { inbound } = await write('employee', 'hello');
    expect(inbound).toMatchObject({ posting: 'refused', problem: 'no answer within 300 ms in all' });
    expect(state.exchanges().length).toBeLessThanOrEqual(3);
  });

  it('tries again what the URL’s fragment asks for', async () => {
    const doorman = await listenAsDoorman((_post, res, number) => (number < 3 ? void res.writeHead(503).end() : accept(res)));
    const { write } = await simulate({ webhookUrl: `${doorman.url}${path}#rc=3&rp=5xx,ct,rt` });
    await expect(write('employee', 'hello')).resolves.toMatchObject({ inbound: { posting: 'taken' } });
    expect(doorman.posts.map(({ path: requested }) => requested)).toEqual([path, path, path]);
  });

  it('posts a message again with the same SID when asked to', async () => {
    const doorman = await listenAsDoorman((_post, res, number) => (number === 1 ? void res.writeHead(503).end() : accept(res)));
    const { write, rewrite } = await simulate({ webhookUrl: doorman.url + path });
    const { sid } = await write('employee', 'hello');
    await expect(rewrite(sid)).resolves.toMatchObject({ sid, inbound: { posting: 'taken' } });
    expect(doorman.posts.map(({ form }) => form.MessageSid)).toEqual([sid, sid]);
  });

  it('logs an answer that is not TwiML', async () => {
    const doorman = await listenAsDoorman((_post, res) => void res.writeHead(200, { 'Content-Type': 'application/json' }).end('{}'));
    const { write, state } = await simulate({ webhookUrl: doorman.url + path });
    await write('employee', 'hello');
    expect(state.exchanges()[0]!.alert).toMatchObject({ code: 12300 });
  });
});

describe('a provider in trouble', () => {
  it('delivers twice, not at all, or with a wrong signature', async () => {
    const doorman = await listenAsDoorman();
    const { write, faults } = await simulate({ webhookUrl: doorman.url + path });
    faults.set({ webhookCopies: 2 });
    await write('employee', 'twice');
    expect(doorman.posts.map(({ form }) => form.Body)).toEqual(['twice', 'twice']);
    faults.set({ webhookCopies: 1, webhookDropped: true });
    await expect(write('employee', 'never')).resolves.toMatchObject({ inbound: { posting: 'refused' } });
    faults.set({ webhookDropped: false, webhookBadSignature: true });
    await write('employee', 'forged');
    const { headers, form } = doorman.posts.at(-1)!;
    expect(form.Body).toBe('forged');
    expect(twilio.validateRequest(account.authToken, String(headers['x-twilio-signature']), doorman.url + path, form)).toBe(false);
  });
});

describe('a provider that is out of step', () => {
  it('posts the later of two messages first, and all in their order again afterwards', async () => {
    const doorman = await listenAsDoorman();
    const { write, faults } = await simulate({ webhookUrl: doorman.url + path });
    faults.set({ webhookReordered: true });
    await Promise.all([write('employee', 'one'), write('employee', 'two')]);
    faults.set({ webhookReordered: false });
    await write('employee', 'three');
    expect(doorman.posts.map(({ form }) => form.Body)).toEqual(['two', 'one', 'three']);
  });

  it('posts late, and gives up when it is closed meanwhile', async () => {
    const doorman = await listenAsDoorman();
    const { write, faults, close } = await simulate({ webhookUrl: doorman.url + path });
    faults.set({ webhookDelayMs: 60_000 });
    const late = write('employee', 'late');
    await close();
    await expect(late).resolves.toMatchObject({ inbound: { posting: 'refused' } });
    expect(doorman.posts).toEqual([]);
  });
});

describe('the overrides in a webhook’s fragment', () => {
  it('are taken within their ranges, and Twilio’s own values hold otherwise', () => {
    expect(limitsOf('https://x/y')).toEqual(twilioLimits);
    expect(limitsOf('https://x/y#ct=2000&rt=4000&tt=15000&rc=3&rp=5xx,ct,rt'))
      .toEqual({ connectMs: 2_000, readMs: 4_000, totalMs: 15_000, retries: 3, retryOn: ['5xx', 'ct', 'rt'] });
    expect(limitsOf('https://x/y#ct=99&rt=15001&tt=0&rc=6&rp=often')).toEqual(twilioLimits);
    expect(limitsOf('https://x/y#rp=all').retryOn).toEqual(['4xx', '5xx', 'ct', 'rt']);
    expect(limitsOf('https://x/y#e=ashburn&rc=0').retries).toBe(0);
  });
});
