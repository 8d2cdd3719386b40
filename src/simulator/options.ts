// What the simulator is started with. Loading this file in production fails, and everything else here loads it:
// a process that answers as Twilio must never stand beside the real one.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { Misconfiguration } from '../config';
import type { Environment } from '../config';
import type { StatementOptions } from '../assistant/demo/statement';
import type { HrOptions } from './hr/hr';
import type { Account } from './twilio/account';
import type { Pace } from './twilio/delivery';

/** Throws unless this is development. No profile counts as production, as it does in src/config.ts. */
export function refuseProduction(profile: string | undefined): void {
  if (profile === 'development') return;
  throw new Misconfiguration(['DOORMAN_PROFILE: the simulator loads only when it is `development`']);
}

refuseProduction(process.env.DOORMAN_PROFILE);

/** The mail server that stands beside it, on the loopback. */
export interface MailOptions {
  readonly port: number;
  /** Of the user `doorman`. */
  readonly password: string;
}

export interface SimulatorOptions {
  readonly port: number;
  readonly host: string;
  /** Where inbound messages are posted, with Twilio's overrides (`#rc=3&rp=5xx`) in the fragment. */
  readonly webhookUrl: string;
  /** The same place as Twilio has it: what is signed. */
  readonly publicUrl: string;
  readonly account: Account;
  /** JSONL file that chats, SMS and statuses outlive a restart in; memory when absent. */
  readonly statePath?: string;
  /** Signs what the demo assistant accepts; no assistant is mounted without. */
  readonly assistantSecret?: string;
  readonly temporalUi?: string;
  /** The name at the top of the chat. */
  readonly organisation: string;
  /** The page answers to any host name: only for a container whose port is published on the loopback. */
  readonly allowRemote: boolean;
  readonly pace: Pace;
  /** No mail server is started without. */
  readonly mail?: MailOptions;
  /** HR tells nobody of anything without. */
  readonly hr?: HrOptions;
  /** What Doorman shows to the accounts of the local S/4HANA, which is not there without. */
  readonly accountsToken?: string;
  /** By what the demo assistant checks who speaks; it believes the signed body alone without. */
  readonly statement?: StatementOptions;
}

/** How soon a phone in good reception acknowledges: quick enough to be pleasant, slow enough to see each tick. */
export const livelyPace: Pace = {
  sentMs: 60, deliveredMs: 200, readMs: 900, ringSecondMs: 1_000, speechSecondMs: 1_000,
};

const localWebhook = 'http://127.0.0.1:3000/webhooks/twilio/message';

const forms = {
  TWILIO_ACCOUNT_SID: /^AC[0-9a-fA-F]{32}$/,
  TWILIO_AUTH_TOKEN: /^.{32,}$/,
  TWILIO_API_KEY_SID: /^SK[0-9a-fA-F]{32}$/,
  TWILIO_API_KEY_SECRET: /^.{32,}$/,
  TWILIO_WHATSAPP_SENDER: /^whatsapp:\+[1-9]\d{6,14}$/,
  TWILIO_SMS_SENDER: /^\+[1-9]\d{6,14}$/,
  TWILIO_VOICE_SENDER: /^\+[1-9]\d{6,14}$/,
} as const;

