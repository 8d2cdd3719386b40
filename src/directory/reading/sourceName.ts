// The name of a source, whichever way its people come: one rule, so that a name moves from one way to another.
import { z } from 'zod';

export const sourceNameRule = '1 to 32 small letters, digits and hyphens, a letter first';

/** Part of each employee's key, of a workflow's id and of metrics: nothing of a person. */
export const sourceName = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, `must be ${sourceNameRule}`);
