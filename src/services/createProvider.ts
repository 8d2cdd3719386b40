// A service's settings in, how its tokens are got out.
import type { ActAsProvider } from './actAsProvider';
import { createGrantProvider } from './grants';
import type { ProviderOptions } from './providerOptions';
import type { Service } from './serviceSettings';
import { createTwoEndpoints } from './twoEndpoints';

export function createProvider(service: Service, options: ProviderOptions): ActAsProvider {
  return service.kind === 'twoEndpoints' ? createTwoEndpoints(service, options) : createGrantProvider(service, options);
}
