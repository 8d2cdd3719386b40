// The routes of codes for applications, in an app of which nothing else is asked.
import type { Client } from '../../../src/clients/clientSettings';
import { createApp } from '../../../src/http/app';
import type { AppDeps } from '../../../src/http/app';
import type { VerificationRouterDeps } from '../../../src/http/verifications/verificationRouter';
import { languages } from '../../../src/texts/render';

export const old: Client = { name: 'old', requestsPerMinute: 300, verifications: { countries: ['DE'], perDay: 10, returnsCode: true } };
export const id = '3b0c1f0e-7a55-4a3c-9d2a-0c6b0a2d9f11';

const unused = () => { throw new Error('not of this test'); };

export function verificationApp(
  deps: Pick<VerificationRouterDeps, 'clientOf' | 'charge' | 'count' | 'verifications'>,
  warn: (...said: unknown[]) => unknown = () => undefined,
) {
  const log = { debug: () => undefined, info: () => undefined, warn, error: () => undefined };
  // cast: the other routes are not asked
  return createApp({
    log, verifications: { ...deps, languages: languages.map(({ tag }) => tag), lifetimeMs: 300_000 },
    disputes: { language: 'en', readToken: unused, dispute: unused }, pushes: { read: unused, take: unused },
    twilio: { publicUrl: 'https://doorman.example.com', authTokens: ['a'.repeat(32)], accountSid: 'AC', recipient: 'x' },
  } as unknown as AppDeps);
}
