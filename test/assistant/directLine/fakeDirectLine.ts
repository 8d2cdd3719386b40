// Direct Line 3.0 as it behaves: tokens for one conversation and one user that end, our own activities among the bot's,
// a greeting before anybody wrote, pages that only the watermark tells apart, 502 for a bot that fails.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { moodsOf } from '../stand/moods';
import type { PlainMood } from '../stand/moods';
import { bodyOf } from '../stand/server';
import { json } from '../stand/wire';
import type { Saying, SpeakerWire, Wire } from '../stand/wire';

export interface BotActivity {
  readonly type: string;
  readonly id?: string;
  readonly text?: string;
  readonly replyToId?: string;
  readonly from?: { readonly id: string };
}

interface Posted extends BotActivity {
  readonly from: { readonly id: string };
  readonly textFormat: string;
  readonly channelData: { readonly doorman: SpeakerWire & { readonly statement?: string; readonly authorization?: string } };
}

interface Token {
  readonly conversationId: string;
  readonly user: string | undefined;
  isOver: boolean;
}

export const directLineSecret = 'direct-line-secret-of-many-letters';
/** What a bot is asked for; the rest is before it. */
const atPost: ReadonlySet<PlainMood> = new Set([
  'down', 'overloaded', 'throttling', 'refusing us', 'gone', 'refusing this', 'redirecting', 'hanging up']);

export class FakeDirectLine {
  readonly posted: Posted[] = [];
  /** Which requests came in, without ids and tokens. */
  readonly asked: string[] = [];
  expiresIn = 1_800;
  givesWatermarks = true;
  /** Activities that one poll shows. */
  pageSize = 100;
  /** What the next polls answer instead of a page; `page` for one that does answer. */
  readonly pollFaults: (((res: ServerResponse) => void) | 'page')[] = [];
  /** The bot fails at what it is told: 502. */
  botFails = false;
  /** What the bot says to a turn; what the mood says when it is not set. */
  answerTo: ((turn: Posted) => readonly BotActivity[]) | undefined;
  /** Has the POST wait for the bot, as Direct Line does. */
  think: () => Promise<unknown> = () => Promise.resolve();
  private readonly conversations = new Map<string, BotActivity[]>();
  private readonly tokens = new Map<string, Token>();
  private lastId = '';

  private readonly play = moodsOf({
    type: 'application/json', misshapen: '{"activities": [{"type": 1}]}',
    said: (...texts) => JSON.stringify({ activities: texts.map((text) => this.fromBot({ type: 'message', text }, this.lastId)) }),
  });

  constructor(private readonly wire: Pick<Wire, 'hear' | 'elsewhere' | 'mood'>) {}

  /** All tokens are over at once; `gone` forgets the conversations as well. */
  expire({ gone = false } = {}): void {
    for (const token of this.tokens.values()) token.isOver = true;
    if (gone) this.conversations.clear();
  }

  /** Said without being asked, by default to nobody's activity. */
  say(activity: BotActivity): void {
    const [conversation] = [...this.conversations.values()].slice(-1);
    conversation!.push(this.fromBot(activity, activity.replyToId));
  }

  listener = async (req: IncomingMessage, res: ServerResponse): Promise<unknown> => {
    const url = new URL(req.url!, 'http://line');
    const body = await bodyOf(req);
    const [route = '', id] = routeOf(url.pathname);
    const request = `${req.method} ${route}`;
    this.asked.push(request);
    const bearer = req.headers.authorization?.replace(/^Bearer /, '') ?? '';
    switch (request) {
      case 'GET /agent/token': return json(res, this.newToken(`bot-${this.tokens.size}`, undefined));
      case 'POST tokens/generate': return this.generate(res, bearer, body);
      case 'POST tokens/refresh': return this.withToken(res, bearer, undefined, ({ conversationId, user }) =>
        json(res, this.newToken(conversationId, user)));
      case 'POST conversations': return this.withToken(res, bearer, undefined, (token) => this.begin(res, token));
      case 'GET conversations': return this.reconnect(res, bearer, id!);
      case 'POST activities': return this.withToken(res, bearer, id, (token) => this.post(req, res, token, body));
      case 'GET activities': return this.withToken(res, bearer, id, () => this.page(res, id!, url.searchParams.get('watermark')));
      default: return json(res, {}, 404);
    }
  };

  private generate(res: ServerResponse, bearer: string, body: string): void {
    const { user } = JSON.parse(body) as { user: { id: string } };
    if (bearer !== directLineSecret) return json(res, { error: { code: 'BadArgument' } }, 403);
    if (!user.id.startsWith('dl_') || user.id.length > 64) return json(res, { error: { code: 'BadArgument' } }, 400);
    json(res, this.newToken(`bot-${this.tokens.size}`, user.id));
  }

