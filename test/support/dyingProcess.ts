// A process that dies at a chosen step: right after a statement or a call of a port had its effect, before it was told.
import type { Pool, PoolClient } from 'pg';
import type { Assistant } from '../../src/assistant/assistant';
import type { Ports } from '../../src/wiredActivities';

export class Died extends Error {}

/** Counts steps towards the outside, and dies after the `dieAfter`-th; every later step fails, as nobody is there. */
export class DyingProcess {
  steps = 0;
  private dead = false;

  constructor(private readonly dieAfter = Infinity) {}

  pool(pool: Pool): Pool {
    const query = (...args: unknown[]) => this.step(() => run(pool, args));
    return replacing(pool, { query, connect: async () => this.client(await pool.connect()) });
  }

  ports({ channel, carriers, assistant }: Ports): Ports {
    return {
      channel: {
        sendText: (text) => this.step(() => channel.sendText(text)),
        findSent: (sent) => this.step(() => channel.findSent(sent)),
        fetchMessage: (id) => this.step(() => channel.fetchMessage(id)),
        listReceived: (since) => channel.listReceived(since),
        // Nobody waits for it: it is no step.
        showTyping: () => Promise.resolve(),
      },
      carriers: new Map([...carriers].map(([method, carrier]) =>
        [method, { method, carry: (code) => this.step(() => carrier.carry(code)) }])),
      assistant: replacing(assistant, {
        answer: (...given: Parameters<Assistant['answer']>) => this.step(() => assistant.answer(...given)),
      }),
    };
  }

  private client(client: PoolClient): PoolClient {
    const query = (...args: unknown[]) => this.step(() => run(client, args));
    // The connection of a dead process is gone, and with it what was not committed.
    return replacing(client, { query, release: (broken?: Error) => client.release(this.dead ? true : broken) });
  }

  private async step<T>(act: () => Promise<T>): Promise<T> {
    if (this.dead) throw new Died('dead');
    this.steps += 1;
    const mine = this.steps;
    const result = await act();
    if (mine === this.dieAfter) this.dead = true;
    if (this.dead) throw new Died(`died after step ${mine}`);
    return result;
  }
}

/** The statement, on a pool or a connection. */
export function run(on: Pool | PoolClient, args: unknown[]): Promise<unknown> {
  return (on.query as (...all: unknown[]) => Promise<unknown>)(...args);
}

/** The object with some of its functions replaced. */
export function replacing<T extends object>(object: T, replaced: Record<string, unknown>): T {
  return new Proxy(object, {
    get(target, name) {
      if (typeof name === 'string' && name in replaced) return replaced[name];
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) as unknown : value;
    },
  });
}
