// What the set-up of a Jest project hands over in the environment.

/** Throws when the set-up did not run: the name of a test file says which one does. */
export function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: jest.config.cjs says how such tests are named`);
  return value;
}
