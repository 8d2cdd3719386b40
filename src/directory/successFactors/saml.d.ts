// What is used of a package that has no types.
declare module 'saml' {
  export const Saml20: {
    /** The signed assertion. Swallows what goes wrong when signing, and returns nothing then. */
    create(options: {
      readonly key: string;
      readonly cert: string;
      readonly uid: string;
      readonly issuer: string;
      readonly audiences: string;
      readonly recipient: string;
      readonly nameIdentifier: string;
      readonly attributes?: Readonly<Record<string, string>>;
      readonly lifetimeInSeconds: number;
      readonly signatureAlgorithm: 'rsa-sha256';
      readonly digestAlgorithm: 'sha256';
    }): string | undefined;
  };
}
