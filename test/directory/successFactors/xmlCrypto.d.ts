// What tests use of the package that `saml` signs with, and that has no types.
declare module 'xml-crypto' {
  export class SignedXml {
    keyInfoProvider: { getKey(): string; getKeyInfo(): string };
    readonly references: readonly { readonly uri: string; readonly digestAlgorithm: string }[];
    readonly signatureAlgorithm: string;
    loadSignature(signature: string): void;
    checkSignature(xml: string): boolean;
  }
}
