// The schema of SCIM users as this service has it, by SCIMMY: the core user and the enterprise extension, without all
// that is never stored (R46). And what is asked about it: /Schemas, /ResourceTypes, /ServiceProviderConfig.
import SCIMMY from 'scimmy';

export const scimPath = '/scim/v2';
/** R46. */
export const pageMax = 200;
export const coreUrn = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const enterpriseUrn = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** Of the core user, known and not taken: dropped wherever they stand, and in no schema that is shown. */
export const droppedAttributes = [
  'nickName', 'profileUrl', 'title', 'userType', 'timezone', 'password', 'ims', 'photos', 'addresses', 'groups',
  'entitlements', 'roles', 'x509Certificates', 'name.middleName', 'name.honorificPrefix', 'name.honorificSuffix',
  'emails.display', 'phoneNumbers.display',
] as const;

/** And of the extension. */
export const droppedOfEnterprise = [
  'costCenter', 'organization', 'division', 'manager.$ref', 'manager.displayName',
] as const;

const { User, EnterpriseUser } = SCIMMY.Schemas;

// SCIMMY has one schema a process: it is made ours once, here.
for (const name of droppedAttributes) User.definition.truncate(name);
for (const name of droppedOfEnterprise) EnterpriseUser.definition.truncate(name);
// Providers have types of their own; RFC 7643 names only the usual ones.
for (const list of ['emails', 'phoneNumbers']) {
  // cast: it is an attribute, no extension
  const { config } = User.definition.attribute(`${list}.type`) as { config: { canonicalValues: unknown } };
  config.canonicalValues = false;
}
User.definition.extend(EnterpriseUser.definition, false);

export const UserSchema = User;

/** Names of the schema, for whoever is told what is wrong. */
export const attributeNames: ReadonlySet<string> = new Set([
  'schemas', 'id', 'meta', 'userName', 'externalId', 'displayName', 'name', 'formatted', 'givenName', 'familyName',
  'preferredLanguage', 'locale', 'active', 'emails', 'phoneNumbers', 'value', 'type', 'primary', 'employeeNumber',
  'department', 'manager',
]);

const ofMeta = ['created', 'lastModified', 'location', 'resourceType', 'version'];
const knownParts = new Set([...attributeNames, ...ofMeta].map((name) => name.toLowerCase()));

/** Without the core schema, whose attributes need no mention of it. */
export const bareName = (path: string): string => path.replace(coreMention, '');
const coreMention = new RegExp(`^${coreUrn}:`, 'i');

const byLowerCase = new Map([...attributeNames].map((name) => [name.toLowerCase(), name]));

/** The path in the letters of the schema: SCIM does not tell case apart, SCIMMY does when it follows a path. */
export function inOwnLetters(path: string): string {
  const urn = path.toLowerCase().startsWith(enterpriseUrn.toLowerCase()) ? enterpriseUrn : '';
  const rest = path.slice(urn.length);
  return urn + rest.replace(/"[^"]*"|[A-Za-z]+/g, (word) => byLowerCase.get(word.toLowerCase()) ?? word);
}

/**
 * Whether a name, or a path of names, is of these schemas. SCIMMY follows the parts of a path through its own objects,
 * whatever they are called, and writes there: `constructor.keys` is `Object.keys`, of the whole process.
 */
export function isKnownName(path: string): boolean {
  const name = path.toLowerCase();
  const urn = [coreUrn, enterpriseUrn].map((one) => one.toLowerCase()).find((one) => name.startsWith(one)) ?? '';
  return name === urn || name.slice(urn.length).replace(/^:/, '').split('.').every((part) => knownParts.has(part));
}

/** Answers about the service itself, with addresses below `base`. */
export function discoveryOf(base: string) {
  const definitions = [User.definition, EnterpriseUser.definition];
  const schemas = definitions.map((definition) => definition.describe(`${base}/Schemas`));
  const resourceTypes = [new SCIMMY.Schemas.ResourceType(SCIMMY.Resources.User.describe(), `${base}/ResourceTypes`)];
  return {
    schemas: new Map(schemas.map((schema) => [schema.id, schema])),
    resourceTypes: new Map(resourceTypes.map((type) => ['User', type])),
    serviceProvider: new SCIMMY.Schemas.ServiceProviderConfig({
      patch: { supported: true },
      bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
      filter: { supported: true, maxResults: pageMax },
      changePassword: { supported: false },
      sort: { supported: false },
      etag: { supported: false },
      authenticationSchemes: [
        { type: 'oauthbearertoken', name: 'Bearer token', description: 'A token made by `doorman scim token new`.',
          specUri: 'https://www.rfc-editor.org/rfc/rfc6750' },
        { type: 'httpbasic', name: 'HTTP Basic', description: 'The name of the source, and the same token as password.',
          specUri: 'https://www.rfc-editor.org/rfc/rfc7617' },
      ],
    }, `${base}/ServiceProviderConfig`),
  };
}

/** RFC 7644, 3.4.2: of a list, `itemsPerPage` is what this page has. */
export function listResponse(resources: readonly unknown[], total: number = resources.length, startIndex = 1) {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: total, startIndex, itemsPerPage: resources.length, Resources: resources,
  };
}
