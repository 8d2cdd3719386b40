// The settings of the local stack: secrets made once and kept in var/local.env, addresses of this start, and whatever
// the user has set. `source var/local.env` gives them to a shell, for `npx doorman …`.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { settings } from '../../config';
import type { Environment } from '../../config';
import type { Policy } from '../../domain/policy';

export type Values = Readonly<Record<string, string>>;

/** Names of what is made once: none of it is of use outside this computer. */
const made: Readonly<Record<string, () => string>> = {
  LOCAL_POSTGRES_PASSWORD: () => hex(16),
  LOCAL_APPLICATION_PASSWORD: () => hex(16),
  TWILIO_ACCOUNT_SID: () => `AC${hex(16)}`,
  TWILIO_AUTH_TOKEN: () => hex(16),
  TWILIO_API_KEY_SID: () => `SK${hex(16)}`,
  TWILIO_API_KEY_SECRET: () => hex(16),
  ASSISTANT_SECRET: () => `whsec_${randomBytes(32).toString('base64')}`,
  DOORMAN_CODEC_TOKEN: () => hex(24),
  SIMULATOR_SMTP_PASSWORD: () => hex(16),
  SIMULATOR_HR_SECRET: () => hex(32),
  SIMULATOR_ACCOUNTS_TOKEN: () => hex(32),
};

const hex = (bytes: number) => randomBytes(bytes).toString('hex');

/** The secrets kept in `file`; those that are missing are made. */
export function keptSecrets(file: string): Values {
  const kept = readEnvFile(file);
  return Object.fromEntries(Object.entries(made).map(([name, make]) => [name, kept[name] ?? make()]));
}

/** In a shell that has sourced `file`, its names are yesterday's values and no wish of the user's. */
const sourcedMark = 'DOORMAN_LOCAL_ENV';

/** Whoever plays with the local stack is somebody new every few minutes: budgets at the most that policy allows. */
export const playPolicy: Partial<Policy> = {
  codeGap1Ms: 10_000, senderGuessesPerDayMax: 50, senderIdentitiesPerDayMax: 20, senderSendsPerDayMax: 50,
  strangerGuessesPerDayMax: 20, strangerGuessesPerMonthMax: 60, knownGuessesPerDayMax: 40,
  strangerSendsPerHourMax: 10, strangerSendsPerDayMax: 20, knownSendsPerHourMax: 20, knownSendsPerDayMax: 50,
  destinationSendsPerDayMax: 50, destinationSendsInAllPerDayMax: 10_000,
};

/** What the user has set for this start: it goes before what we would choose. */
export function givenSettings(file: string, environment: Environment = process.env): Values {
  const ignored = environment[sourcedMark] === undefined ? {} : readEnvFile(file);
  return Object.fromEntries(settingNames().flatMap((name) => {
    const value = environment[name];
    return value === undefined || value === '' || name in ignored ? [] : [[name, value]];
  }));
}

/** What we would choose, without what the user has set in the other form: `NAME` and `NAME_FILE` are one setting. */
export function unlessGiven(chosen: Values, given: Values): Values {
  const otherForm = (name: string) => (name.endsWith('_FILE') ? name.slice(0, -5) : `${name}_FILE`);
  return Object.fromEntries(Object.entries(chosen).filter(([name]) => !(otherForm(name) in given)));
}

const settingNames = () => Object.keys(settings).flatMap((name) => [name, `${name}_FILE`]);

/** The environment without any setting of ours: what servers and processes inherit from the terminal. */
export function withoutSettings(environment: Environment = process.env): NodeJS.ProcessEnv {
  const ours = new Set(settingNames());
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !ours.has(name)));
}

/** Lines of `export NAME='value'`, as a shell reads them. */
export function readEnvFile(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  return Object.fromEntries(readFileSync(file, 'utf8').split('\n').flatMap((line) => {
    const [, name, value] = /^export (\w+)='(.*)'$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value!.replaceAll("'\\''", "'")]];
  }));
}

/** Only its owner may read it. */
export function writeEnvFile(file: string, values: Values): void {
  const lines = Object.entries({ ...values, [sourcedMark]: file })
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`);
  const title = '# Written by `npm start`. Secrets of this computer only; `source` it to use `npx doorman`.';
  writeFileSync(`${file}.new`, [title, ...lines, ''].join('\n'), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
