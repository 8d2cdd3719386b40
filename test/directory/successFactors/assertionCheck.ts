// What SuccessFactors looks at in an assertion, and how it complains: in sentences that repeat values.
import { SignedXml } from 'xml-crypto';

export interface Expected {
  readonly certificate: string;
  readonly audience: string;
  readonly issuer: string;
  readonly recipient: string;
  readonly apiKey: string;
  readonly user: string;
  readonly now: number;
}

/** Undefined when all is right. */
export function complaintAbout(assertion: string, expected: Expected): string | undefined {
  if (!isSigned(assertion, expected.certificate)) return `Invalid signature in the assertion of ${expected.user}`;
  const read = fieldsOf(assertion);
  if (read.issuer !== expected.issuer) return `Unknown issuer ${read.issuer}`;
  if (read.audience !== expected.audience) return `Unable to validate the audience ${read.audience}`;
  if (read.recipient !== expected.recipient) return `Unexpected recipient ${read.recipient}`;
  if (read.apiKey !== expected.apiKey) return `Unknown client ${read.apiKey}`;
  if (read.nameId !== expected.user) return `Unable to find the user ${read.nameId}`;
  if (!(read.notBefore <= expected.now && expected.now < read.notOnOrAfter && expected.now < read.confirmedUntil)) {
    return 'The assertion is expired or not yet valid';
  }
  return undefined;
}

function isSigned(assertion: string, certificate: string): boolean {
  const [signature] = /<Signature .*<\/Signature>/s.exec(assertion) ?? [];
  const id = attribute(assertion, 'saml:Assertion', 'ID');
  if (signature === undefined || assertion.split('<saml:Assertion ').length !== 2) return false;
  const signed = new SignedXml();
  signed.keyInfoProvider = { getKey: () => certificate, getKeyInfo: () => '' };
  signed.loadSignature(signature);
  const [reference, ...others] = signed.references;
  return signed.checkSignature(assertion) && others.length === 0 && reference!.uri === `#${id}`
    && signed.signatureAlgorithm.endsWith('#rsa-sha256') && reference!.digestAlgorithm.endsWith('#sha256');
}

export function fieldsOf(assertion: string) {
  return {
    id: attribute(assertion, 'saml:Assertion', 'ID'),
    issuer: content(assertion, '<saml:Issuer>'),
    audience: content(assertion, '<saml:Audience>'),
    recipient: attribute(assertion, 'saml:SubjectConfirmationData', 'Recipient'),
    nameId: content(assertion, '<saml:NameID [^>]*>'),
    apiKey: content(assertion, '<saml:Attribute Name="api_key"[^>]*><saml:AttributeValue [^>]*>'),
    useUsername: content(assertion, '<saml:Attribute Name="use_username"[^>]*><saml:AttributeValue [^>]*>'),
    notBefore: Date.parse(attribute(assertion, 'saml:Conditions', 'NotBefore')),
    notOnOrAfter: Date.parse(attribute(assertion, 'saml:Conditions', 'NotOnOrAfter')),
    confirmedUntil: Date.parse(attribute(assertion, 'saml:SubjectConfirmationData', 'NotOnOrAfter')),
  };
}

const attribute = (xml: string, element: string, name: string): string =>
  plain(new RegExp(`<${element} [^>]*\\b${name}="([^"]*)"`).exec(xml)?.[1]);
const content = (xml: string, opening: string): string => plain(new RegExp(`${opening}([^<]*)<`).exec(xml)?.[1]);

const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' };
const plain = (text = ''): string => text.replace(/&(lt|gt|quot|amp);/g, (entity) => entities[entity]!);
