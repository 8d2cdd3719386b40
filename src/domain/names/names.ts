// By what sources, partners, clients and services are known in settings, commands, records, metrics and workflow ids:
// one rule, so that a name moves from one to another. Nothing of a person.

/** As a part of an expression. */
export const namePattern = '[a-z][a-z0-9-]{0,31}';
export const nameForm = new RegExp(`^${namePattern}$`);
export const nameRule = 'must be 1 to 32 lower-case letters, digits and hyphens, a letter first';

/** Of those who call, too: logs and metrics show no number of four digits, and `unknown` is whoever is not named. */
export const callerNameRule = `${nameRule}, without four digits in a row, and not "unknown"`;

export function isCallerName(name: string): boolean {
  return nameForm.test(name) && !/\d{4}/.test(name) && name !== 'unknown';
}
