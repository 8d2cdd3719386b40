// A process that is kept running: started again when it ends by itself, never after it was told to stop.
import { supervise } from '../../src/stack/up/supervised';
import type { Running } from '../../src/stack/up/supervised';

class Part {
  starts = 0;
  refuse = 0;
  end: (how: string) => void = () => undefined;
  private told: (() => void)[] = [];

  readonly launch = async (): Promise<Running> => {
    this.starts += 1;
    this.told.forEach((tell) => tell());
    if (this.refuse > 0) {
      this.refuse -= 1;
      throw new Error('port 3000 is taken');
    }
    const gone = new Promise<string>((resolve) => { this.end = resolve; });
    return { pid: 1_000 + this.starts, gone, stop: async () => { this.end('signal SIGTERM'); } };
  };

  /** Resolves when it has been started that often. */
  async started(times: number): Promise<void> {
    while (this.starts < times) await new Promise<void>((resolve) => { this.told.push(resolve); });
  }
}

test('ended by itself, it is started again, and that is told', async () => {
  const part = new Part();
  const lines: string[] = [];
  let changes = 0;
  const supervised = await supervise('web', part.launch, (line) => lines.push(line), () => { changes += 1; });
  expect(supervised.pid()).toBe(1_001);
  part.end('signal SIGKILL');
  await part.started(2);
  await new Promise((resolve) => { setImmediate(resolve); });
  expect(lines).toEqual(['web ended (signal SIGKILL): starting it again', 'web runs again']);
  expect(supervised.pid()).toBe(1_002);
  expect(changes).toBe(1);
  await supervised.stop();
});

test('a start that fails is tried again', async () => {
  const part = new Part();
  const lines: string[] = [];
  const supervised = await supervise('web', part.launch, (line) => lines.push(line));
  part.refuse = 1;
  part.end('exit code 1');
  await part.started(3);
  await new Promise((resolve) => { setImmediate(resolve); });
  expect(lines).toEqual(['web ended (exit code 1): starting it again', 'port 3000 is taken', 'web runs again']);
  await supervised.stop();
});

test('the very first start fails at once, with its reason', async () => {
  const part = new Part();
  part.refuse = 1;
  await expect(supervise('web', part.launch, () => undefined)).rejects.toThrow('port 3000 is taken');
  expect(part.starts).toBe(1);
});

test('told to stop, it stays stopped, also while it waits to start again', async () => {
  const part = new Part();
  const supervised = await supervise('web', part.launch, () => undefined);
  await supervised.stop();
  expect(part.starts).toBe(1);
  const another = new Part();
  const waiting = await supervise('web', another.launch, () => undefined);
  another.end('exit code 1');
  await waiting.stop();
  expect(another.starts).toBe(1);
  expect(waiting.pid()).toBeUndefined();
});
