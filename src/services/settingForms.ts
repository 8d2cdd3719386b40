// Forms of settings that several kinds of service share. No message repeats a value.
import { z } from 'zod';
import { nameForm, nameRule } from '../domain/names/names';
import { baseAddress } from '../outbound/settingForms';

/** What cannot be seen has no place in a header, a form or an assertion. */
export const line = z.string().regex(/^[^\p{Cc}\p{Zl}\p{Zp}]{1,500}$/u, 'must be one line of at most 500 characters');

/** Which of the directory's fields an account is known by. */
export const accountFields = ['employeeNumber', 'workEmail'] as const;
export type AccountField = (typeof accountFields)[number];

/** What every kind has. */
export const common = {
  name: z.string().regex(nameForm, nameRule),
  /** How long one request may take. Two of them, and the assistant's, are within a try of a relay (workflows/io.ts). */
  timeoutMs: z.number().int().min(1_000).max(15_000).default(10_000),
  /** Without TLS, for development. */
  allowInsecure: z.boolean().default(false),
};

/** How a token endpoint knows Doorman. */
export const client = {
  tokenUrl: baseAddress,
  clientId: line,
  clientSecret: line.optional(),
  secretIn: z.enum(['header', 'body'], 'must be header or body').default('header'),
};
