// Doorman's public keys, fetched and remembered: at most two fetches a minute whatever is asked for (A59), and through
// an outage of a day. Only what is a key of Doorman's kind is taken, under the name that is its own thumbprint.
import { calculateJwkThumbprint, importJWK } from 'jose';
import type { JWK } from 'jose';
import { thumbprint } from './reading';
import type { PublicKey } from './reading';
import { StatementRefused } from './refusal';

export interface KeySetOptions {
  readonly url: string;
  readonly fetch: typeof fetch;
  /** In ms; only differences matter. */
  readonly elapsed: () => number;
}

export interface KeySet {
  /** Throws StatementRefused: `unknownKey`, or `keysUnavailable` when there was no way to find out. */
  find(kid: string): Promise<PublicKey>;
}

const second = 1_000;
// As long as Doorman's answer may be kept. A key is published a day before it signs.
const freshMs = 300 * second;
// What is older is not believed: a key that was withdrawn would be for ever.
const staleMaxMs = 24 * 3_600 * second;
const windowMs = 60 * second;
const fetchesPerWindow = 2;
const negativeMs = 30 * second;
// As a flood of unknown names makes no fetches, it must make no memory either.
const negativesMax = 1_000;
const timeoutMs = 5 * second;
const bytesMax = 64 * 1024;
const keysMax = 50;

export function createKeySet({ url, fetch, elapsed }: KeySetOptions): KeySet {
  let keys: ReadonlyMap<string, PublicKey> | undefined;
  let fetchedAt = -Infinity;
  let fetches: number[] = [];
  let running: Promise<void> | undefined;
  const unknown = new Map<string, number>();

  const mayFetch = () => {
    fetches = fetches.filter((at) => at > elapsed() - windowMs);
    return fetches.length < fetchesPerWindow;
  };
  const fetchNow = async () => {
    fetches.push(elapsed());
    try {
      keys = await readKeys(await fetchBounded(url, fetch));
      fetchedAt = elapsed();
    } catch {
      // What is known already stays good for a while; without, every statement is refused.
    }
  };
  /** One at a time; whoever comes meanwhile waits for the same. */
  const refresh = async () => {
    if (running === undefined) {
      if (!mayFetch()) return;
      running = fetchNow().finally(() => { running = undefined; });
    }
    await running;
  };
  const isKnownToBeUnknown = (kid: string) => (unknown.get(kid) ?? -Infinity) > elapsed() - negativeMs;

  return {
    async find(kid) {
      const known = fetchedAt;
      if (elapsed() - fetchedAt > freshMs) await refresh();
      const isUsable = () => keys !== undefined && elapsed() - fetchedAt <= staleMaxMs;
      if (isUsable() && !keys!.has(kid) && !isKnownToBeUnknown(kid)) {
        // What was fetched a moment ago says it already.
        if (fetchedAt === known) await refresh();
        if (unknown.size >= negativesMax) unknown.clear();
        if (!keys!.has(kid)) unknown.set(kid, elapsed());
      }
      if (!isUsable()) throw new StatementRefused('keysUnavailable');
      const key = keys!.get(kid);
      if (key === undefined) throw new StatementRefused('unknownKey');
      return key;
    },
  };
}

/** Through no redirect: it would lead to keys of somebody else's. */
async function fetchBounded(url: string, get: typeof fetch): Promise<string> {
  const response = await get(url, {
    // A cache in between may hold a set of before a key was withdrawn.
    headers: { accept: 'application/json', 'cache-control': 'no-cache' },
    redirect: 'error', signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error('no key set');
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw new Error('no key set'); // leaving the loop cancels the rest
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Throws when there is no key in it: Doorman always has one. */
async function readKeys(json: string): Promise<Map<string, PublicKey>> {
  const { keys } = JSON.parse(json) as { keys?: unknown }; // cast: looked at below
  if (!Array.isArray(keys) || keys.length > keysMax) throw new Error('no key set');
  const found = new Map<string, PublicKey>();
  for (const jwk of keys as unknown[]) {
    const key = await readKey(jwk).catch(() => undefined);
    if (key !== undefined) found.set(...key);
  }
  if (found.size === 0) throw new Error('no keys');
  return found;
}

async function readKey(jwk: unknown): Promise<[kid: string, key: PublicKey] | undefined> {
  // cast: nothing is known of what stands there, so that every member may be anything
  const { kty, crv, x, y, kid, alg = 'ES256', use = 'sig' } = Object(jwk) as Readonly<Record<string, unknown>>;
  if (kty !== 'EC' || crv !== 'P-256' || alg !== 'ES256' || use !== 'sig') return undefined;
  const key = { kty, crv, x, y } as JWK; // cast: jose refuses what is no point of the curve
  if (typeof kid !== 'string' || !thumbprint.test(kid) || kid !== await calculateJwkThumbprint(key)) return undefined;
  return [kid, await importJWK(key, 'ES256')];
}
