// Purchase orders of an SAP S/4HANA system. Whose order it is, S/4 decides by the speaker's own token; with a technical
// user it enforces nothing, and the order has to name the speaker. Not theirs and not there are one answer.
import { askFor, faultOfStatus, jsonOf } from '../../../outbound/answer';
import type { Answer } from '../../../outbound/answer';
import { OutboundFault } from '../../../outbound/outboundFault';
import { createTokens } from '../../../outbound/tokens';
import type { Asker, Orders, PurchaseOrderView } from '../orders';
import { dialects } from './dialects';
import type { ApiVersion, Dialect } from './dialects';
import { readNumbers, readOrder } from './orderReader';
import type { ReadOrder } from './orderReader';

export type S4Auth =
  /** The token that Doorman relays for the speaker. */
  | { readonly kind: 'perUser' }
  /** `userOf` says which S/4 user the speaker is; without one there is nothing of theirs. */
  | { readonly kind: 'technical'; readonly user: string; readonly password: string; readonly userOf: UserOf }
  | {
    readonly kind: 'technicalOauth'; readonly userOf: UserOf;
    readonly tokenUrl: string; readonly clientId: string; readonly clientSecret: string;
  };
type UserOf = (asker: Asker) => Promise<string | undefined>;

export interface S4Options {
  /** Where the system is: what comes before `/sap/`. */
  readonly url: string;
  readonly api?: ApiVersion;
  readonly auth: S4Auth;
  /** A system without TLS, in development. */
  readonly allowInsecure?: boolean;
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

const who = 'S/4HANA';
const bytesMax = 1_000_000;
const orderNumber = /^\d{10}$/;
/** What an S/4 user is called; it stands in a filter. */
const userName = /^[\w-]{1,12}$/;

/** Its own way of showing that somebody may ask. `renew`: it was refused; false when there is no other. */
interface Access {
  header(asker: Asker): Promise<string | undefined>;
  renew(refused: string): boolean;
  isTheirs(order: ReadOrder, asker: Asker): Promise<boolean>;
  /** Whose orders are to be listed; undefined for all that S/4 shows. */
  creator(asker: Asker): Promise<string | undefined>;
}

export function createS4Orders(options: S4Options): Orders {
  const { url, api = 'v4', timeoutMs = 10_000, allowInsecure = false, fetch: get = fetch } = options;
  if (!url.startsWith('https:') && !allowInsecure) throw new Error('the address of S/4HANA must begin with https:');
  const dialect: Dialect = dialects[api];
  const access = createAccess(options);

  async function ask(path: string, authorization: string): Promise<Answer> {
    const headers = { accept: dialect.accept, authorization };
    return askFor(who, url.replace(/\/$/, '') + path, { headers }, { timeoutMs, bytesMax }, get);
  }

  /** Undefined for what S/4 does not show: it says 404 or 403, by its version and its roles. */
  async function read(path: string, asker: Asker): Promise<unknown> {
    const header = await access.header(asker);
    if (header === undefined) return undefined;
    let answer = await ask(path, header);
    if (answer.status === 401 && access.renew(header)) answer = await ask(path, await access.header(asker) ?? header);
    if (answer.status === 404 || answer.status === 403) return undefined;
    if (answer.status !== 200) throw faultOfStatus(who, answer);
    return jsonOf(who, answer);
  }

  async function find(number: string, asker: Asker): Promise<PurchaseOrderView | undefined> {
    if (!orderNumber.test(number)) return undefined;
    const body = await read(dialect.orderPath(number), asker);
    if (body === undefined) return undefined;
    const order = understood(() => readOrder(dialect, body));
    if (order.view.number !== number || !await access.isTheirs(order, asker)) return undefined;
    if (dialect.schedulePath === undefined) return order.view;
    const schedule = await read(dialect.schedulePath(number), asker);
    return schedule === undefined ? order.view : understood(() => readOrder(dialect, body, schedule)).view;
  }

  return {
    find,
    async list(asker) {
      const creator = await access.creator(asker);
      if (creator === '' || (creator !== undefined && !userName.test(creator))) return [];
      const body = await read(dialect.listPath(creator), asker);
      if (body === undefined) return [];
      const orders: PurchaseOrderView[] = [];
      for (const number of understood(() => readNumbers(dialect, body))) {
        const order = await find(number, asker);
        if (order !== undefined) orders.push(order);
      }
      return orders;
    },
  };
}

function understood<T>(readIt: () => T): T {
  try {
    return readIt();
  } catch {
    // What it could not be read by would repeat what stands there.
    throw new OutboundFault('untrustworthy', `${who} answers with something else than an order`);
  }
}

function createAccess({ auth, allowInsecure = false, fetch: get = fetch }: S4Options): Access {
  const technical = (userOf: UserOf): Pick<Access, 'isTheirs' | 'creator'> => ({
    isTheirs: async ({ createdBy, requisitioners }, asker) => {
      const user = await userOf(asker);
      return user !== undefined && user !== '' && [createdBy, ...requisitioners].includes(user);
    },
    creator: async (asker) => await userOf(asker) ?? '',
  });
  switch (auth.kind) {
    case 'perUser': return {
      header: ({ authorization }) => Promise.resolve(authorization), renew: () => false,
      isTheirs: () => Promise.resolve(true), creator: () => Promise.resolve(undefined),
    };
    case 'technical': {
      const basic = `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}`;
      return { header: () => Promise.resolve(basic), renew: () => false, ...technical(auth.userOf) };
    }
    case 'technicalOauth': {
      const { tokenUrl, clientId, clientSecret, userOf } = auth;
      const tokens = createTokens({ tokenUrl, clientId, clientSecret, allowInsecure, fetch: get });
      return {
        header: async () => `Bearer ${await tokens.bearer()}`,
        renew: (refused) => {
          tokens.forget(refused.replace(/^Bearer /, ''));
          return true;
        },
        ...technical(userOf),
      };
    }
  }
}
