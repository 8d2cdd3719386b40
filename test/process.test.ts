// How a process ends: what was begun is finished, and nobody keeps it from ending.
import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer, listen, tryUntilDone } from '../src/process';

describe('a server that is closed', () => {
  test('ends although a load balancer keeps its connections and goes on using them', async () => {
    const waiting: (() => void)[] = [];
    let began = 0;
    const server = await listen((_request, response) => {
      began += 1;
      waiting.push(() => response.end('done'));
    }, 0, '127.0.0.1', { keepAliveTimeout: 65_000 });
    const { port } = server.address() as AddressInfo;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const get = () => new Promise<string>((resolve, reject) => {
      request({ port, host: '127.0.0.1', agent }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => { body += chunk.toString(); });
        response.on('end', () => resolve(body));
      }).on('error', reject).end();
    });
    // The second waits for the connection of the first, as a balancer's next request does.
    const answers = [get(), get().catch(() => 'refused'), get().catch(() => 'refused')];
    while (began < 1) await new Promise(setImmediate);
    const closed = closeServer(server);
    const answering = setInterval(() => waiting.splice(0).forEach((answer) => answer()), 5);
    await closed;
    clearInterval(answering);
    expect(await answers[0]).toBe('done');
    expect(await Promise.all(answers.slice(1))).toContain('refused');
    agent.destroy();
  });

  test('finishes the request that runs, and ends its connection at once after it', async () => {
    let answer!: () => void;
    const server = await listen((_request, response) => { answer = () => response.end('done'); }, 0, '127.0.0.1',
      { keepAliveTimeout: 65_000 });
    const { port } = server.address() as AddressInfo;
    const got = fetch(`http://127.0.0.1:${port}`).then((response) => response.text());
    while (answer === undefined) await new Promise(setImmediate);
    const closed = closeServer(server);
    answer();
    expect(await got).toBe('done');
    const start = performance.now();
    await closed;
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe('what cannot be reached yet', () => {
  const down = () => Promise.reject<string>(new Error('down'));

  test('is tried until it answers, less and less often', async () => {
    const waits: number[] = [];
    const tries = [down, down, down, () => Promise.resolve('up')];
    const result = await tryUntilDone(() => tries.shift()!(), {
      signal: new AbortController().signal, firstWaitMs: 1, onFailure: (_error, waitMs) => waits.push(waitMs),
    });
    expect(result).toBe('up');
    expect(waits).toEqual([1, 2, 4]);
  });

  test.each([['while it waits', down], ['while a try hangs', () => new Promise<string>(() => undefined)]])(
    'is given up at once when the process is told to stop %s', async (_when, attempt) => {
      const stopping = new AbortController();
      const trying = tryUntilDone(attempt, { signal: stopping.signal, firstWaitMs: 60_000, onFailure: () => undefined });
      await new Promise(setImmediate);
      stopping.abort();
      expect(await trying).toBeUndefined();
    });
});
