// Whoever gives tokens, at the least: OAuth's endpoint, a service's two and a contact centre's, each after 50 ms as if
// it were some way off. Counts its requests.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { listen } from '../../src/process';

export const answerMs = 50;
/** Of all tokens. */
export const tokenLifeMs = 600_000;

type Path = keyof typeof answers;

export interface TokenEndpoints {
  readonly url: string;
  /** How often each path was asked since the last `begin`. */
  readonly asked: ReadonlyMap<string, number>;
  /** Counts anew. `failing`: the first request of each path is answered with 500. */
  begin(behaviour: { readonly failing: boolean }): void;
  close(): void;
}

const [expires_in, token_type] = [tokenLifeMs / 1_000, 'Bearer'];
const answers = {
  // RFC 8693, section 2.2.1: of an exchange, the kind of token has to be named.
  '/oauth/token': (token: string) => ({
    access_token: token, token_type, expires_in, issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  }),
  '/users/exists': () => ({ exists: true }),
  '/tokens': (token: string) => ({ token, token_type, expires_in }),
  '/customer_authenticate': (token: string) => ({ JWT: token, issued_at: Math.floor(Date.now() / 1_000), expires_in }),
} satisfies Record<string, (token: string) => object>;
const isPath = (path: string | undefined): path is Path => path !== undefined && path in answers;

export async function startTokenEndpoints(): Promise<TokenEndpoints> {
  const asked = new Map<Path, number>();
  let [fails, given] = [false, 0];
  const answer = async (path: Path, response: ServerResponse): Promise<void> => {
    const count = (asked.get(path) ?? 0) + 1;
    asked.set(path, count);
    const refuses = fails && count === 1;
    await delay(answerMs);
    response.writeHead(refuses ? 500 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(refuses ? {} : answers[path](`token-${given += 1}`)));
  };
  const server = await listen((request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    if (isPath(request.url)) void answer(request.url, response);
    else response.writeHead(404).end();
  // Both ends share a process: what is busy for seconds would find its idle connection closed.
  }, 0, '127.0.0.1', { keepAliveTimeout: 0 });
  const { port } = server.address() as AddressInfo; // cast: a server that listens on a port has one
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    begin({ failing }) { asked.clear(); fails = failing; },
    close() { server.close(); server.closeAllConnections(); },
  };
}
