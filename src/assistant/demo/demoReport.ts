// The one thing that takes the demonstration assistant long: a report over all orders. It answers 202 and pushes the
// parts one after the other, as a slow assistant would.
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { Reply } from '../assistant';
import { demoTexts } from './demoTexts';
import { money, statusText } from './orderReplies';
import type { PurchaseOrderView } from './orders';

export interface PushOptions {
  readonly secret: string;
  /** The public origin of Doorman. */
  readonly doormanUrl: string;
  /** Between two replies. */
  readonly pauseMs?: number;
}

const pauseMsDefault = 4_000;
const triesMax = 5;

/** Of all orders: whoever names one, is answered about that. */
export function isReportWanted(text: string): boolean {
  return !/\b45\d{8}\b/.test(text) && /\b(report|bericht|informe|rapport)\b/i.test(text);
}

/** The report over `orders`, in the parts in which it is made. */
export function reportReplies(locale: string, orders: readonly PurchaseOrderView[]): Reply[] {
  const { tag, texts } = demoTexts(locale);
  const lines = orders.map((order) =>
    `- ${order.number}: ${money(tag, order.currency, order.total)}, ${statusText(texts, order.status)}`);
  return [
    { text: texts.reportBegun(orders.length) },
    { text: texts.report(lines) },
    { text: texts.whichOrder, ...orders.length === 0 ? {} : { choices: orders.map(({ number }) => number) } },
  ];
}

/** Pushes replies to a turn, one after the other; the last one ends it. Gives up when Doorman does not take one. */
export async function pushReplies(
  { secret, doormanUrl, pauseMs = pauseMsDefault }: PushOptions, turnId: string, replies: readonly Reply[],
): Promise<void> {
  const url = new URL(`/assistant/turns/${encodeURIComponent(turnId)}/replies`, doormanUrl);
  for (const [index, reply] of replies.entries()) {
    await delay(pauseMs, undefined, { ref: false });
    const body = JSON.stringify({ turn_id: turnId, replies: [reply], end_turn: index === replies.length - 1 });
    // The same id for each try, so that it is taken once.
    const id = `${turnId}.${index}`;
    let isTaken = false;
    for (let tries = 0; !isTaken && tries < triesMax; tries += 1) {
      const answer = await post(new Webhook(secret), url, id, body);
      if (answer === 'refused') return;
      isTaken = answer === 'taken';
      if (!isTaken) await delay(pauseMs, undefined, { ref: false });
    }
  }
}

async function post(webhook: Webhook, url: URL, id: string, body: string): Promise<'taken' | 'refused' | 'later'> {
  const now = new Date();
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': webhook.sign(id, now, body),
  };
  try {
    const { status } = await fetch(url, { method: 'POST', headers, body });
    if (status === 202) return 'taken';
    return status >= 500 ? 'later' : 'refused';
  } catch {
    return 'later';
  }
}
