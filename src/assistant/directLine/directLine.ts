// The requests of Bot Framework Direct Line 3.0, and the token that each conversation has of its own.
import { z } from 'zod';
import { parsed as parsedJson } from '../../outbound/answer';
import { expectStatus, readBody, refused } from '../exchange';
import type { Exchange } from '../exchange';

export interface DirectLineSite {
  /** Where Direct Line is: each region has a host of its own. */
  readonly url: string;
  readonly secret?: string | undefined;
  /** Where a token is given out instead, as a published agent of Copilot Studio does. */
  readonly tokenUrl?: string | undefined;
}

/** A conversation as it is kept between turns. */
export interface Conversation {
  readonly id: string;
  readonly token: string;
  /** When the token ends, in ms since 1970. */
  readonly until: number;
  /** Up to where it was read. */
  readonly watermark?: string | undefined;
}

const conversationSchema = z.object({
  id: z.string(), token: z.string(), until: z.number(), watermark: z.string().optional(),
});

/** The note of a conversation; undefined when it is none. */
export function readConversation(note: string | undefined): Conversation | undefined {
  return conversationSchema.safeParse(parsedJson(Buffer.from(note ?? ''))).data;
}

const named = z.string().regex(/^[\x21-\x7e]{1,4096}$/);
const tokenSchema = z.object({
  conversationId: named.optional(), token: named, expires_in: z.number().positive().optional(),
});
const postedSchema = z.object({ id: named });

// As Direct Line gives it, where it does not say.
const tokenSecondsDefault = 1_800;
/** A token that ends on its way is refused. */
const earlyMs = 60_000;

export const isAlive = ({ until }: Conversation): boolean => Date.now() < until - earlyMs;

/** What may be asked of Direct Line within one turn. */
export function createDirectLine(exchange: Exchange, { url, secret, tokenUrl }: DirectLineSite) {
  const at = (path: string) => new URL(`${url.replace(/\/$/, '')}/v3/directline/${path}`);
  const ask = (address: URL, method: string, bearer: string | undefined, body?: object): Promise<Response> =>
    exchange.send(address, {
      method,
      ...body === undefined ? {} : { body: JSON.stringify(body) },
      headers: {
        accept: 'application/json',
        ...body === undefined ? {} : { 'content-type': 'application/json' },
        ...bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      },
    });
  const readToken = async (response: Response) => {
    const { conversationId, token, expires_in: seconds = tokenSecondsDefault } =
      await read(exchange, response, tokenSchema);
    return { conversationId, token, until: Date.now() + seconds * 1_000 };
  };
  const conversationPath = (id: string) => `conversations/${encodeURIComponent(id)}`;
  const tokenFor = async (user: string): Promise<string> => {
    const response = secret === undefined
      ? await ask(new URL(tokenUrl!), 'GET', undefined) // the settings have one of the two
      // The name is bound to the token: nobody can speak under another one with it.
      : await ask(at('tokens/generate'), 'POST', secret, { user: { id: user } });
    return (await readToken(response)).token;
  };
  return {
    /** A conversation of this user. */
    async start(user: string): Promise<Conversation> {
      const token = await tokenFor(user);
      const { conversationId: id, ...given } = await readToken(await ask(at('conversations'), 'POST', token));
      if (id === undefined) throw refused('invalid answer');
      return { id, ...given };
    },

    /** The same conversation under a token that lives; undefined when there is no way back to it. */
    async renew({ id, token, until, watermark }: Conversation): Promise<Conversation | undefined> {
      const ways = [
        ...Date.now() < until ? [() => ask(at('tokens/refresh'), 'POST', token)] : [],
        ...secret === undefined ? [] : [() => ask(at(conversationPath(id)), 'GET', secret)],
      ];
      for (const way of ways) {
        const response = await way();
        if (![401, 403, 404].includes(response.status)) {
          const renewed = await readToken(response);
          return { id, token: renewed.token, until: renewed.until, watermark };
        }
        await response.body?.cancel().catch(() => undefined);
      }
      return undefined;
    },

    /** Sends an activity; its id. */
    async post({ id, token }: Conversation, activity: object): Promise<string> {
      const response = await ask(at(`${conversationPath(id)}/activities`), 'POST', token, activity);
      return (await read(exchange, response, postedSchema)).id;
    },

    /** What was said since the watermark. */
    async activities({ id, token, watermark }: Conversation): Promise<unknown> {
      const address = at(`${conversationPath(id)}/activities`);
      if (watermark !== undefined) address.searchParams.set('watermark', watermark);
      return exchange.json(await ask(address, 'GET', token));
    },
  };
}
export type DirectLine = ReturnType<typeof createDirectLine>;

async function read<Schema extends z.ZodType>(
  exchange: Exchange, response: Response, schema: Schema,
): Promise<z.output<Schema>> {
  return exchange.read(response, async () => {
    expectStatus(response, 200, 201, 202);
    const parsed = schema.safeParse(parsedJson(await readBody(response)));
    if (!parsed.success) throw refused('invalid answer');
    return parsed.data;
  });
}
