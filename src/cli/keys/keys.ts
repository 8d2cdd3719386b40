// doorman keys new | add | activate | rotate | reseal | show | signing
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { auditedTransaction } from '../../audit/auditedTransaction';
import { Misconfiguration, readSetting } from '../../config';
import type { Pool } from '../../db/pool';
import { resealAddresses, sealedByKey } from '../../inbox/reseal';
import type { Resealed } from '../../inbox/reseal';
import { keyPurposes, parseKeyring } from '../../keys/keyring';
import type { KeyPurpose, Keyring } from '../../keys/keyring';
import {
  activateInKeyringFile, addToKeyringFile, createKeyringFile, describeKeyring, rotateKeyringFile,
} from '../../keys/keyringFile';
import { operator } from '../operator';
import { resealSigningKeys } from '../../statements/keyRotation';
import { print, progress, refuse } from '../output';
import { withDatabase } from '../withDatabase';
import { signingCommands } from './signing';

/** How often progress is told: every so many addresses. */
const progressEvery = 10_000;

export function keysCommands(program: Command): void {
  const keys = program.command('keys').description('the keyring');
  keys.command('new').argument('<file>', 'where to write it; refuses to overwrite')
    .description('makes a keyring with fresh keys')
    .action(async (file: string, _options, command: Command) => {
      createKeyringFile(file);
      print(command, { file }, [
        `A new keyring is in ${file}. Keep it secret and backed up: without it nothing stored can be read.`]);
    });
  addRotation(keys);
  signingCommands(keys, readKeyring);
  keys.command('reseal').description('seals stored addresses under the active storage key, so that former ones can go')
    .action(reseal);
  keys.command('show').argument('<file>').description('lists purposes and key ids, never a key')
    .action(async (file: string, _options, command: Command) => {
      const json = readFileSync(file, 'utf8');
      parseKeyring(json);
      const described = describeKeyring(JSON.parse(json));
      print(command, described, described.map(({ purpose, active, ids }) =>
        `${purpose}: ${ids.join(', ')} (active ${active})`));
    });
}

function addRotation(keys: Command): void {
  const purposes = keyPurposes.join(', ');
  keys.command('add').argument('<file>').argument('<purpose>', purposes)
    .description('adds a key to a purpose, which seals nothing until it is activated')
    .action(async (file: string, purpose: string, _options, command: Command) => {
      const { keyId } = addToKeyringFile(file, purposeOf(purpose));
      print(command, { file, purpose, keyId }, [
        `${purpose} has ${keyId} now, and does not use it yet. Give the file to every process and restart them;`,
        `then: doorman keys activate ${file} ${purpose} ${keyId}`]);
    });
  keys.command('activate').argument('<file>').argument('<purpose>', purposes).argument('<key>', 'its id, as k2')
    .description('makes a key that every process has the one that seals')
    .action(async (file: string, purpose: string, keyId: string, _options, command: Command) => {
      activateInKeyringFile(file, purposeOf(purpose), keyId);
      print(command, { file, purpose, keyId }, [
        `${purpose} uses ${keyId}; the other keys still open what they sealed.`,
        'Give the file to every process and restart them, in any order.']);
    });
  keys.command('rotate').argument('<file>').argument('<purpose>', purposes)
    .description('adds and activates at once, for one process of each kind')
    .action(async (file: string, purpose: string, _options, command: Command) => {
      const { keyId } = rotateKeyringFile(file, purposeOf(purpose));
      print(command, { file, purpose, keyId }, [
        `${purpose} now uses ${keyId}; the former keys still open what they sealed.`,
        'Restart everything: a process with the former file cannot open what is sealed from now on, and waits.']);
    });
}

function purposeOf(purpose: string): KeyPurpose {
  const known = keyPurposes.find((each) => each === purpose);
  if (known === undefined) throw new Error(`purpose must be one of ${keyPurposes.join(', ')}`);
  return known;
}

async function reseal(_options: unknown, command: Command): Promise<void> {
  const { storage } = readKeyring();
  const { resealed, unreadable, sealed } = await withDatabase(async (pool) => {
    const done = await resealAddresses(pool, storage, tellEvery(progressEvery));
    await resealSigningKeys(pool, storage);
    if (done.resealed > 0) await record(pool, storage.activeId, done.resealed);
    return { ...done, sealed: await sealedByKey(pool) };
  });
  const former = Object.entries(sealed).filter(([id]) => id !== storage.activeId);
  print(command, { activeKey: storage.activeId, resealed, unreadable, sealed }, [
    `${resealed} addresses were sealed anew under ${storage.activeId}.`,
    ...former.map(([id, count]) => `${id} still seals ${count} values. `
      + 'Texts among them are destroyed within the retention: run this again then.'),
    ...former.length === 0 ? [`All that is stored is under ${storage.activeId}: the former storage keys can go.`] : [],
    ...unreadable === 0 ? [] : [`${unreadable} addresses cannot be opened: put the key that sealed them back.`],
  ]);
  if (unreadable > 0) refuse();
}

function readKeyring(): Keyring {
  try {
    return parseKeyring(readSetting('DOORMAN_KEYRING') ?? '');
  } catch (error) {
    throw new Misconfiguration([`DOORMAN_KEYRING: ${(error as Error).message}`]);
  }
}

async function record(pool: Pool, keyId: string, addresses: number): Promise<void> {
  await auditedTransaction(pool, async (_tx, note) =>
    note({ kind: 'addresses.resealed', facts: { keyId, addresses, operator: operator() } }));
}

function tellEvery(every: number): (so: Resealed) => void {
  let told = 0;
  return ({ seen, resealed }) => {
    if (seen < told + every) return;
    told = seen;
    progress(`${seen.toLocaleString('en')} addresses seen, ${resealed.toLocaleString('en')} sealed anew`);
  };
}
