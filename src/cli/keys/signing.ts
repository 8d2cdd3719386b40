// doorman keys signing [list] | rotate: the keys that sign statements, which change by themselves as well
import type { Command } from 'commander';
import type { Pool } from '../../db/pool';
import type { Keyring } from '../../keys/keyring';
import { rotateSigningKey, withdrawSigningKey } from '../../statements/keyRotation';
import type { RotationDeps } from '../../statements/keyRotation';
import { listSigningKeys } from '../../statements/published';
import type { ListedKey } from '../../statements/published';
import { keyTimes } from '../../statements/times';
import { operator } from '../operator';
import { print } from '../output';
import { withDatabase } from '../withDatabase';

export function signingCommands(keys: Command, readKeyring: () => Keyring): void {
  const signing = keys.command('signing').description('the keys that sign statements of who is speaking');
  signing.command('list', { isDefault: true }).description('lists them: their ids are those in the public key set')
    .action(async (_options, command: Command) => {
      const list = await withDatabase(listSigningKeys);
      const none = 'None yet: the first one is made when it is needed.';
      print(command, { keys: list }, list.length === 0 ? [none] : list.map(lineOf));
    });
  signing.command('rotate').description('has the next key take over as soon as it was published for a day')
    .option('--now', 'for a stolen key: the active one is withdrawn at once, and what it signed is refused')
    .action(async (options: { now?: true }, command: Command) => {
      const storageKeys = readKeyring().storage;
      await withDatabase((pool) => (options.now === true ? withdraw : rotate)(depsOf(pool, storageKeys), command));
    });
}

// How long a key signs is said anew when the next one takes over; which then is a process's doing, by its policy.
const depsOf = (pool: Pool, storageKeys: Keyring['storage']): RotationDeps =>
  ({ pool, storageKeys, times: keyTimes() });

async function rotate(deps: RotationDeps, command: Command): Promise<void> {
  const done = await rotateSigningKey(deps, operator());
  print(command, done, [done.outcome === 'rotated'
    ? `${done.kid} signs from now on.`
    : `${done.kid} takes over at ${done.at.toISOString()}: until then somebody may not have fetched it.`]);
}

async function withdraw(deps: RotationDeps, command: Command): Promise<void> {
  const done = await withdrawSigningKey(deps, operator());
  print(command, done, [
    ...done.withdrawn === undefined ? [] : [
      `${done.withdrawn} is withdrawn. Who fetched it may believe it for some minutes yet: docs/statements.md.`],
    `${done.kid} signs from now on.`]);
}

function lineOf({ kid, state, publishedAt, dueAt, retiredAt }: ListedKey): string {
  const more = dueAt !== null ? `, until ${dueAt.toISOString()}` : '';
  const retired = retiredAt !== null ? `, signed until ${retiredAt.toISOString()}` : '';
  return `${kid} ${state}, published ${publishedAt.toISOString()}${more}${retired}`;
}
