// What counts as an address that mail may go to.
import { canonicalIdentifier, isEmailIdentifier } from '../domain/identifiers';

/** Whether mail goes to exactly one mailbox by this, whoever reads it (A41). */
export function isMailAddress(text: string): boolean {
  return isEmailIdentifier(text) && canonicalIdentifier(text) === text;
}
