// Reads how long a dependency asks to wait (RFC 9110, §10.2.3).

// A longer wait is no wait: nobody who writes in a chat is still there. Also keeps a nonsensical number out of timers.
const waitMaxMs = 60 * 60 * 1_000;

/**
 * Milliseconds from `now` that a Retry-After header asks for, at most an hour; undefined for none or an unreadable one.
 */
export function retryAfterMs(header: unknown, now: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  const text = header.trim();
  // Date.parse reads far more than HTTP dates, "-1" for one.
  const ms = /^\d{1,10}$/.test(text) ? Number(text) * 1_000
    : /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) - now
      : NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), waitMaxMs);
}
