// A SuccessFactors to read from: checks assertions and tokens, keeps snapshots and sessions, and can misbehave.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { successFactorsSettings } from '../../../src/directory/successFactors/settings';
import type { SuccessFactorsSettings } from '../../../src/directory/successFactors/settings';
import { complaintAbout } from './assertionCheck';
import { passes, pathsOf, shown } from './oData';
import type { Entity } from './oData';
import { person } from './sfPeople';

export const pem = (name: string): string => readFileSync(join(__dirname, 'fixtures', `${name}.pem`), 'utf8');

/** Also what nobody may find in a fault, a remark or an address. */
export const credentials = { companyId: 'ACME', user: 'sfapi', clientId: 'api-key-canary', password: 'pass-canary' };

const existing = new Set(pathsOf(person('anybody')));

type Send = (response: ServerResponse) => void;

export class FakeSuccessFactors {
  people: Entity[] = [];
  /** Paths that this tenant does not have. */
  readonly lacks = new Set<string>();
  expected = { audience: 'www.successfactors.com', issuer: 'www.successfactors.com', now: () => Date.now() };
  tokenSeconds = 86_400;
  /** A snapshot is kept for the session that asked for it, and its last page until that was read. */
  keepsLittle = false;
  /** Answers a request instead, told by its kind and number, from 1. */
  interfere: (kind: 'token' | 'page', number: number) => Send | undefined = () => undefined;
  tamperNext: (reference: string, page: number) => string = (reference) => reference;
  readonly requests: { readonly kind: 'token' | 'page'; readonly url: URL; readonly request: IncomingMessage }[] = [];
  readonly forms: URLSearchParams[] = [];
  readonly sessions = new Set<string>();
  private readonly tokens = new Map<string, { until: number; isRevoked: boolean }>();
  private readonly snapshots = new Map<string, { people: readonly Entity[]; session: string }>();
  private readonly responses: ServerResponse[] = [];
  private readonly server = createServer((request, response) => {
    this.responses.push(response);
    this.answer(request, response).catch(() => json(oDataError('COE_BAD_FILTER', 'Invalid filter'), 400)(response));
  });

  async start(): Promise<this> {
    // Both ends share a processor: what is busy for seconds would find its idle connection closed.
    this.server.keepAliveTimeout = 0;
    await new Promise<void>((resolve) => { this.server.listen(0, '127.0.0.1', resolve); });
    return this;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
  }

  /** Answers that somebody still waits for. */
  get open(): number {
    return this.responses.filter(({ writableEnded, destroyed }) => !writableEnded && !destroyed).length;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Settings that lead here. */
  settings(more: object = {}): SuccessFactorsSettings {
    const { companyId, user, clientId } = credentials;
    return successFactorsSettings.parse({
      url: `${this.origin}/odata/v2`, companyId, user, clientId, privateKey: pem('apiClient.key'),
      certificate: pem('apiClient.cert'), allowInsecure: true, pageSize: 1_000, ...more });
  }

  /** From now on no token that was given counts; the same one is given again unless a new one is asked for. */
  revokeTokens(): void {
    for (const token of this.tokens.values()) token.isRevoked = true;
  }

  pagesAsked(): URL[] {
    return this.requests.filter(({ kind }) => kind === 'page').map(({ url }) => url);
  }

  tokensAsked(): number {
    return this.requests.filter(({ kind }) => kind === 'token').length;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.origin);
    const kind = url.pathname === '/oauth/token' ? 'token' : 'page';
    this.requests.push({ kind, url, request });
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const interference = this.interfere(kind, this.requests.filter((one) => one.kind === kind).length);
    if (interference !== undefined) return interference(response);
    if (kind === 'token') return this.giveToken(new URLSearchParams(body), response);
    return this.givePage(url, request, response);
  }

