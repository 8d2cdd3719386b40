// What `npm run bench` may be told.
import { parseArgs } from 'node:util';

// In the order in which they run: `webhook` is last, because it stops Temporal.
export const partNames = ['guard', 'sends', 'directory', 'statements', 'tokens', 'verification', 'relay', 'memory', 'recovery', 'otp', 'alike', 'webhook'] as const;
export type PartName = (typeof partNames)[number];

// Those that are run when none is named: `alike` alone takes as long as all of them, and says yes or no.
const usualParts: readonly PartName[] = partNames.filter((part) => part !== 'alike');

export interface Options {
  readonly parts: readonly PartName[];
  /** Fewer of everything: figures within minutes, wider spread. */
  readonly quick: boolean;
  /** Conversations of each way under each load of the verification part. */
  readonly conversations: number | undefined;
  readonly json: boolean;
}

export const usage = `npm run bench -- [--quick] [--only=${partNames.join(',')}] [--conversations=N] [--json]`;

/** Throws one sentence for anything else. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean' }, json: { type: 'boolean' },
      only: { type: 'string' }, conversations: { type: 'string' },
    },
  });
  const wanted = values.only?.split(',').map(partOf) ?? usualParts;
  const parts = partNames.filter((part) => wanted.includes(part));
  const conversations = values.conversations === undefined ? undefined : Number(values.conversations);
  const isPossible = (count: number) => Number.isInteger(count) && count >= 1 && count <= 2_000;
  if (conversations !== undefined && !isPossible(conversations)) {
    throw new Error('--conversations must be a whole number from 1 to 2000');
  }
  return { parts, quick: values.quick ?? false, conversations, json: values.json ?? false };
}

function partOf(name: string): PartName {
  const part = partNames.find((one) => one === name);
  if (part === undefined) throw new Error(`--only knows ${partNames.join(', ')}`);
  return part;
}
