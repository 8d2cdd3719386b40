// By which name an audience knows an employee: opaque, and another one for each audience.
import { createHmac } from 'node:crypto';
import type { PurposeKeys } from '../keys/keyring';

export interface SubjectOf {
  readonly employeeId: string;
  /** When they came back after having left; null when they never did. A leave of absence is no return. */
  readonly returnedAt: Date | null;
}

/**
 * A keyed hash of audience, employee and return, written as a UUID (R38): without the key nobody tells whether two
 * audiences speak of the same person, nor whether somebody who was hired anew is who they were. As long as the subject
 * key stays the same.
 */
export function subjectOf(keys: PurposeKeys, audience: string, { employeeId, returnedAt }: SubjectOf): string {
  const said = JSON.stringify(['subject', audience, employeeId, returnedAt?.toISOString() ?? null]);
  const bytes = createHmac('sha256', keys.key(keys.activeId)).update(said).digest().subarray(0, 16);
  // RFC 9562 version 8: a UUID of one's own making.
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
