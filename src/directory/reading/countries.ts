// The country of numbers that are written without one, as a setting has it.
import type { CountryCode } from 'libphonenumber-js/max';
import { z } from 'zod';
import { isPhoneCountry } from '../phoneNumber';

export const phoneCountry = z.string().refine(isPhoneCountry, 'must be two capital letters, like DE')
  .transform((country) => country as CountryCode); // cast: the line above
