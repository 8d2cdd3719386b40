// How long signing keys are published, and how long they sign (R34).
import type { Policy } from '../domain/policy';
import { defaultPolicy } from '../domain/policy';
import type { KeyTimes } from './keyRotation';

const minute = 60_000;

/** The longest that anything we sign lasts, in s: what contact centres show again. */
export const customerSecondsMax = 900;

// Whoever fetches our keys once a day knows the next one before it signs.
const leadMs = 24 * 60 * minute;
// The longest token, clocks that are wrong by 30 s, and ten minutes more.
const stayMs = customerSecondsMax * 1_000 + 30_000 + 10 * minute;

export function keyTimes({ signingKeyAgeMs: ageMs }: Pick<Policy, 'signingKeyAgeMs'> = defaultPolicy): KeyTimes {
  return { ageMs, leadMs, stayMs };
}
