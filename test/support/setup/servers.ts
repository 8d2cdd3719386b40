// The servers of one test run: each is prepared once, whichever projects ask for it, and undone after the last test.
import { preparePostgres } from './preparePostgres';
import { prepareConversations } from './prepareConversations';
import { prepareTemporal } from './prepareTemporal';

type Undo = () => Promise<void>;
type Prepare = (progress: (line: string) => void) => Promise<Undo>;

const parts = {
  postgres: preparePostgres, conversations: prepareConversations, temporal: prepareTemporal,
} satisfies Record<string, Prepare>;

// Jest loads each project's set-up as a module of its own; the process is what they share.
const shared = globalThis as typeof globalThis & { doormanTestServers?: Map<string, Promise<Undo>> };

export async function prepareServers(...wanted: (keyof typeof parts)[]): Promise<void> {
  const prepared = shared.doormanTestServers ??= new Map();
  await Promise.all(wanted.map(async (part) => {
    if (!prepared.has(part)) prepared.set(part, parts[part]((line) => { process.stderr.write(`${line}\n`); }));
    await prepared.get(part);
  }));
}

export async function stopServers(): Promise<void> {
  const prepared = shared.doormanTestServers ?? new Map<string, Promise<Undo>>();
  delete shared.doormanTestServers;
  for (const undo of [...prepared.values()].reverse()) await (await undo.catch(() => async () => undefined))();
}
