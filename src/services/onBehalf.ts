// A request in an employee's own name: with the service's token for them, asked for here and kept from everything that
// is written down.
import { Fault, speakerRefused } from '../domain/faults';
import { faultOfThrown } from '../outbound/httpFaults';
import type { ActAsProvider, Holder, Proof } from './actAsProvider';

export interface Speaking extends Proof {
  readonly employeeId: string;
}

/**
 * Runs one request; `authorization` is undefined for somebody who has no account there. Where it is not taken
 * (`speakerRefused`) it is replaced once, and refused for good after that. Throws what the request throws, and a Fault
 * of the service.
 */
export type OnBehalf = <Answer>(
  speaking: Speaking, request: (authorization: string | undefined) => Promise<Answer>,
) => Promise<Answer>;

export interface OnBehalfDeps {
  readonly provider: ActAsProvider;
  findHolder(employeeId: string): Promise<Omit<Holder, 'proof'> | undefined>;
  /** Told of every request what came of asking for its token. */
  count?(outcome: 'given' | 'noAccount' | 'failed'): void;
}

/** Where no service is configured. */
export const inNobodysName: OnBehalf = (_, request) => request(undefined);

export function createOnBehalf({ provider, findHolder, count }: OnBehalfDeps): OnBehalf {
  const ask = async (holder: Holder, reason: string): Promise<string | undefined> => {
    const authorization = await asFault(provider.authorization(holder, reason)).catch((error: unknown) => {
      count?.('failed');
      throw error;
    });
    count?.(authorization === undefined ? 'noAccount' : 'given');
    return authorization;
  };
  return async ({ employeeId, ...proof }, request) => {
    const found = await findHolder(employeeId);
    // Left at this moment: their session is over, and so is what they could do elsewhere.
    if (found === undefined) return request(undefined);
    const holder = { ...found, proof };
    const reason = `doorman session ${proof.sessionId}`;
    const authorization = await ask(holder, reason);
    try {
      return await request(authorization);
    } catch (error) {
      if (authorization === undefined || !isNotTaken(error)) throw error;
    }
    provider.refused(holder, authorization);
    // The first may have been tried for long.
    const still = await findHolder(employeeId);
    const another = still && await ask({ ...still, proof }, reason);
    try {
      return await request(another);
    } catch (error) {
      // A third would be refused, too, and so on for as long as the request is tried.
      if (isNotTaken(error)) throw new Fault('refused', 'service', 'authorization');
      throw error;
    }
  };
}

/** Whether an active employee has an account at a service. Throws a Fault while it cannot say so. */
export function createAccountCheck(
  { exists }: ActAsProvider, findHolder: OnBehalfDeps['findHolder'],
): (employeeId: string) => Promise<boolean> {
  // The settings name a service that can be asked.
  if (exists === undefined) throw new Error('this kind of service cannot say whether there is an account');
  return async (employeeId) => {
    const holder = await findHolder(employeeId);
    return holder !== undefined && asFault(exists(holder));
  };
}

const isNotTaken = (error: unknown): boolean => error instanceof Fault && error.code === speakerRefused;

/** As whoever runs within an activity throws it. */
export async function asFault<Value>(asked: Promise<Value>): Promise<Value> {
  try {
    return await asked;
  } catch (error) {
    throw faultOfThrown('service', error);
  }
}
