// What signs statements, publishes the keys and keeps them changing.
import type { Config } from '../config';
import type { Pool } from '../db/pool';
import { tendSigningKeys } from '../statements/keyRotation';
import { createKeySet } from '../statements/published';
import { createStatements } from '../statements/statements';
import type { Statements } from '../statements/statements';
import { keyTimes } from '../statements/times';

type StatementConfig = Pick<Config, 'DOORMAN_PUBLIC_URL' | 'keyring' | 'policy'>;

export function wireStatements(
  { DOORMAN_PUBLIC_URL: issuer, keyring, policy }: StatementConfig, pool: Pool,
): { statements: Statements; keySet(): Promise<string>; tend(): Promise<void> } {
  const times = keyTimes(policy);
  const tend = () => tendSigningKeys({ pool, storageKeys: keyring.storage, times });
  return {
    tend,
    statements: createStatements({ pool, keyring, issuer, times }),
    keySet: createKeySet({ pool, tend }),
  };
}

/** For whom the assistant's statements are made. */
export function assistantAudience(
  { DOORMAN_ASSISTANT_AUDIENCE: named, assistant }: Pick<Config, 'DOORMAN_ASSISTANT_AUDIENCE' | 'assistant'>,
): string {
  // Google's assistants have no address of their own unless one is configured.
  const { url = 'https://dialogflow.googleapis.com' } = assistant;
  return named ?? assistant.audience ?? new URL(url).origin;
}
