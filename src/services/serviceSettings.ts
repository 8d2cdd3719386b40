// At which services employees have accounts, and how a verified employee's token is got there.
import { z } from 'zod';

const service = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be lower-case letters, digits and hyphens, 31 at most'),
});
export type Service = z.infer<typeof service>;

/** The document of `DOORMAN_SERVICES`, its files read. */
export const serviceSettings = z.strictObject({ services: z.array(service).max(100) });
export type ServiceSettings = z.infer<typeof serviceSettings>;

/** What production refuses besides. */
export function insecureServices(_settings: ServiceSettings): string[] {
  return [];
}
