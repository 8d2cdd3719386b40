// A service's settings in, how its tokens are got out.
import type { ActAsProvider } from './actAsProvider';
import { createCustomerAuthenticate } from './customerAuthenticate';
import { createGrantProvider } from './grants';
import type { ProviderOptions } from './providerOptions';
import type { Service } from './serviceSettings';
import { createTwoEndpoints } from './twoEndpoints';

export function createProvider(service: Service, options: ProviderOptions): ActAsProvider {
  switch (service.kind) {
    case 'twoEndpoints': return createTwoEndpoints(service, options);
    case 'customerAuthenticate': return createCustomerAuthenticate(service, options);
    default: return createGrantProvider(service, options);
  }
}
