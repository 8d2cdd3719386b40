// Services that employees have accounts at, as configured: which one the assistant is asked with, which one proves.
import { Misconfiguration } from '../config';
import type { Config } from '../config';
import type { Pool, Queryable } from '../db/pool';
import { findHolder } from '../directory/accounts/holders';
import { createEgress } from '../outbound/egress';
import type { ActAsProvider, Holder } from '../services/actAsProvider';
import { createProvider } from '../services/createProvider';
import { createAccountCheck, createOnBehalf } from '../services/onBehalf';
import type { OnBehalf } from '../services/onBehalf';
import type { Assert } from '../services/providerOptions';
import { createStatements } from '../statements/statements';
import { keyTimes } from '../statements/times';
import type { Telemetry } from '../telemetry';

type ServiceConfig = Pick<Config,
  'services' | 'DOORMAN_IDENTIFY_ACCOUNT' | 'policy' | 'keyring' | 'DOORMAN_PUBLIC_URL' | 'privateHosts'>
  & { readonly assistant?: { readonly onBehalf?: string | undefined } };

export interface WiredServices {
  readonly onBehalf?: OnBehalf;
  readonly hasAccount?: (employeeId: string) => Promise<boolean>;
}

/** Throws a Misconfiguration when a service is named that there is not. */
export function wireServices(config: ServiceConfig, pool: Pool, telemetry: Pick<Telemetry, 'count'>): WiredServices {
  const { assistant, policy, DOORMAN_IDENTIFY_ACCOUNT: account } = config;
  const [assert, fetch] = [createAssert(config, pool), createEgress(config)];
  const providerOf = (name: string, setting: string): ActAsProvider => {
    const service = config.services.find((one) => one.name === name);
    if (service === undefined) {
      throw new Misconfiguration([`${setting}: names a service that DOORMAN_SERVICES has not`]);
    }
    return createProvider(service, { assert, fetch });
  };
  const count = (outcome: string) => telemetry.count('serviceTokens', { outcome });
  const find = (employeeId: string) => accountHolder(pool, employeeId, policy.contactHoldMs);
  const { onBehalf } = assistant ?? {};
  const acting = onBehalf === undefined ? undefined : providerOf(onBehalf, 'DOORMAN_ASSISTANT, onBehalf');
  const proving = account === undefined ? undefined : providerOf(account, 'DOORMAN_IDENTIFY_ACCOUNT');
  return {
    ...acting && { onBehalf: createOnBehalf({ provider: acting, findHolder: find, count }) },
    ...proving && { hasAccount: createAccountCheck(proving, find) },
  };
}

async function accountHolder(db: Queryable, employeeId: string, holdMs: number): Promise<Holder | undefined> {
  const found = await findHolder(db, employeeId, holdMs);
  return found === undefined ? undefined : { ...found, workEmail: found.workEmail ?? undefined };
}

function createAssert({ keyring, policy, DOORMAN_PUBLIC_URL: issuer }: ServiceConfig, pool: Pool): Assert {
  const statements = createStatements({ pool, keyring, issuer, times: keyTimes(policy) });
  return ({ employeeId, returnedAt, proof }, to) => {
    if (proof === undefined) return Promise.reject(new Error('nothing was proved that could be asserted'));
    return statements.assertion({ ...proof, employeeId, returnedAt }, to);
  };
}
