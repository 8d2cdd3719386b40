// What applications say and hear: the requests are read by these, and docs/openapi.json is made from them.
import { z } from 'zod';

/** `languages`: the tags that Doorman speaks. */
export function verificationSchemas(languages: readonly string[]) {
  const language = z.enum(languages).meta({ description: 'The language of the SMS.', example: 'en' });
  const number = z.string().min(1).max(64).meta({
    description: 'A mobile number with its country code. Whether a code may go there is not told.',
    example: '+4915112345678',
  });
  return {
    start: z.strictObject({ number, language }).meta({ id: 'NewVerification' }),
    started: z.object({
      id: z.uuid().meta({ description: 'Means nothing but this verification.' }),
      status: z.literal('pending'),
      expiresInSeconds: z.number().int().meta({ description: 'How long a code counts.', example: 300 }),
    }).meta({ id: 'StartedVerification' }),
    check: z.strictObject({
      code: z.string().min(1).max(32).meta({ description: 'As the person typed it.', example: '48392017' }),
    }).meta({ id: 'Check' }),
    status: z.object({
      status: z.enum(['pending', 'approved', 'over']).meta({
        description: '`approved`: the code was right. `pending`: it was not, or nobody typed one, and there are '
          + 'tries left. `over`: used before, expired or out of tries, which are not told apart.',
      }),
    }).meta({ id: 'VerificationStatus' }),
    returned: z.object({
      otp: z.string().regex(/^\d{6}$/).meta({
        description: 'The code, which whoever calls compares.', example: '048392',
      }),
    }).meta({ id: 'ReturnedCode' }),
  };
}
export type VerificationSchemas = ReturnType<typeof verificationSchemas>;
