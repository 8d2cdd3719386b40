// Whom strangers claim to be, by what Doorman knows of them: the classes that nobody may tell apart (R24), each with
// people enough that everybody is claimed once.
import { Client } from 'pg';
import { defaultPolicy } from '../../src/domain/policy';
import { lookupHash } from '../../src/keys/box';
import { parseKeyring } from '../../src/keys/keyring';
import { createPeople } from './people';
import type { Listed } from './people';

/** The first is what all the others are compared with. */
export const classes = ['unknown', 'of a strange form', 'known', 'departed', 'without contact', 'locked by others'] as const;
export type Class = (typeof classes)[number];

export interface Claimed {
  /** Those whom the directory has. */
  readonly listed: readonly Listed[];
  /** An employee ID of this class that nobody has claimed yet. */
  next(one: Class): string;
  /** Leaves at those who are locked what others' wrong guesses would have left. */
  lock(databaseUrl: string, keyring: string): Promise<void>;
}

/** `count` of each class; their numbers and IDs are the `first`-th and on, 10,000 of them for each class. */
export function createClaimed(first: number, count: number): Claimed {
  const people = Object.fromEntries(classes.map((one, nth) => [one, createPeople(first + nth * 10_000, count)])) as
    Record<Class, ReturnType<typeof createPeople>>; // cast: fromEntries forgets the keys
  return {
    listed: [
      ...people.known.all, ...people['locked by others'].all,
      ...people.departed.all.map((person) => ({ ...person, active: false })),
      ...people['without contact'].all.map((person) => ({ ...person, reachable: false })),
    ],
    next(one) {
      const { employeeId } = people[one].next();
      return one === 'of a strange form' ? `${employeeId.slice(0, 5)}-${employeeId.slice(5)}` : employeeId;
    },
    async lock(databaseUrl, keyring) {
      const keys = parseKeyring(keyring).lookup;
      const identifiers = people['locked by others'].all.map(({ employeeId }) => employeeId);
      await asOwner(databaseUrl, async (client) => {
        const { rows } = await client.query<{ id: string }>(
          'SELECT id FROM employees WHERE identifier = ANY ($1)', [identifiers]);
        await client.query(
          `INSERT INTO pools (identity_hash, pool, wrong_in_a_row) SELECT unnest($1::bytea[]), 'stranger', $2`,
          [rows.map(({ id }) => lookupHash(keys, 'identity', id)), defaultPolicy.strangerGuessesInARowMax]);
      });
    },
  };
}

/** Makes the wrong guesses of all strangers as old as if they were of the day before yesterday. */
export async function forgetGuesses(databaseUrl: string): Promise<void> {
  await asOwner(databaseUrl, (client) => client.query(
    `UPDATE guesses SET charged_at = charged_at - interval '2 days' WHERE charged_at > clock_timestamp() - interval '1 day'`));
}

async function asOwner(databaseUrl: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await work(client).finally(() => client.end());
}
