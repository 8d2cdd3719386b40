// A small assistant to try Doorman with: answers questions about invented purchase orders, the same way each time.
// Believes nothing that is not signed, and who speaks only from the signed fields, never from the text (A43).
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { isReportWanted, pushReplies, reportReplies } from './demoReport';
import type { PushOptions } from './demoReport';
import { demoTexts } from './demoTexts';
import { findOrder, orderTotal } from './purchaseOrders';
import type { PurchaseOrder } from './purchaseOrders';

export interface DemoAssistantOptions {
  /** `whsec_…`, as Doorman has it. */
  readonly secret: string;
  /** The public origin of Doorman, for what is pushed later; without it everything is answered at once. */
  readonly doormanUrl?: string;
  /** Between two replies that are pushed. */
  readonly pauseMs?: number;
}

const requestBytesMax = 256 * 1024;
const ordersMax = 3;

const turnSchema = z.object({
  turn_id: z.string().min(1),
  conversation_id: z.string().min(1),
  subject: z.string().min(1),
  verified_at: z.iso.datetime(),
  assurance: z.enum(['low', 'standard', 'high']),
  locale: z.string(),
  text: z.string(),
});

/** The listener of an HTTP server: one POST is one turn, whatever its path. */
export function createDemoAssistant(
  { doormanUrl, ...options }: DemoAssistantOptions,
): (req: IncomingMessage, res: ServerResponse) => void {
  const webhook = new Webhook(options.secret);
  const later = doormanUrl === undefined ? undefined : { ...options, doormanUrl };
  return (req, res) => {
    respond(webhook, req, later).then(
      ({ status, body }) => res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      // The caller went away in the middle.
      () => res.destroy(),
    );
  };
}

/** The replies to a text, in order: the status of an order and what it holds are two. */
export function replyTo(text: string, locale: string): string[] {
  const { tag, texts } = demoTexts(locale);
  const numbers = [...new Set(text.match(/\b45\d{8}\b/g))].slice(0, ordersMax);
  if (numbers.length > 0) {
    return numbers.flatMap((number) => {
      const order = findOrder(number);
      return order === undefined ? [texts.unknown(number)] : describe(order, tag);
    });
  }
  if (text.trim() === '?' || /\b(help|hilfe|ayuda|aide)\b/i.test(text)) return [texts.help];
  if (/\b(thanks?|thank you|danke|gracias|merci)\b/i.test(text)) return [texts.thanks];
  if (/^\W*(hello|hi|hey|good (morning|day|evening)|hallo|guten (morgen|tag|abend)|hola|bonjour)\b/i.test(text)) {
    return [texts.hello];
  }
  return [texts.askNumber];
}

function describe(order: PurchaseOrder, tag: 'en' | 'de'): string[] {
  const { texts } = demoTexts(tag);
  const { number, vendor, currency, items } = order;
  const amounts = new Intl.NumberFormat(tag, { style: 'currency', currency });
  const dates = new Intl.DateTimeFormat(tag, { dateStyle: 'long', timeZone: 'UTC' });
  const money = (amount: string) => amounts.format(amount as Intl.StringNumericLiteral); // cast: it is a decimal
  const date = dates.format(new Date(order.deliveryDate));
  const lines = items.map(({ name, quantity, price }) => `- ${quantity} × ${name}, ${money(price)}`);
  return [
    texts.status({ number, vendor, status: texts.statuses[order.status], date, isPast: order.status === 'delivered' }),
    texts.items(number, lines, money(orderTotal(order))),
  ];
}

interface Response {
  readonly status: number;
  readonly body: object;
}

async function respond(webhook: Webhook, req: IncomingMessage, later: PushOptions | undefined): Promise<Response> {
  if (req.method !== 'POST') return problem(405, 'only POST');
  const body = await readBody(req);
  if (body === undefined) return problem(413, 'too large');
  if (!isSigned(webhook, body, req)) return problem(401, 'no right signature');
  const turn = turnSchema.safeParse(parseJson(body));
  if (!turn.success) return problem(400, 'no turn');
  const { turn_id: turnId, text, locale } = turn.data;
  const isReport = isReportWanted(text);
  const replies = isReport ? reportReplies(locale) : replyTo(text, locale).map((words) => ({ text: words }));
  if (!isReport || later === undefined) return { status: 200, body: { replies, end_turn: true } };
  void pushReplies(later, turnId, replies);
  return { status: 202, body: {} };
}

function problem(status: number, detail: string): Response {
  return { status, body: { detail } };
}

async function readBody(req: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Read to the end all the same, so that the answer is heard.
    if (bytes <= requestBytesMax) chunks.push(chunk);
  }
  return bytes > requestBytesMax ? undefined : Buffer.concat(chunks);
}

function isSigned(webhook: Webhook, body: Buffer, { headers }: IncomingMessage): boolean {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  const given = Object.fromEntries(names.map((name) => [name, String(headers[name] ?? '')]));
  try {
    webhook.verify(body, given, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
