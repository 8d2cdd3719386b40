// Rasa's REST channel as it behaves: an array of messages, empty too, 200 even when an action failed, a message that
// begins with a slash taken for an intent.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { jwtVerify } from 'jose';
import type { AssistantMood } from '../../ports/assistant.suite';
import { moodsOf } from '../stand/moods';
import { bodyOf } from '../stand/server';
import { json } from '../stand/wire';
import type { Saying, SpeakerWire, Wire } from '../stand/wire';

export interface RasaMessage {
  readonly sender: string;
  readonly message: string;
  readonly metadata: SpeakerWire & { readonly statement?: string; readonly authorization?: string };
}

export interface RasaOptions {
  readonly token?: string;
  readonly jwtSecret?: string;
  /** Instead of what the mood says. */
  answerTo?: (given: RasaMessage, res: ServerResponse) => unknown;
}

/** Where a person reaches an intent of their own making. */
export const slashIntent = /^\/(\w+)/;

export function fakeRasa(wire: Pick<Wire, 'hear' | 'elsewhere'> & { mood: AssistantMood }, options: RasaOptions = {}) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<unknown> => {
    const url = new URL(req.url!, 'http://rasa');
    const body = await bodyOf(req);
    if (req.method !== 'POST' || url.pathname !== '/webhooks/rest/webhook') return json(res, { status: 'not found' }, 404);
    if (options.token !== undefined && url.searchParams.get('token') !== options.token) return json(res, {}, 401);
    const given = JSON.parse(body) as RasaMessage; // cast: what the adapter sends
    if (options.jwtSecret !== undefined && !await mayEnter(req, given.sender, options.jwtSecret)) return json(res, {}, 403);
    wire.hear(req, given.metadata, given.message);
    if (options.answerTo !== undefined) return options.answerTo(given, res);
    const intent = slashIntent.exec(given.message.trim())?.[1];
    if (intent !== undefined) return json(res, [{ recipient_id: given.sender, text: `intent ${intent}` }]);
    if (typeof wire.mood === 'object') return json(res, messagesOf(wire.mood, given.sender));
    return playRasa(wire.mood, res, body, wire.elsewhere);
  };
}

const messages = (...texts: string[]) => JSON.stringify(texts.map((text) => ({ recipient_id: undefined, text })));
const playRasa = moodsOf({ type: 'application/json', said: messages, misshapen: '[{"text": 1}]' });

function messagesOf({ says, replies = [], stepUp }: Saying, sender: string): object[] {
  return [
    ...says.map((text) => ({ recipient_id: sender, text })),
    ...replies.map(({ text, choices, media }) => ({
      recipient_id: sender, text,
      ...choices === undefined ? {} : { buttons: choices.map((title) => ({ title, payload: `/choose{"it":"${title}"}` })) },
      ...media === undefined ? {} : { image: media.url },
    })),
    ...stepUp === undefined ? [] : [{ recipient_id: sender, custom: { step_up: stepUp } }],
  ];
}

/** Rasa lets a `user` into its own conversation, and an `admin` into all. */
async function mayEnter({ headers }: IncomingMessage, sender: string, secret: string): Promise<boolean> {
  try {
    const jwt = headers.authorization!.replace(/^Bearer /, '');
    const { payload } = await jwtVerify<{ user: { username: string; role: string } }>(
      jwt, new TextEncoder().encode(secret), { algorithms: ['HS256'] });
    return payload.user.role === 'user' && payload.user.username === sender;
  } catch {
    return false;
  }
}