  private begin(res: ServerResponse, { conversationId, user }: Token): void {
    // A greeting, as bots have it: to nobody's activity.
    this.conversations.set(conversationId, [this.fromBot({ type: 'message', text: 'Welcome!' }), this.fromBot({ type: 'event', name: 'ready' } as BotActivity)]);
    json(res, { ...this.newToken(conversationId, user), streamUrl: 'wss://line.example/stream' }, 201);
  }

  private reconnect(res: ServerResponse, bearer: string, id: string): void {
    if (bearer !== directLineSecret) return json(res, {}, 403);
    if (!this.conversations.has(id)) return json(res, {}, 404);
    const user = [...this.tokens.values()].find(({ conversationId }) => conversationId === id)?.user;
    const { token } = this.newToken(id, user);
    json(res, { conversationId: id, token, streamUrl: 'wss://line.example/stream' });
  }

  private async post(req: IncomingMessage, res: ServerResponse, { conversationId, user }: Token, body: string): Promise<unknown> {
    const activity = JSON.parse(body) as Posted; // cast: what the adapter sends
    if (user !== undefined && activity.from.id !== user) return json(res, {}, 403);
    const { mood } = this.wire;
    const turnedAway = typeof mood === 'string' && ['throttling', 'refusing us', 'gone', 'refusing this', 'redirecting'].includes(mood);
    this.wire.hear(req, activity.channelData.doorman, activity.text!);
    this.posted.push(activity);
    if (turnedAway || (typeof mood === 'string' && atPost.has(mood))) return this.play(mood as PlainMood, res, body, this.wire.elsewhere);
    const conversation = this.conversations.get(conversationId)!;
    this.lastId = `${conversationId}|${String(conversation.length).padStart(7, '0')}`;
    const id = this.lastId;
    conversation.push({ ...activity, id });
    await this.think();
    if (this.botFails) return json(res, { error: { code: 'BotError', message: 'Failed to send activity' } }, 502);
    const says = this.answerTo?.(activity) ?? (typeof mood === 'object' ? activitiesOf(mood) : []);
    conversation.push(...says.map((one) => this.fromBot(one, id)));
    return json(res, { id });
  }

  private page(res: ServerResponse, id: string, watermark: string | null): unknown {
    const fault = this.pollFaults.shift();
    if (typeof fault === 'function') return fault(res);
    const { mood } = this.wire;
    if (typeof mood === 'string') return this.play(mood, res, JSON.stringify(this.posted.at(-1)), this.wire.elsewhere);
    const all = this.conversations.get(id)!;
    const from = Number(watermark ?? 0);
    const activities = all.slice(from, from + this.pageSize)
      .map((one, index) => ({ id: `${id}|${String(from + index).padStart(7, '0')}`, ...one }));
    return json(res, { activities, ...this.givesWatermarks ? { watermark: String(from + activities.length) } : {} });
  }

  private fromBot(activity: BotActivity, replyToId?: string): BotActivity {
    return { from: { id: 'bot' }, ...replyToId === undefined ? {} : { replyToId }, ...activity };
  }

  private newToken(conversationId: string, user: string | undefined) {
    const token = `token.${this.tokens.size}.of-many-letters`;
    this.tokens.set(token, { conversationId, user, isOver: false });
    return { conversationId, token, expires_in: this.expiresIn };
  }

  private withToken(res: ServerResponse, bearer: string, id: string | undefined, work: (token: Token) => unknown): unknown {
    const token = this.tokens.get(bearer);
    if (token === undefined || token.isOver) return json(res, { error: { code: 'TokenExpired' } }, 403);
    if (id !== undefined && token.conversationId !== id) return json(res, {}, 403);
    if (id !== undefined && !this.conversations.has(id)) return json(res, {}, 404);
    return work(token);
  }
}

function routeOf(path: string): [string, string?] {
  const [, rest] = /^\/v3\/directline\/(.*)$/.exec(path) ?? [];
  if (rest === undefined) return [path];
  const [first = '', id, last] = rest.split('/');
  if (first !== 'conversations') return [rest];
  return id === undefined ? ['conversations'] : [last ?? 'conversations', decodeURIComponent(id)];
}

function activitiesOf({ says, replies = [], stepUp }: Saying): object[] & BotActivity[] {
  const messages = replies.map(({ text, choices, media }) => ({
    type: 'message', text,
    ...choices === undefined ? {} : { suggestedActions: { actions: choices.map((title) => ({ type: 'imBack', title, value: `picked ${title}` })) } },
    ...media === undefined ? {} : { attachments: [{ contentType: media.type, contentUrl: media.url }] },
  }));
  const said = [...says.map((text) => ({ type: 'message', text })), ...messages];
  if (stepUp !== undefined) return [{ type: 'event', name: 'step_up', ...stepUp === true ? {} : { value: stepUp } } as BotActivity];
  // A bot that has nothing to say says so.
  return said.length === 0 ? [{ type: 'endOfConversation' }] : said;
}