  private giveToken(form: URLSearchParams, response: ServerResponse): void {
    this.forms.push(form);
    const refuse = (errorMessage: string) => json({ errorHttpCode: '401', errorMessage }, 401)(response);
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:saml2-bearer') return refuse('Unknown grant');
    if (form.get('company_id') !== credentials.companyId) return refuse(`No company ${form.get('company_id')}`);
    if (form.get('client_id') !== credentials.clientId) return refuse(`No client ${form.get('client_id')}`);
    const complaint = complaintAbout(Buffer.from(form.get('assertion') ?? '', 'base64').toString(), {
      ...this.expected, now: this.expected.now(), certificate: pem('apiClient.cert'), user: credentials.user,
      recipient: `${this.origin}/oauth/token`, apiKey: credentials.clientId,
    });
    if (complaint !== undefined) return refuse(complaint);
    const known = form.get('new_token') === 'true' ? undefined : [...this.tokens.keys()].at(-1);
    const token = known ?? `token-canary-${randomUUID()}`;
    if (known === undefined) {
      this.tokens.set(token, { until: Date.now() + this.tokenSeconds * 1_000, isRevoked: false });
    }
    json({ access_token: token, token_type: 'Bearer', expires_in: this.tokenSeconds })(response);
  }

  private givePage(url: URL, request: IncomingMessage, response: ServerResponse): void {
    if (url.pathname !== '/odata/v2/PerPerson') return json(oDataError('NotFound', 'No such set'), 404)(response);
    if (!this.isLetIn(request.headers.authorization)) {
      return json(oDataError('LGN0022', '[LGN0022]The access token is either rejected or expired'), 401)(response);
    }
    const session = this.sessionOf(request, response);
    const query = new URLSearchParams(url.searchParams);
    const [expand, select] = ['$expand', '$select'].map((name) => new Set((query.get(name) ?? '').split(',')));
    const unknown = [...select!, ...expand!].filter((path) => this.lacks.has(path) || !existing.has(path));
    if (query.get('paging') !== 'snapshot' || query.get('$format') !== 'json' || unknown.length > 0) {
      const message = `[COE0021]Invalid property names: ${unknown.join(',')}`;
      return json(oDataError('COE_PROPERTY_NOT_FOUND', message), 400)(response);
    }
    const size = Number(query.get('customPageSize'));
    const place = this.placeOf(query, session);
    if (place === undefined) {
      const message = '[COE0019][SNP]Snapshot lost for current pagination query, pls relaunch query';
      return json(oDataError('COE_GENERAL_SERVER_FAILURE', message), 500)(response);
    }
    const { id, people, at } = place;
    const isLast = at + size >= people.length;
    if (isLast && this.keepsLittle) this.snapshots.delete(id);
    const results = people.slice(at, at + size).map((one) => shown(one, expand!, select!));
    query.set('$skiptoken', Buffer.from(JSON.stringify([id, at + size])).toString('base64'));
    const reference = `${this.origin}${url.pathname}?${query.toString().replaceAll('+', '%20')}`;
    json({ d: { results, ...!isLast && { __next: this.tamperNext(reference, at / size + 1) } } })(response);
  }

  private isLetIn(authorization = ''): boolean {
    const [scheme, given = ''] = authorization.split(' ');
    if (scheme === 'Basic') {
      const { user, companyId, password } = credentials;
      return Buffer.from(given, 'base64').toString() === `${user}@${companyId}:${password}`;
    }
    const token = this.tokens.get(given);
    return scheme === 'Bearer' && token !== undefined && !token.isRevoked && Date.now() < token.until;
  }

  private sessionOf({ headers }: IncomingMessage, response: ServerResponse): string {
    const [, known] = /JSESSIONID=([\w-]+)/.exec(headers.cookie ?? '') ?? [];
    if (known !== undefined && this.sessions.has(known) && headers['x-csrf-token'] === `csrf-${known}`) return known;
    const session = randomUUID();
    this.sessions.add(session);
    response.setHeader('set-cookie', [`JSESSIONID=${session}; Path=/; Secure; HttpOnly`, 'route=r1; Path=/']);
    response.setHeader('x-csrf-token', `csrf-${session}`);
    return session;
  }

  private placeOf(query: URLSearchParams, session: string) {
    const skiptoken = query.get('$skiptoken');
    if (skiptoken === null) {
      const [id, people] = [randomUUID(), this.people.filter((one) => passes(one, query.get('$filter') ?? ''))];
      this.snapshots.set(id, { people, session });
      return { id, people, at: 0 };
    }
    const [id, at] = JSON.parse(Buffer.from(skiptoken, 'base64').toString()) as [string, number];
    const kept = this.snapshots.get(id);
    return kept === undefined || (this.keepsLittle && kept.session !== session) ? undefined
      : { id, people: kept.people, at };
  }
}

export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Send {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json;charset=utf-8', ...headers });
    response.end(JSON.stringify(body));
  };
}

export const oDataError = (code: string, value: string) => ({ error: { code, message: { lang: 'en-US', value } } });
