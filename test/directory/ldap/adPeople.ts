// People as Active Directory keeps them, and domain controllers as they speak of themselves.
import type { WrittenPerson } from '../../ports/directoryFeed.suite';
import { service } from './slapd';
import type { Attributes } from './slapd';

/** A GUID of letters only, so that no number of a test is found in it. */
export function guidBytes(n: number): Buffer {
  const letters = n.toString(6).padStart(32, '0').replace(/\d/g, (digit) => 'abcdef'[Number(digit)]!);
  return Buffer.from(letters, 'hex');
}

export const enabled = '512';
export const disabled = '514';

/** What the suite's people are in a directory; an attribute without a value is not there. */
export function adPerson(person: WrittenPerson, n: number): Attributes {
  const { id, givenName, familyName, email, mobile, language, active } = person;
  const attributes = {
    employeeID: id, givenName, sn: familyName, mail: email, mobile, preferredLanguage: language,
    userAccountControl: active ? enabled : disabled, objectGUID: guidBytes(n), uSNChanged: String(1_000 + n),
  };
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value.length > 0));
}

/** People with nothing special about them. */
export function crowd(size: number): Record<string, Attributes> {
  return Object.fromEntries(Array.from({ length: size }, (_, n) => [`Person ${n}`, adPerson({
    id: String(200_000 + n), givenName: 'Person', familyName: `Number ${n}`, email: `p${n}@acme.example`,
    mobile: `+4915228${String(800_000 + n)}`, language: 'de', active: true,
  }, n)]));
}

/** LDAP_CAP_ACTIVE_DIRECTORY_OID */
export const activeDirectory = '1.2.840.113556.1.4.800';

export const controllers = {
  first: { dnsHostName: 'dc1.acme.example', invocation: guidBytes(900_001) },
  second: { dnsHostName: 'dc2.acme.example', invocation: guidBytes(900_002) },
};

export function controllerRoot({ dnsHostName }: { dnsHostName: string }, usn: number): Attributes {
  return {
    dnsHostName, dsServiceName: service, highestCommittedUSN: String(usn), supportedCapabilities: activeDirectory };
}

/** Where a domain controller keeps its invocationId. */
export function controllerEntry({ invocation }: { invocation: Buffer }): Record<string, Attributes> {
  return {
    [service]: { objectClass: ['organizationalRole', 'doormanAccount'], cn: 'NTDS Settings', invocationId: invocation },
  };
}
