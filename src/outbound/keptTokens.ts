// Tokens in memory only: asked for once, however many want one, and kept until shortly before they end.

export interface GivenToken {
  readonly token: string;
  /** How long it says that it lives, in ms. */
  readonly lifeMs: number;
}

/** `afresh`: a token was forgotten before it ended, and another is wanted. */
export type AskForToken = (afresh: boolean) => Promise<GivenToken>;

export interface KeptToken {
  token(): Promise<string>;
  /** The token was refused. The next one is asked for; `refused` spares one that was asked for since. */
  forget(refused?: string): void;
}

// A token that ends on its way is refused.
const earlyMs = 60_000;

/** One ask at a time. `lifeMaxMs`: whatever it says of its life, it is kept no longer. */
export function keepToken(ask: AskForToken, now: () => number, lifeMaxMs = Infinity): KeptToken {
  let kept: { readonly token: string; readonly until: number } | undefined;
  let asked: Promise<string> | undefined;
  let forgotten = 0;
  let afresh = false;
  const askOnce = async (generation: number): Promise<string> => {
    try {
      const askedAt = now();
      const { token, lifeMs } = await ask(afresh);
      // What was forgotten while it was asked for is not kept.
      if (generation === forgotten) {
        kept = { token, until: askedAt + Math.min(lifeMs, lifeMaxMs) - earlyMs };
        afresh = false;
      }
      return token;
    } finally {
      if (generation === forgotten) asked = undefined;
    }
  };
  return {
    token() {
      if (kept !== undefined && now() < kept.until) return Promise.resolve(kept.token);
      asked ??= askOnce(forgotten);
      return asked;
    },
    forget(refused) {
      if (refused !== undefined && refused !== kept?.token) return;
      forgotten += 1;
      afresh = true;
      kept = undefined;
      asked = undefined;
    },
  };
}

export interface TokensByKey {
  token(key: string, ask: AskForToken): Promise<string>;
  forget(key: string, refused: string): void;
  readonly size: number;
}

/** A token for each key, `entriesMax` at most: those that were not wanted for the longest time go first. */
export function keepTokens(
  { entriesMax, lifeMaxMs, now }: { entriesMax: number; lifeMaxMs: number; now: () => number },
): TokensByKey {
  // In the order in which they were last wanted.
  const kept = new Map<string, Entry>();
  return {
    token(key, ask) {
      const entry = kept.get(key) ?? createEntry(ask, now, lifeMaxMs);
      entry.ask = ask;
      kept.delete(key);
      kept.set(key, entry);
      for (const oldest of kept.keys()) {
        if (kept.size <= entriesMax) break;
        kept.delete(oldest);
      }
      return entry.token();
    },
    forget: (key, refused) => kept.get(key)?.forget(refused),
    get size() { return kept.size; },
  };
}

/** How a token is asked for is its latest asker's. */
interface Entry extends KeptToken {
  ask: AskForToken;
}

function createEntry(ask: AskForToken, now: () => number, lifeMaxMs: number): Entry {
  const way = { ask };
  return Object.assign(way, keepToken((afresh) => way.ask(afresh), now, lifeMaxMs));
}
