// What codes for other applications run on: in a web process what takes requests, in a worker what sends and judges.
import { createVerificationActivities } from '../../activities/verification';
import type { VerificationActivities } from '../../activities/verification';
import { createClientAccess } from '../clients/clientAccess';
import type { Client } from '../clients/clientSettings';
import { createRequestLimit } from '../clients/requestLimit';
import type { Config } from '../config';
import { createPool } from '../db/pool';
import type { Pool } from '../db/pool';
import { countryOf, readPhone, spellingsOf, takesSms } from '../directory/phoneNumber';
import type { Countries } from '../directory/phoneNumber';
import type { Policy } from '../domain/policy';
import type { VerificationRouterDeps } from '../http/verifications/verificationRouter';
import type { Counts } from '../inbox/sweep';
import { lookupHash } from '../keys/box';
import type { Keyring } from '../keys/keyring';
import type { Log } from '../log';
import type { Alert } from '../otp/budgets';
import { createApplicationCodes } from '../otp/carriers/smsCarrier';
import type { SendSms } from '../otp/carriers/smsSender';
import { deriveCode, sameCode } from '../otp/codes';
import type { Telemetry } from '../telemetry';
import { languages } from '../texts/render';
import type { Texts } from '../texts/render';
import { destroyOldVerifications } from '../verifications/retention';
import { createVerifications, verificationPurpose } from '../verifications/verifications';
import type { Destination, VerificationStarts, Verifications } from '../verifications/verifications';

/** A number that codes may go to: in a country of both lists, and one that takes an SMS. */
export function readDestination(
  keys: Keyring, all: Countries, number: string, ofClient: readonly string[],
): Destination | undefined {
  const countries = new Set(ofClient.filter((country) => all === undefined || all.has(country)));
  const reading = readPhone(number, { countries });
  if (!('e164' in reading) || !takesSms(reading.e164)) return undefined;
  const { e164 } = reading;
  const country = countryOf(e164, countries);
  if (country === undefined) return undefined;
  const [hash, otherHash = null] = spellingsOf(e164).map((one) => lookupHash(keys.lookup, 'destination', one));
  return { e164, country, hash: hash!, otherHash }; // the number is its own first spelling
}

export interface WiredVerificationDeps {
  readonly pool: Pool;
  readonly keyring: Keyring;
  readonly policy: Policy;
  readonly countries: Countries;
  readonly workflows: VerificationStarts;
}

/** What takes requests. */
export function createWiredVerifications(
  { pool, keyring, policy, countries, workflows }: WiredVerificationDeps,
): Verifications {
  return createVerifications({
    pool, policy, workflows,
    storageKeys: keyring.storage,
    activeCodeKeyId: keyring.code.activeId,
    readNumber: (number, ofClient) => readDestination(keyring, countries, number, ofClient),
    hash: (kind, value) => lookupHash(keyring.lookup, kind, value),
  });
}

interface WebParts {
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly database: { requireSound(): void };
  readonly workflows: VerificationStarts;
}

const verifying = (clients: readonly Client[]): readonly Client[] =>
  clients.filter(({ verifications }) => verifications !== undefined);

/** What a web process does for applications; undefined where no client may ask for codes. */
export function wireVerifications(config: Config, { log, telemetry, database, workflows }: WebParts) {
  const clients = verifying(config.clients);
  if (clients.length === 0) return undefined;
  const returning = clients.filter(({ verifications }) => verifications?.returnsCode === true);
  if (returning.length > 0) {
    log.warn('clients are given codes in answers and can pass for anybody (docs/verifications.md)', {
      count: returning.length,
    });
  }
  // Connections of its own: requests that come all at once hold up no message.
  const pool = createPool(
    config.DATABASE_URL, { application_name: 'doorman web verifications', max: 8, query_timeout: 6_000 });
  const { keyring, policy, countries } = config;
  const verifications = createWiredVerifications({ pool, keyring, policy, countries, workflows });
  const { clientOf } = createClientAccess({ pool, clients });
  const router: VerificationRouterDeps = {
    verifications,
    charge: createRequestLimit({ pool, clients, log }).charge,
    languages: languages.map(({ tag }) => tag),
    lifetimeMs: policy.codeLifetimeMs,
    clientOf: async (shown) => {
      database.requireSound();
      return clientOf(shown, 'verifications');
    },
    count: (client, outcome) => telemetry.count('verificationRequests', { client, outcome }),
  };
  return {
    deps: { verifications: router },
    sweep: async (): Promise<Counts> => ({
      verificationsTold: await verifications.tellUntold(),
      verificationsDeleted: await destroyOldVerifications(pool),
    }),
    close: () => pool.end(),
  };
}

export interface WiredVerificationActivityDeps {
  readonly pool: Pool;
  readonly keyring: Keyring;
  readonly policy: Policy;
  readonly clients: readonly Client[];
  readonly texts: Texts;
  readonly send: SendSms;
  alert(what: Alert): void;
}

/** What a worker does: in production and in tests. */
export function createWiredVerificationActivities(
  { pool, keyring, policy, clients, texts, send, alert }: WiredVerificationActivityDeps,
): VerificationActivities {
  const perDay = new Map(clients.map(({ name, verifications }) => [name, verifications?.perDay ?? 0]));
  return createVerificationActivities({
    pool, policy, sameCode, alert,
    storageKeys: keyring.storage,
    carry: createApplicationCodes({ send, texts }),
    sendsPerDayMax: (client) => perDay.get(client) ?? 0,
    deriveCode: ({ id: challengeId, keyId, digits }) =>
      deriveCode(keyring.code, { challengeId, keyId, digits, purpose: verificationPurpose }),
  });
}
