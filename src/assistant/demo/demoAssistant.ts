// A small assistant to try Doorman with: answers questions about invented purchase orders, the same way each time.
// Believes nothing that is not signed, and who speaks only from the signed fields, never from the text (A43).
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { parsed as parsedJson } from '../../outbound/answer';
import { OutboundFault } from '../../outbound/outboundFault';
import { StatementRefused } from '../../verifier/refusal';
import { ownOrders } from './demoOrders';
import { isReportWanted, pushReplies, reportReplies } from './demoReport';
import type { PushOptions } from './demoReport';
import { demoTexts } from './demoTexts';
import { releaseWanted, replyTo, wantedNumbers } from './orderReplies';
import type { Asker, Orders } from './orders';
import type { createStatementReader } from './statement';

export interface DemoAssistantOptions {
  /** `whsec_…`, as Doorman has it. */
  readonly secret: string;
  /** The public origin of Doorman, for what is pushed later; without it everything is answered at once. */
  readonly doormanUrl?: string;
  /** Between two replies that are pushed. */
  readonly pauseMs?: number;
  /** Where orders are; without it there are four invented ones. */
  readonly orders?: Orders;
  /** Reads who speaks from Doorman's statement; throws StatementRefused. The signed body is believed without. */
  readonly readStatement?: ReturnType<typeof createStatementReader>;
}

const requestBytesMax = 256 * 1024;
/** How old a proof may be for a release. */
const freshMs = 5 * 60_000;

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
  { doormanUrl, orders = ownOrders, readStatement, ...options }: DemoAssistantOptions,
): (req: IncomingMessage, res: ServerResponse) => void {
  const webhook = new Webhook(options.secret);
  const later = doormanUrl === undefined ? undefined : { ...options, doormanUrl };
  const desk: Desk = { orders, later, readStatement, released: new Set() };
  return (req, res) => {
    respond(webhook, req, desk).then(
      ({ status, body }) => res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      // The caller went away in the middle.
      () => res.destroy(),
    );
  };
}

/** What the assistant works with. */
interface Desk {
  readonly orders: Orders;
  readonly later: PushOptions | undefined;
  readonly readStatement: DemoAssistantOptions['readStatement'];
  /** Turns whose release was done: a repeated one does nothing more. */
  readonly released: Set<string>;
}

interface Response {
  readonly status: number;
  readonly body: object;
}

async function respond(webhook: Webhook, req: IncomingMessage, desk: Desk): Promise<Response> {
  if (req.method !== 'POST') return problem(405, 'only POST');
  const body = await readBody(req);
  if (body === undefined) return problem(413, 'too large');
  // 401 would be said of the speaker's token.
  if (!isSigned(webhook, body, req)) return problem(403, 'no right signature');
  const turn = turnSchema.safeParse(parsedJson(body));
  if (!turn.success) return problem(400, 'no turn');
  const refused = await statementProblem(desk, req, turn.data);
  if (refused !== undefined) return refused;
  const asker = { subject: turn.data.subject, authorization: req.headers.authorization };
  // Where the orders are does not answer, or not to this token: Doorman tries again, with another one.
  return answer(desk, turn.data, asker).catch((error: unknown) =>
    error instanceof OutboundFault && error.kind === 'refused'
      ? problem(401, 'the token is not taken') : problem(503, 'the orders cannot be reached'));
}

type DemoTurn = z.infer<typeof turnSchema>;

/** What is wrong with the statement of who speaks; undefined for nothing. */
async function statementProblem(
  { readStatement }: Desk, req: IncomingMessage, turn: DemoTurn,
): Promise<Response | undefined> {
  try {
    const statement = await readStatement?.(req, turn.turn_id);
    return statement === undefined || statement.subject === turn.subject ? undefined : problem(403, 'somebody else');
  } catch (error) {
    const isLater = error instanceof StatementRefused && error.reason === 'keysUnavailable';
    return isLater ? problem(503, 'the keys cannot be had') : problem(403, 'no right statement');
  }
}

async function answer(desk: Desk, turn: DemoTurn, asker: Asker): Promise<Response> {
  const { turn_id: turnId, text, locale } = turn;
  const toRelease = releaseWanted(text);
  if (toRelease !== undefined) return release(desk, turn, asker, toRelease);
  if (!isReportWanted(text)) {
    const found = await Promise.all(wantedNumbers(text).map((number) => desk.orders.find(number, asker)));
    return said(replyTo(text, locale, found.filter((order) => order !== undefined)));
  }
  const replies = reportReplies(locale, await desk.orders.list(asker));
  if (desk.later === undefined) return { status: 200, body: { replies, end_turn: true } };
  void pushReplies(desk.later, turnId, replies);
  return { status: 202, body: {} };
}

/** An act of consequence: only on a fresh proof, and once a turn. */
async function release(
  { orders, released }: Desk, turn: DemoTurn, asker: Asker, number: string,
): Promise<Response> {
  const { turn_id: turnId, verified_at: verifiedAt, locale } = turn;
  const { texts } = demoTexts(locale);
  if (released.has(turnId)) return said([texts.released(number)]);
  const order = await orders.find(number, asker);
  if (order === undefined) return said([texts.unknown(number)]);
  if (order.status !== 'inApproval') return said([texts.nothingToRelease(number)]);
  if (Date.now() - Date.parse(verifiedAt) > freshMs) {
    return { status: 200, body: { replies: [], end_turn: true, step_up: { action: texts.releaseAction(number) } } };
  }
  if (await orders.release?.(number, asker) !== true) return said([texts.nothingToRelease(number)]);
  released.add(turnId);
  return said([texts.released(number)]);
}

function said(texts: readonly string[]): Response {
  return { status: 200, body: { replies: texts.map((text) => ({ text })), end_turn: true } };
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
