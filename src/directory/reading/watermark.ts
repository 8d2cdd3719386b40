// What a feed that is read whole keeps of its last reading, so that the next one can tell that there is nothing new.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { PhoneRules } from '../phoneNumber';

/**
 * What a reading was made with, in short: under another mapping, or another list of countries, the same data says
 * something else, and is new.
 */
export function settingsMark(settings: unknown, { defaultCountry, countries }: PhoneRules): string {
  const listed = countries === undefined ? null : [...countries].sort();
  return createHash('sha256').update(JSON.stringify([settings, defaultCountry ?? null, listed])).digest('base64url')
    .slice(0, 22);
}

/** A watermark as it was written; undefined for none, and for one of another kind of feed or of a former version. */
export function readWatermark<T>(schema: z.ZodType<T>, since: string | undefined): T | undefined {
  if (since === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(since)).data;
  } catch {
    return undefined;
  }
}
