// What the demonstration says to a text: about the orders that it names, or how to ask.
import { demoOrders } from './demoOrders';
import { demoTexts } from './demoTexts';
import type { DemoTexts } from './demoTexts';
import type { PurchaseOrderView } from './orders';

const ordersMax = 3;

/** The orders that a text names, in ten digits, each once. */
export function wantedNumbers(text: string): string[] {
  const found = [...text.matchAll(/(?<!\d)0{0,8}(45\d{8})(?!\d)/g)].map(([, number]) => number!);
  return [...new Set(found)].slice(0, ordersMax);
}

/** The order that is to be released. */
export function releaseWanted(text: string): string | undefined {
  return /\b(release|freigeben|freigabe)\b/i.test(text) ? wantedNumbers(text)[0] : undefined;
}

/** The replies to a text, in order: the status of an order and what it holds are two. `known` are the asker's. */
export function replyTo(text: string, locale: string, known: readonly PurchaseOrderView[] = demoOrders): string[] {
  const { tag, texts } = demoTexts(locale);
  const numbers = wantedNumbers(text);
  if (numbers.length > 0) {
    return numbers.flatMap((number) => {
      const order = known.find((one) => one.number === number);
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

function describe(order: PurchaseOrderView, tag: 'en' | 'de'): string[] {
  const { texts } = demoTexts(tag);
  const { number, vendor, currency, items, status, deliveryDate } = order;
  const dates = new Intl.DateTimeFormat(tag, { dateStyle: 'long', timeZone: 'UTC' });
  const date = deliveryDate === undefined ? undefined : dates.format(new Date(deliveryDate));
  const isPast = status === 'delivered' || status === 'closed';
  const lines = items.map((item) => texts.item({ ...item, price: money(tag, currency, item.price) }));
  return [
    texts.status({ number, vendor, status: statusText(texts, status), date, isPast }),
    texts.items(number, lines, money(tag, currency, order.total)),
  ];
}

export function statusText(texts: DemoTexts, status: PurchaseOrderView['status']): string {
  return typeof status === 'string' ? texts.statuses[status] : texts.otherStatus(status.code);
}

/** A decimal in its currency, every digit of it. */
export function money(tag: string, currency: string, amount: string): string {
  const fraction = amount.split('.')[1]?.length ?? 0;
  const format = new Intl.NumberFormat(tag, { style: 'currency', currency });
  const { maximumFractionDigits: digits = 0 } = format.resolvedOptions();
  // A price for a piece may be finer than the currency.
  const exact = fraction <= digits ? format
    : new Intl.NumberFormat(tag, { style: 'currency', currency, maximumFractionDigits: fraction });
  return exact.format(amount as Intl.StringNumericLiteral); // cast: it is a decimal
}
