// Whether something that is thrown or kept could show what nobody may see.
import { inspect } from 'node:util';
import { Fault } from '../../src/domain/faults';
import type { FaultKind } from '../../src/domain/faults';

/** Everything that a log, a history or a debugger could print of a value. */
export function printed(value: unknown): string {
  const deep = inspect(value, { depth: null, showHidden: true, getters: true, maxStringLength: null, maxArrayLength: null });
  const { stack = '', message = '' } = value instanceof Error ? value : {};
  return [deep, stack, message, String(value), JSON.stringify(value) ?? ''].join('\n');
}

/** The secrets that a value would show, as they are and as they travel. */
export function leaks(value: unknown, secrets: readonly string[]): string[] {
  const text = printed(value);
  const forms = (secret: string) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, '')];
  return secrets.filter((secret) => forms(secret).some((form) => text.includes(form)));
}

/** The fault that an action ends with, once it is sure that it is of this kind and keeps every secret. */
export async function faultOf(action: Promise<unknown>, kind: FaultKind, secrets: readonly string[]): Promise<Fault> {
  const fault = await action.then((value: unknown) => value, (error: unknown) => error);
  expect(fault).toBeInstanceOf(Fault);
  expect(fault).toMatchObject({ kind });
  expect(leaks(fault, secrets)).toEqual([]);
  expect((fault as Fault).cause).toBeUndefined();
  return fault as Fault;
}
