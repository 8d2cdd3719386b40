// Where everything listens on this computer: the usual ports, the next free ones when they are taken.
import { freePort } from '../ports';

const wanted = {
  web: 3000, internal: 3001, simulator: 3010, smtp: 1025, temporal: 7233, temporalUi: 8233, codec: 8081, postgres: 5433,
} as const;
export type Ports = Readonly<Record<keyof typeof wanted, number>>;

/** One free port each; behind web's internal port the worker's. */
export async function choosePorts(): Promise<Ports> {
  const taken: number[] = [];
  const chosen: Record<string, number> = {};
  for (const [name, port] of Object.entries(wanted)) {
    const count = name === 'internal' ? 2 : 1;
    chosen[name] = await freePort(port, { count, taken });
    taken.push(...Array.from({ length: count }, (_, i) => chosen[name]! + i));
  }
  return chosen as Record<keyof typeof wanted, number>;
}
