// SAML assertions of who speaks (RFC 7522), signed with a key of the installation's, each for one request.
import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { Saml20 } from 'saml';
import { z } from 'zod';
import { line } from './settingForms';

const pem = (isOne: (text: string) => unknown, what: string) => z.string().refine((text) => {
  try {
    isOne(text);
    return true;
  } catch {
    return false;
  }
}, { message: `must be ${what} as PEM`, abort: true });

export const samlFields = {
  issuer: line,
  /** Whom the assertion is for; its recipient is the token endpoint. */
  audience: line,
  /** The certificate is the one that is registered there, the key is its own. */
  privateKey: pem((text) => createPrivateKey(text), 'a private key'),
  certificate: pem((text) => new X509Certificate(text), 'a certificate'),
};

/** Whether both are of one pair, and of a kind that assertions are signed with. */
export function isSigningPair({ privateKey, certificate }: { privateKey: string; certificate: string }): boolean {
  const key = createPrivateKey(privateKey);
  return key.asymmetricKeyType === 'rsa' && new X509Certificate(certificate).checkPrivateKey(key);
}

export interface SamlSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly privateKey: string;
  readonly certificate: string;
  readonly tokenUrl: string;
}

const assertionSeconds = 120;

export function createSamlSigner(settings: SamlSettings): (nameId: string) => string {
  // Written anew, in the only form that the library is sure to read.
  const key = createPrivateKey(settings.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  const cert = new X509Certificate(settings.certificate).toString();
  return (nameId) => {
    const assertion = Saml20.create({
      key, cert,
      // The library's own are of a weak source of chance.
      uid: randomUUID(),
      issuer: settings.issuer,
      audiences: settings.audience,
      recipient: settings.tokenUrl,
      nameIdentifier: nameId,
      lifetimeInSeconds: assertionSeconds,
      signatureAlgorithm: 'rsa-sha256',
      digestAlgorithm: 'sha256',
    });
    if (assertion === undefined) throw new Error('the assertion cannot be signed with this key');
    return assertion;
  };
}
