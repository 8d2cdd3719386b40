// Forms of settings that several sources share.
import { z } from 'zod';

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration such as `30s`, `15m`, `24h` or `7d`, in milliseconds; from ten seconds to a month. */
export const duration = z.string().regex(/^[1-9]\d{0,4}[smhd]$/, 'must be a duration such as 30s, 15m, 24h or 7d')
  .transform((text) => Number(text.slice(0, -1)) * units[text.at(-1) as keyof typeof units]) // cast: the form says so
  .refine((ms) => ms >= 10_000 && ms <= 31 * units.d, 'must be from 10s to 31d');
