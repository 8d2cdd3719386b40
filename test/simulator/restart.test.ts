import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { account, closeSimulations, listenAsDoorman, sdk, simulate } from '../support/simulation';

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
    const first = await simulate({ statePath, pace: { sentMs: never, deliveredMs: 0, readMs: 0 } });
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
