import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultSwitches } from '../../../src/simulator/faults';
import { SimulatorState } from '../../../src/simulator/state';
import { createChannelRules } from '../../../src/simulator/twilio/channelRules';
import type { TwilioMessage } from '../../../src/simulator/twilio/message';
import { account, closeSimulations, listenAsDoorman, sdk, simulate } from '../../support/simulation';

const maya = 'whatsapp:+12025550123';
const chat = { to: maya, from: account.whatsappSender, body: 'hello' };
const sms = { to: '+12025550123', from: account.smsSender, body: 'a code' };
const dayMs = 24 * 3_600_000;

afterEach(closeSimulations);

type Simulator = Awaited<ReturnType<typeof simulate>>;

/** Sends, and waits until nothing more becomes of it. */
async function send({ url, state }: Simulator, message: Parameters<ReturnType<typeof sdk>['messages']['create']>[0]) {
  const { sid } = await sdk(url).messages.create(message);
  const isOver = () => ['read', 'failed', 'undelivered'].includes(state.message(sid)!.status)
    || (state.message(sid)!.channel === 'sms' && state.message(sid)!.status === 'delivered');
  if (!isOver()) {
    await new Promise<void>((resolve) => {
      const stop = state.onChange(() => {
        if (!isOver()) return;
        stop();
        resolve();
      });
    });
  }
  const { status, errorCode } = await sdk(url).messages(sid).fetch();
  return { status, errorCode };
}

describe('the 24 hours after a person wrote', () => {
  it('let everything through, and afterwards a text is taken and fails with 63016', async () => {
    const doorman = await listenAsDoorman();
    const simulator = await simulate({ webhookUrl: doorman.url });
    const statusCallback = `${doorman.url}/status`;
    await expect(send(simulator, { ...chat, statusCallback })).resolves.toEqual({ status: 'failed', errorCode: 63016 });
    const [{ form }] = await doorman.received(1) as [typeof doorman.posts[number]];
    expect(form).toMatchObject({ MessageStatus: 'failed', ErrorCode: '63016', ErrorMessage: expect.stringContaining('allowed window') });
    await simulator.write('employee', 'hi');
    await expect(send(simulator, chat)).resolves.toEqual({ status: 'read', errorCode: null });
    await expect(send(simulator, sms)).resolves.toEqual({ status: 'delivered', errorCode: null });
  });

  it('hold for all addresses of whoever wrote', async () => {
    const doorman = await listenAsDoorman();
    const simulator = await simulate({ webhookUrl: doorman.url });
    await simulator.write('private', 'hi');
    await expect(send(simulator, { ...chat, to: 'whatsapp:+12025550171' })).resolves.toMatchObject({ status: 'read' });
    await expect(send(simulator, { ...chat, to: 'whatsapp:US.2000000000000042' })).resolves.toMatchObject({ status: 'read' });
    await simulator.write('username', 'hi');
    await expect(send(simulator, { ...chat, to: 'whatsapp:PT.3100000000000077' })).resolves.toMatchObject({ status: 'read' });
  });

  it('do not matter to a template, and can be switched away', async () => {
    const simulator = await simulate();
    const contentSid = `HX${'1'.repeat(32)}`;
    const template = { to: maya, from: account.whatsappSender, contentSid, contentVariables: '{"1":"Maya"}' };
    await expect(send(simulator, template)).resolves.toMatchObject({ status: 'read' });
    await expect(simulator.textsTo(maya)).resolves.toEqual([`Template ${contentSid} {"1":"Maya"}`]);
    simulator.faults.set({ windowSeconds: null });
    await expect(send(simulator, chat)).resolves.toMatchObject({ status: 'read' });
    simulator.faults.set({ windowSeconds: 0 });
    await simulator.write('employee', 'hi');
    await expect(send(simulator, chat)).resolves.toMatchObject({ errorCode: 63016 });
  });

  it('outlive a restart of the simulator', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    const statePath = join(folder, 'state.jsonl');
    const doorman = await listenAsDoorman();
    const first = await simulate({ webhookUrl: doorman.url, statePath });
    const [recent, old] = [await first.write('employee', 'hi'), await first.write('german', 'hallo')];
    await first.close();
    const longAgo = { ...old, createdAt: Date.now() - dayMs - 1_000 };
    writeFileSync(statePath, [recent, longAgo].map((message) => `${JSON.stringify({ message })}\n`).join(''));
    const second = await simulate({ webhookUrl: doorman.url, statePath });
    await expect(send(second, chat)).resolves.toMatchObject({ status: 'read' });
    await expect(send(second, { ...chat, to: 'whatsapp:+491713920042' })).resolves.toMatchObject({ errorCode: 63016 });
    rmSync(folder, { recursive: true });
  });
});

