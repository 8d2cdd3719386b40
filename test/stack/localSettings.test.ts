// The settings of the local stack: made once, kept, and never mistaken for a wish of the user's.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  givenSettings, keptSecrets, readEnvFile, unlessGiven, withoutSettings, writeEnvFile,
} from '../../src/stack/up/localSettings';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorman-env-'));
  file = join(folder, 'local.env');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('secrets are made once and kept', () => {
  const secrets = keptSecrets(file);
  writeEnvFile(file, secrets);
  expect(keptSecrets(file)).toEqual(secrets);
  expect(new Set(Object.values(secrets)).size).toBe(Object.keys(secrets).length);
});

test('only their owner can read them', () => {
  writeEnvFile(file, keptSecrets(file));
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a shell reads them as they are, whatever signs are in them', () => {
  const value = 'it\'s "$HOME" `and` \\ more # of it';
  writeEnvFile(file, { DOORMAN_ORGANISATION: value });
  expect(execFileSync('sh', ['-c', `. '${file}'; printf %s "$DOORMAN_ORGANISATION"`], { encoding: 'utf8' })).toBe(value);
  expect(readEnvFile(file).DOORMAN_ORGANISATION).toBe(value);
});

test('what the user has set goes before, also as a file', () => {
  const set = { TEMPORAL_ADDRESS: 'temporal.example.com:7233', DATABASE_URL_FILE: '/run/secrets/database', PATH: '/bin' };
  expect(givenSettings(file, set)).toEqual({
    TEMPORAL_ADDRESS: 'temporal.example.com:7233', DATABASE_URL_FILE: '/run/secrets/database',
  });
});

test('a setting of the user\'s leaves nothing of ours in its other form', () => {
  const chosen = { DOORMAN_KEYRING_FILE: '/var/keyring.json', TWILIO_AUTH_TOKEN: 'ours', DOORMAN_LANGUAGE: 'en' };
  expect(unlessGiven(chosen, { DOORMAN_KEYRING: '{}', TWILIO_AUTH_TOKEN_FILE: '/run/token' })).toEqual({ DOORMAN_LANGUAGE: 'en' });
});

test('a shell that has sourced the file brings yesterday\'s addresses: they are no wish', () => {
  writeEnvFile(file, { TEMPORAL_ADDRESS: '127.0.0.1:7233' });
  const shell = { ...readEnvFile(file), TEMPORAL_ADDRESS: '127.0.0.1:7999', DOORMAN_LANGUAGE: 'de' };
  expect(givenSettings(file, shell)).toEqual({ DOORMAN_LANGUAGE: 'de' });
});

test('nothing of the terminal\'s settings reaches a process unseen', () => {
  expect(withoutSettings({ PATH: '/bin', DATABASE_URL: 'x', TWILIO_AUTH_TOKEN_FILE: 'y' })).toEqual({ PATH: '/bin' });
});
