// Refusals as RFC 7644 (3.12) has them: a sentence of ours for each, and never a value of the request.
import type { Response } from 'express';

const refusals = {
  notAuthorised: { status: 401, detail: 'A token of this service is needed.' },
  tooManyAttempts: { status: 429, detail: 'Too many attempts without a token that counts. Try again later.' },
  unknown: { status: 404, detail: 'There is no such resource.' },
  methodRefused: { status: 405, detail: 'This resource does not take this method.' },
  notOffered: { status: 501, detail: 'This service does not offer that.' },
  uniqueness: { status: 409, scimType: 'uniqueness', detail: 'There is a user of this userName already.' },
  tooLarge: { status: 413, detail: 'The request is larger than 256 KiB.' },
  notJson: { status: 415, detail: 'Bodies are application/scim+json or application/json, in UTF-8.' },
  invalidSyntax: { status: 400, scimType: 'invalidSyntax', detail: 'The body is not what this operation takes.' },
  invalidFilter: {
    status: 400, scimType: 'invalidFilter',
    detail: 'The filter is too long or too deep, or compares what cannot be filtered by: id, externalId, userName, '
      + 'emails.value, phoneNumbers.value, employeeNumber, active, meta.lastModified; eq, co, sw, gt, ge, lt, le, pr.',
  },
  invalidPath: { status: 400, scimType: 'invalidPath', detail: 'The path of an operation names no attribute.' },
  noTarget: { status: 400, scimType: 'noTarget', detail: 'The path of an operation meets nothing.' },
  invalidValue: {
    status: 400, scimType: 'invalidValue', detail: 'A value is missing, or is not of the kind that is needed.' },
  mutability: { status: 400, scimType: 'mutability', detail: 'This attribute cannot be changed.' },
  unavailable: { status: 503, detail: 'The request cannot be taken at the moment. Try again later.' },
  internal: { status: 500, detail: 'Something went wrong on our side.' },
} as const satisfies Record<string, { status: number; detail: string; scimType?: string }>;
export type Refusal = keyof typeof refusals;

export class ScimFault extends Error {
  constructor(
    readonly refusal: Refusal,
    readonly more: {
      /** A name of the schema, that says what is wrong. */
      readonly attribute?: string | undefined;
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(refusal, { cause: more.cause });
    this.name = 'ScimFault';
  }
}

export const statusOf = (refusal: Refusal): number => refusals[refusal].status;

const byScimType: ReadonlyMap<unknown, Refusal> = new Map(
  (['invalidSyntax', 'invalidFilter', 'invalidPath', 'noTarget', 'invalidValue', 'mutability', 'uniqueness'] as const)
    .map((name) => [name, name]));

/** What SCIM's own word for an error means here. */
export const refusalOf = (scimType: unknown): Refusal => byScimType.get(scimType) ?? 'invalidValue';

export function sendScim(response: Response, status: number, body: unknown): void {
  response.status(status).set('Content-Type', 'application/scim+json; charset=utf-8').send(JSON.stringify(body));
}

export function sendFault(response: Response, { refusal, more }: ScimFault): void {
  const { status, detail, ...rest } = refusals[refusal];
  response.set(more.headers ?? {});
  sendScim(response, status, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status), ...rest,
    detail: more.attribute === undefined ? detail : `${detail} It is about ${more.attribute}.`,
  });
}
