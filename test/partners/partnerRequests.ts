// Partners of tests, and requests as they make and sign them, by code that shares nothing with ours.
import { createHmac } from 'node:crypto';
import { partnerSettings } from '../../src/partners/partnerSettings';
import type { Partner } from '../../src/partners/partnerSettings';

export const secretOf = (name: string): string =>
  `whsec_${createHmac('sha256', 'keys of tests').update(name).digest('base64')}`;

export const keyOf = (name: string): Buffer => Buffer.from(secretOf(name).slice('whsec_'.length), 'base64');

/** Headers in pairs, so that one may stand twice. */
export interface SignedRequest {
  readonly partner: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export const personMapping = {
  kind: { at: '/type', values: { hired: 'hire', updated: 'change', left: 'leave', rehired: 'rehire', payroll: 'ignore' } },
  externalId: '/worker/key', version: { at: '/version', as: 'integer' }, employeeNumber: '/worker/number',
  givenName: '/worker/given', familyName: '/worker/family', email: '/worker/mail', mobile: '/worker/phones/0/value',
  language: '/worker/language', department: '/worker/unit~1id',
};

/** How each partner of tests signs. */
export const signatures = {
  /** The body, in base64. */
  plain: { header: 'X-Signature', encoding: 'base64' },
  /** As GitHub does. */
  hub: { header: 'X-Hub-Signature-256', encoding: 'hexLower', prefix: 'sha256=' },
  /** Standard Webhooks. */
  standard: {
    header: 'webhook-signature', encoding: 'base64', prefix: 'v1,', several: true, content: 'id.timestamp.body',
    timestampHeader: 'webhook-timestamp', idHeader: 'webhook-id',
  },
  timed: {
    header: 'X-Signature', encoding: 'hexUpper', content: 'timestamp.body', timestampHeader: 'X-Timestamp',
  },
  sha1: { header: 'X-Signature', encoding: 'base64', legacySha1: { until: '2026-12-31' } },
} as const;
export type Manner = keyof typeof signatures;

const common = (name: string) => ({ name, secretForm: 'base64', secret: secretOf(name) });

export const directoryPartner = (name: string, manner: Manner, changes: object = {}): object => ({
  ...common(name), signature: signatures[manner], deliver: 'directory', country: 'GB', mapping: personMapping, ...changes });

export const forwardPartner = (name: string, manner: Manner, url: string, changes: object = {}, forward: object = {}): object => ({
  ...common(name), signature: signatures[manner], deliver: 'forward', mapping: { id: '/id', subject: '/who' },
  forward: { url, auth: { kind: 'basic', user: 'doorman', password: 'basic-canary' }, allowInsecure: true, ...forward },
  ...changes,
});

export const partnersOf = (...partners: readonly object[]): readonly Partner[] => partnerSettings.parse({ partners }).partners;

/** A request as a partner of this manner signs it. */
export function signed(
  partner: string, manner: Manner, body: Buffer | string, { key = keyOf(partner), id = 'event-1', at = new Date() } = {},
): SignedRequest {
  const bytes = Buffer.from(body);
  const time = String(Math.floor(at.getTime() / 1_000));
  const mac = (start: string, algorithm = 'sha256') => createHmac(algorithm, key).update(Buffer.concat([Buffer.from(start), bytes]));
  const headers: Record<Manner, SignedRequest['headers']> = {
    plain: [['X-Signature', mac('').digest('base64')]],
    hub: [['X-Hub-Signature-256', `sha256=${mac('').digest('hex')}`]],
    standard: [
      ['webhook-id', id], ['webhook-timestamp', time],
      ['webhook-signature', `v1,${mac(`${id}.${time}.`).digest('base64')}`]],
    timed: [['X-Timestamp', time], ['X-Signature', mac(`${time}.`).digest('hex').toUpperCase()]],
    sha1: [['X-Signature', mac('', 'sha1').digest('base64')]],
  };
  return { partner, headers: headers[manner], body: bytes };
}

/** Every value of each header, as the server reads them. */
export function headersOf({ headers }: SignedRequest): Record<string, string[]> {
  const read: Record<string, string[]> = {};
  for (const [name, value] of headers) (read[name.toLowerCase()] ??= []).push(value);
  return read;
}

/** A person as this partner's documents have them. */
export const worker = (changes: object = {}): object => ({
  key: 'W-1', number: 'E1001', given: 'Anna', family: 'Example', mail: 'anna@acme.example',
  phones: [{ value: '020 7946 0018' }], language: 'en', 'unit/id': 'D1', ...changes,
});

export const personEvent = (type: string, version: number | string, changes: object = {}): string =>
  JSON.stringify({ type, version, worker: worker(changes) });