describe('the Sandbox', () => {
  it('delivers only to who joined, and tells so with 63015', async () => {
    const doorman = await listenAsDoorman();
    const simulator = await simulate({ webhookUrl: doorman.url });
    simulator.faults.set({ sandbox: true });
    await simulator.write('employee', 'hi');
    await expect(send(simulator, chat)).resolves.toEqual({ status: 'failed', errorCode: 63015 });
    await simulator.write('employee', 'join steel-door');
    await expect(send(simulator, chat)).resolves.toMatchObject({ status: 'read' });
  });
});

describe('messages to one person', () => {
  it('fail with 63018 after the 45th at once', async () => {
    const doorman = await listenAsDoorman();
    const simulator = await simulate({ webhookUrl: doorman.url });
    await simulator.write('employee', 'hi');
    await simulator.write('stranger', 'hi');
    const results = await Promise.all(Array.from({ length: 46 }, () => send(simulator, chat)));
    expect(results.filter(({ errorCode }) => errorCode === 63018)).toHaveLength(1);
    await expect(send(simulator, { ...chat, to: 'whatsapp:+12025550199' })).resolves.toMatchObject({ status: 'read' });
    await expect(send(simulator, sms)).resolves.toMatchObject({ status: 'delivered' });
    simulator.faults.set({ pairBurst: null });
    await expect(send(simulator, chat)).resolves.toMatchObject({ status: 'read' });
  });

  it('are one more in six seconds', () => {
    let now = 1_000_000;
    const faults = new FaultSwitches();
    faults.set({ pairBurst: 2, windowSeconds: null });
    const { refusalOf } = createChannelRules({ state: new SimulatorState(), faults }, () => now);
    const codeOf = () => refusalOf({ channel: 'whatsapp', to: maya } as TwilioMessage)?.code; // cast: all that is looked at
    expect([codeOf(), codeOf(), codeOf()]).toEqual([undefined, undefined, 63018]);
    now += 5_999;
    expect(codeOf()).toBe(63018);
    now += 1;
    expect([codeOf(), codeOf()]).toEqual([undefined, 63018]);
    now += dayMs;
    expect([codeOf(), codeOf(), codeOf()]).toEqual([undefined, undefined, 63018]);
  });
});

describe('SMS', () => {
  const text = (url: string, word: string) => fetch(`${url}/admin/telephones/%2B12025550123/texts`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text: word }),
  });

  it('are refused with 21610 after STOP, until START; chats are not', async () => {
    const doorman = await listenAsDoorman();
    const simulator = await simulate({ webhookUrl: doorman.url });
    await simulator.write('employee', 'STOP');
    await expect(send(simulator, sms)).resolves.toMatchObject({ status: 'delivered' });
    await expect((await text(simulator.url, ' Stop ')).json()).resolves.toEqual({ number: sms.to, hasStopped: true });
    await expect(sdk(simulator.url).messages.create(sms)).rejects.toMatchObject({ status: 400, code: 21610 });
    await expect(send(simulator, chat)).resolves.toMatchObject({ status: 'read' });
    await text(simulator.url, 'please stop');
    await text(simulator.url, 'START');
    await expect(send(simulator, sms)).resolves.toMatchObject({ status: 'delivered' });
    expect((await text(simulator.url, '')).status).toBe(400);
  });

  it('end as undelivered with the carrier’s error', async () => {
    const doorman = await listenAsDoorman();
    const simulator = await simulate({ webhookUrl: doorman.url });
    simulator.faults.set({ smsError: 30003 });
    const statusCallback = `${doorman.url}/status`;
    await expect(send(simulator, { ...sms, statusCallback })).resolves.toEqual({ status: 'undelivered', errorCode: 30003 });
    const posts = await doorman.received(2);
    expect(posts.map(({ form }) => [form.MessageStatus, form.ErrorCode])).toEqual([['sent', undefined], ['undelivered', '30003']]);
  });
});
