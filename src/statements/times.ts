// How long signing keys last.
import { defaultPolicy } from '../domain/policy';
import type { KeyTimes } from './signingKeys';

const minute = 60_000;

/** Of the longest token (customers', 15 min), of clocks (30 s), and what R34 adds. */
const stayMs = 15 * minute + 30_000 + 10 * minute;
/** A day: whoever fetches our keys once in a while knows the next one before it signs (R34). */
const leadMs = 24 * 60 * minute;

export const keyTimes: KeyTimes = { ageMs: defaultPolicy.signingKeyAgeMs, leadMs, stayMs };
