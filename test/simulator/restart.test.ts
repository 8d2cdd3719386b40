import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { account, closeSimulations, listenAsDoorman, quickPace, sdk, simulate } from '../support/simulation';

const never = 3_600_000;
let folder: string;
let statePath: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulator-'));
  statePath = join(folder, 'deep', 'state.jsonl');
});

afterEach(async () => {
  await closeSimulations();
  rmSync(folder, { recursive: true });
});

describe('a simulator that is started again', () => {
  it('still has the chats, the SMS and the statuses', async () => {
    const doorman = await listenAsDoorman();
    const first = await simulate({ webhookUrl: doorman.url, statePath });
    await first.write('employee', 'hello');
    const { sid } = await sdk(first.url).messages.create({ to: '+12025550123', from: account.smsSender, body: 'a code' });
    await first.write('stranger', 'hi');
    await doorman.received(2);
    const before = first.state.messages();
    await first.close();

    const second = await simulate({ webhookUrl: doorman.url, statePath });
    expect(second.state.messages().map(({ shown }) => shown)).toEqual(['hello', 'a code', 'hi']);
    expect(second.state.message(sid)).toMatchObject({ to: '+12025550123', status: before[1]!.status });
    await expect(sdk(second.url).messages(sid).fetch()).resolves.toMatchObject({ body: 'a code' });
  });

  it('carries on what it had only queued', async () => {
    const first = await simulate({ statePath, pace: { ...quickPace, sentMs: never } });
    const doorman = await listenAsDoorman();
    const { sid } = await sdk(first.url).messages.create({
      to: '+12025550123', from: account.smsSender, body: 'a code', statusCallback: `${doorman.url}/status`,
    });
    await first.close();

    const second = await simulate({ statePath });
    const posts = await doorman.received(2);
    expect(posts.map(({ form }) => form.MessageStatus)).toEqual(['sent', 'delivered']);
    expect(second.state.message(sid)?.status).toBe('delivered');
  });

  it('offers to send again what was under way', async () => {
    const doorman = await listenAsDoorman((_post, res, number) => (number === 1 ? new Promise(() => {}) : void res.writeHead(200).end()));
    const first = await simulate({ webhookUrl: doorman.url, statePath });
    const cutOff = first.write('employee', 'hello');
    await doorman.received(1);
    await first.close();
    await expect(cutOff).resolves.toMatchObject({ inbound: { posting: 'refused' } });

    const second = await simulate({ webhookUrl: doorman.url, statePath });
    const [{ sid, inbound }] = second.state.messages() as [ReturnType<typeof second.state.messages>[number]];
    expect(inbound?.posting).toBe('refused');
    await expect(second.rewrite(sid)).resolves.toMatchObject({ sid, inbound: { posting: 'taken' } });
  });

  it('still has the calls: one that rang rings on, one that was under way was cut off', async () => {
    const doorman = await listenAsDoorman();
    const first = await simulate({ webhookUrl: doorman.url, statePath });
    const call = (to: string, twiml: string) => sdk(first.url).calls.create({
      to, from: account.smsSender, twiml, statusCallback: `${doorman.url}/status`, statusCallbackEvent: ['answered', 'completed'],
    });
    const talking = await call('+12025550123', '<Response><Gather timeout="600"><Say>Press a key</Say></Gather></Response>');
    first.switchboard.answer(talking.sid);
    await first.callTo('+12025550123', ({ transcript }) => transcript.length === 1);
    const ringing = await call('+491713920042', '<Response><Say>Hello again</Say></Response>');
    await doorman.received(1);
    await first.close();

    const second = await simulate({ webhookUrl: doorman.url, statePath });
    expect(second.state.call(talking.sid)).toMatchObject({ status: 'completed', isListening: false, transcript: [{ text: 'Press a key' }] });
    expect(second.switchboard.answer(ringing.sid)).toMatchObject({ status: 'in-progress' });
    await second.callTo('+491713920042', ({ transcript, status }) => status === 'completed' && transcript[0]?.text === 'Hello again');
    const posts = await doorman.received(4);
    expect(posts.map(({ form }) => form.CallStatus)).toEqual(['in-progress', 'completed', 'in-progress', 'completed']);
  });

  it('still knows who texted STOP, until everything is forgotten', async () => {
    const first = await simulate({ statePath });
    first.state.setStopped('+12025550123', true);
    first.state.setStopped('+12025550199', true);
    first.state.setStopped('+12025550199', false);
    await sdk(first.url).calls.create({ to: '+12025550123', from: account.smsSender, twiml: '<Response/>' });
    await first.close();
    const second = await simulate({ statePath });
    expect([second.state.stopped(), second.state.calls().length]).toEqual([['+12025550123'], 1]);
    await fetch(`${second.url}/admin/reset`, { method: 'POST' });
    await second.close();
    const third = await simulate({ statePath });
    expect([third.state.stopped(), third.state.calls()]).toEqual([[], []]);
  });

  it('forgets what was deleted or reset, and drops a line that a kill cut off', async () => {
    const doorman = await listenAsDoorman();
    const first = await simulate({ webhookUrl: doorman.url, statePath });
    await first.write('employee', 'before the reset');
    await fetch(`${first.url}/admin/reset`, { method: 'POST' });
    await first.write('employee', 'kept');
    const { sid } = await first.write('employee', 'deleted');
    await sdk(first.url).messages(sid).remove();
    await first.close();
    appendFileSync(statePath, '{"message":{"sid":"SM');

    const second = await simulate({ webhookUrl: doorman.url, statePath });
    expect(second.state.messages().map(({ shown }) => shown)).toEqual(['kept']);
    expect(readFileSync(statePath, 'utf8').trimEnd().split('\n')).toHaveLength(1);
  });

  it('keeps its file from others, because codes are in it', async () => {
    await simulate({ statePath });
    expect(statSync(statePath).mode & 0o077).toBe(0);
  });
});
