// Services that employees have accounts at, as configured: which one the assistant is asked with, which one proves.
import { Misconfiguration } from '../config';
import type { Config } from '../config';
import type { Pool, Queryable } from '../db/pool';
import { findHolder } from '../directory/holders';
import { createEgress } from '../outbound/egress';
import type { ActAsProvider, Holder } from '../services/actAsProvider';
import { createProvider } from '../services/createProvider';
import { createOnBehalf } from '../services/onBehalf';
import type { OnBehalf } from '../services/onBehalf';
import type { Assert } from '../services/providerOptions';
import { createStatements } from '../statements/statements';

type ServiceConfig = Pick<Config, 'services' | 'policy' | 'keyring' | 'DOORMAN_PUBLIC_URL' | 'privateHosts' | 'production'>
  & { readonly assistant?: { readonly onBehalf?: string | undefined } };

export interface WiredServices {
  readonly onBehalf?: OnBehalf;
}

/** Throws a Misconfiguration when a service is named that there is not. */
export function wireServices(config: ServiceConfig, pool: Pool, fetch = createEgress(config)): WiredServices {
  const { assistant, policy } = config;
  const assert = createAssert(config, pool);
  const providerOf = (name: string, setting: string): ActAsProvider => {
    const service = config.services.find((one) => one.name === name);
    if (service === undefined) throw new Misconfiguration([`${setting}: names a service that DOORMAN_SERVICES has not`]);
    return createProvider(service, { assert, fetch });
  };
  const holderOf = (db: Queryable) => (employeeId: string) => accountHolder(db, employeeId, policy.contactHoldMs);
  if (assistant?.onBehalf === undefined) return {};
  const provider = providerOf(assistant.onBehalf, 'DOORMAN_ASSISTANT, onBehalf');
  return { onBehalf: createOnBehalf({ provider, findHolder: holderOf(pool) }) };
}

async function accountHolder(db: Queryable, employeeId: string, holdMs: number): Promise<Holder | undefined> {
  const found = await findHolder(db, employeeId, holdMs);
  return found === undefined ? undefined : { ...found, workEmail: found.workEmail ?? undefined };
}

function createAssert({ keyring, DOORMAN_PUBLIC_URL: issuer }: ServiceConfig, pool: Pool): Assert {
  const statements = createStatements({ pool, keyring, issuer });
  return ({ employeeId, returnedAt, proof }, to) => {
    if (proof === undefined) return Promise.reject(new Error('nothing was proved that could be asserted'));
    return statements.assertion({ ...proof, employeeId, returnedAt }, to);
  };
}