/** Reads SIMULATOR_* and TWILIO_*; throws one Misconfiguration that names every problem. */
export function readSimulatorOptions(environment: Environment = process.env): SimulatorOptions {
  refuseProduction(environment.DOORMAN_PROFILE);
  const problems: string[] = [];
  const read = (name: string) => readVariable(name, environment);
  const formed = (name: keyof typeof forms): string => {
    const value = read(name) ?? '';
    if (!forms[name].test(value)) problems.push(`${name}: ${value === '' ? 'is missing' : 'does not look like one'}`);
    return value;
  };
  const webhookUrl = readUrl('SIMULATOR_WEBHOOK_URL', read('SIMULATOR_WEBHOOK_URL') ?? localWebhook, problems);
  const allowRemote = read('SIMULATOR_ALLOW_REMOTE') === 'true';
  const temporalUi = read('SIMULATOR_TEMPORAL_UI');
  const statePath = read('SIMULATOR_STATE');
  const assistantSecret = read('ASSISTANT_SECRET');
  const hrSecret = read('SIMULATOR_HR_SECRET');
  const accountsToken = read('SIMULATOR_ACCOUNTS_TOKEN');
  const mailPort = read('SIMULATOR_SMTP_PORT');
  const mailPassword = read('SIMULATOR_SMTP_PASSWORD') ?? '';
  if (mailPort !== undefined && mailPassword === '') problems.push('SIMULATOR_SMTP_PASSWORD: is missing');
  const options: SimulatorOptions = {
    port: readPort('SIMULATOR_PORT', read('SIMULATOR_PORT') ?? '3010', problems),
    host: readHost(read('SIMULATOR_HOST') ?? '127.0.0.1', allowRemote, problems),
    allowRemote,
    webhookUrl,
    publicUrl: readUrl('SIMULATOR_PUBLIC_URL', read('SIMULATOR_PUBLIC_URL') ?? webhookUrl, problems),
    account: {
      sid: formed('TWILIO_ACCOUNT_SID'),
      authToken: formed('TWILIO_AUTH_TOKEN'),
      apiKeySid: formed('TWILIO_API_KEY_SID'),
      apiKeySecret: formed('TWILIO_API_KEY_SECRET'),
      whatsappSender: formed('TWILIO_WHATSAPP_SENDER'),
      smsSender: formed('TWILIO_SMS_SENDER'),
      ...(read('TWILIO_VOICE_SENDER') === undefined ? {} : { voiceSender: formed('TWILIO_VOICE_SENDER') }),
    },
    organisation: read('DOORMAN_ORGANISATION') ?? 'Doorman',
    pace: livelyPace,
    ...(temporalUi === undefined ? {} : { temporalUi: readUrl('SIMULATOR_TEMPORAL_UI', temporalUi, problems) }),
    ...(statePath === undefined ? {} : { statePath }),
    ...(assistantSecret === undefined ? {} : { assistantSecret }),
    ...(mailPort === undefined ? {}
      : { mail: { port: readPort('SIMULATOR_SMTP_PORT', mailPort, problems), password: mailPassword } }),
    ...(accountsToken === undefined ? {} : { accountsToken }),
    ...statementOptions(webhookUrl, read('DOORMAN_PUBLIC_URL'), read('ASSISTANT_URL')),
    ...(hrSecret === undefined ? {} : { hr: { url: hrUrl(webhookUrl), secret: hrSecret } }),
  };
  if (problems.length > 0) throw new Misconfiguration(problems);
  return options;
}

function readVariable(name: string, environment: Environment): string | undefined {
  const value = environment[name];
  if (value !== undefined && value !== '') return value;
  const file = environment[`${name}_FILE`];
  return file === undefined || file === '' ? undefined : readFileSync(file, 'utf8').trim();
}

function readUrl(name: string, value: string, problems: string[]): string {
  const isWeb = URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
  if (!isWeb) problems.push(`${name}: must be an http or https URL`);
  return value;
}

/** As Doorman is configured, whose settings the simulator shares on this computer. */
function statementOptions(
  webhookUrl: string, issuer: string | undefined, assistantUrl: string | undefined,
): Pick<SimulatorOptions, 'statement'> {
  if (issuer === undefined || ![assistantUrl ?? '', webhookUrl].every((url) => URL.canParse(url))) return {};
  const jwksUrl = new URL('/.well-known/jwks.json', webhookUrl).href;
  return { statement: { issuer, audience: new URL(assistantUrl!).origin, jwksUrl } };
}

/** HR's webhook is at the same Doorman. A URL that is none was found to be so before. */
function hrUrl(webhookUrl: string): string {
  return URL.canParse(webhookUrl) ? new URL('/webhooks/partners/hr', webhookUrl).href : webhookUrl;
}

function readPort(name: string, value: string, problems: string[]): number {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) problems.push(`${name}: must be a port`);
  return port;
}

function readHost(host: string, allowRemote: boolean, problems: string[]): string {
  if (!allowRemote && !isLoopback(host)) {
    problems.push('SIMULATOR_HOST: would let others read every code; SIMULATOR_ALLOW_REMOTE=true allows that');
  }
  return host;
}

/** Whether a host name or address means this computer and nobody else. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}
