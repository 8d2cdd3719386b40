// doorman keys new | rotate | show
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { keyPurposes, parseKeyring } from '../keys/keyring';
import type { KeyPurpose } from '../keys/keyring';
import { createKeyringFile, describeKeyring, rotateKeyringFile } from '../keys/keyringFile';
import { print } from './output';

export function keysCommands(program: Command): void {
  const keys = program.command('keys').description('the keyring');
  keys.command('new').argument('<file>', 'where to write it; refuses to overwrite')
    .description('makes a keyring with fresh keys')
    .action(async (file: string, _options, command: Command) => {
      createKeyringFile(file);
      print(command, { file }, [
        `A new keyring is in ${file}. Keep it secret and backed up: without it nothing stored can be read.`]);
    });
  keys.command('rotate').argument('<file>').argument('<purpose>', keyPurposes.join(', '))
    .description('adds a key to a purpose and makes it the active one')
    .action(async (file: string, purpose: string, _options, command: Command) => {
      if (!(keyPurposes as readonly string[]).includes(purpose)) {
        throw new Error(`purpose must be one of ${keyPurposes.join(', ')}`);
      }
      if (purpose === 'lookup') {
        throw new Error('the lookup key cannot be rotated in place: every hash in the database was made with it');
      }
      const { keyId } = rotateKeyringFile(file, purpose as KeyPurpose);
      print(command, { file, purpose, keyId }, [
        `${purpose} now uses ${keyId}; the former keys still open what they sealed.`,
        'Restart the codec server and every worker before web, so that all can read what any of them writes.']);
    });
  keys.command('show').argument('<file>').description('lists purposes and key ids, never a key')
    .action(async (file: string, _options, command: Command) => {
      const json = readFileSync(file, 'utf8');
      parseKeyring(json);
      const described = describeKeyring(JSON.parse(json));
      print(command, described, described.map(({ purpose, active, ids }) =>
        `${purpose}: ${ids.join(', ')} (active ${active})`));
    });
}
