// The Authorization header of whoever calls: a bearer token, or Basic with a user and a password.
import type { Request } from 'express';

export type Authorization = { readonly token: string } | { readonly user: string; readonly password: string };

const form = /^(bearer|basic) +([A-Za-z0-9._~+/=-]{1,1024})$/i;

/** Undefined where there is none, where it stands twice, and for any other form. */
export function authorizationOf({ headersDistinct }: Pick<Request, 'headersDistinct'>): Authorization | undefined {
  const [header = '', ...more] = headersDistinct.authorization ?? [];
  const [, scheme = '', given = ''] = more.length > 0 ? [] : form.exec(header) ?? [];
  if (scheme.toLowerCase() === 'bearer') return { token: given };
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const [user = '', password, ...rest] = Buffer.from(given, 'base64').toString('utf8').split(':');
  return password === undefined || rest.length > 0 ? undefined : { user, password };
}
