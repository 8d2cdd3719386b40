// At which services employees have accounts, and how a verified employee's token is got there.
import { z } from 'zod';
import { tryingOut } from '../outbound/tryingOut';
import { customerAuthenticate } from './customerAuthenticate';
import { jwtBearer, samlBearer, tokenExchange } from './grants';
import { twoEndpoints } from './twoEndpoints';

const service = z.discriminatedUnion('kind', [
  twoEndpoints, customerAuthenticate, tokenExchange, jwtBearer, samlBearer]);
export type Service = z.infer<typeof service>;

/** The document of `DOORMAN_SERVICES`, its files read. */
export const serviceSettings = z.strictObject({ services: z.array(service).max(100) })
  .superRefine(({ services }, context) => {
    const names = services.map(({ name }) => name);
    names.forEach((name, index) => {
      if (names.indexOf(name) === index) return;
      context.addIssue({ code: 'custom', path: ['services', index, 'name'], message: 'stands there twice' });
    });
  });
export type ServiceSettings = z.infer<typeof serviceSettings>;

/** What production refuses besides. */
export function insecureServices({ services }: ServiceSettings): string[] {
  return services.flatMap((service) => [service, ...service.kind === 'twoEndpoints' ? [service.auth] : []]
    .flatMap(tryingOut).map((sentence) => `service ${service.name}: ${sentence}`));
}
