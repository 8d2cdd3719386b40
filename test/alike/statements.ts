// What is asked of a database, statement by statement: the work that an outcome costs.
import type { Pool, PoolClient } from 'pg';

export interface NotedPool {
  readonly pool: Pool;
  /** The texts of the statements since the last call, in order; their values may hold who was claimed. */
  take(): string[];
}

/** The same pool, which notes the statements of those who use it here. */
export function notingPool(pool: Pool): NotedPool {
  const noted: string[] = [];
  const noting = (on: Pool | PoolClient) => (...args: unknown[]): unknown => {
    const [statement] = args as [string | { text: string }];
    noted.push(typeof statement === 'string' ? statement : statement.text);
    return (on.query as (...all: unknown[]) => unknown)(...args);
  };
  const connect = async () => {
    const client = await pool.connect();
    return replacing(client, 'query', noting(client));
  };
  return {
    pool: replacing(replacing(pool, 'query', noting(pool)), 'connect', connect),
    take: () => noted.splice(0),
  };
}

function replacing<T extends object>(object: T, name: string, replaced: unknown): T {
  return new Proxy(object, {
    get(target, asked) {
      if (asked === name) return replaced;
      const value: unknown = Reflect.get(target, asked);
      return typeof value === 'function' ? value.bind(target) as unknown : value;
    },
  });
}
