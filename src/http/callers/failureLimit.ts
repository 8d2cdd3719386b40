// How often one address may show wrong credentials before what it shows is looked up one at a time (R46). In this
// process alone: what it saves are look-ups, for secrets of 256 bits are not guessed.
import { createHash } from 'node:crypto';

// A caller whose secret was changed tries some dozens of requests a minute.
const failuresMax = 30;
export const failureWindowMs = 60_000;
// Beyond it all are forgotten: who has that many addresses is not held up by any of them.
const addressesMax = 10_000;
const rightMax = 1_000;

const fingerprint = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

export type FailureLimit = ReturnType<typeof createFailureLimit>;

export function createFailureLimit() {
  const failures = new Map<string, { count: number; until: number }>();
  const right = new Set<string>();
  let isLookingUp = false;
  const recent = (address: string) => {
    const known = failures.get(address);
    return known !== undefined && known.until > performance.now() ? known : undefined;
  };
  const isReached = (address: string): boolean => (recent(address)?.count ?? 0) > failuresMax;
  return {
    isReached,
    /**
     * Looks up what is shown. Behind a load balancer everybody has one address, and nobody may lock a caller out:
     * beyond the limit secrets are looked up one at a time, and one that was right before in any case, however long
     * ago. `busy`: another one is looked up.
     */
    async lookUp<T>(address: string, secret: string, find: () => Promise<T>): Promise<T | 'busy'> {
      const takesTurns = isReached(address) && !right.has(fingerprint(secret));
      if (!takesTurns) return find();
      if (isLookingUp) return 'busy';
      isLookingUp = true;
      return find().finally(() => { isLookingUp = false; });
    },
    noteFailure(address: string): void {
      const known = recent(address);
      if (known !== undefined) known.count += 1;
      else {
        if (failures.size >= addressesMax) failures.clear();
        failures.set(address, { count: 1, until: performance.now() + failureWindowMs });
      }
    },
    noteRight(secret: string): void {
      if (right.size >= rightMax) right.clear();
      right.add(fingerprint(secret));
    },
  };
}
