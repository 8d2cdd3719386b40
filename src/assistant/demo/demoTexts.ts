// What the demonstration assistant says. It stands for a company's own assistant, so its words are not Doorman's.
import type { OrderStatus } from './orders';

export interface DemoTexts {
  readonly hello: string;
  readonly help: string;
  readonly thanks: string;
  readonly askNumber: string;
  readonly statuses: Readonly<Record<OrderStatus, string>>;
  unknown(number: string): string;
  /** `date` is missing where nothing is planned. */
  status(order: { number: string; vendor: string; status: string; date: string | undefined; isPast: boolean }): string;
  /** A code of the system that is not known here. */
  otherStatus(code: string): string;
  item(line: { quantity: string; name: string; price: string; per: string }): string;
  items(number: string, lines: readonly string[], total: string): string;
  reportBegun(orders: number): string;
  report(lines: readonly string[]): string;
  readonly whichOrder: string;
  /** What a fresh proof is asked for. */
  releaseAction(number: string): string;
  released(number: string): string;
  nothingToRelease(number: string): string;
}

const en: DemoTexts = {
  hello: 'Hello! Ask me about a purchase order, for example: What is the status of purchase order 4500000001?',
  help: 'I know the status, the items and the delivery date of purchase orders. '
    + 'Tell me the number: ten digits that begin with 45. Or ask for a report: that takes a moment.',
  thanks: 'You are welcome.',
  askNumber: 'Which purchase order do you mean? Its number has ten digits and begins with 45.',
  statuses: {
    inApproval: 'waiting for approval', approved: 'approved', ordered: 'ordered', rejected: 'rejected',
    blocked: 'blocked', deleted: 'deleted', delivered: 'delivered', closed: 'delivered and invoiced',
  },
  otherStatus: (code) => `in status ${code}`,
  item: ({ quantity, name, price, per }) => `- ${quantity} × ${name}, ${price}${per === '1' ? '' : ` per ${per}`}`,
  unknown: (number) => `I do not know order ${number}.`,
  status: ({ number, vendor, status, date, isPast }) =>
    `Purchase order ${number} from ${vendor} is ${status}.`
    + (date === undefined ? '' : ` ${isPast ? 'It arrived on' : 'Delivery is planned for'} ${date}.`),
  items: (number, lines, total) => `Items of ${number}:\n${lines.join('\n')}\nTotal: ${total}`,
  reportBegun: (orders) => `I am adding up ${orders} orders. This takes a moment.`,
  report: (lines) => `All orders:\n${lines.join('\n')}`,
  whichOrder: 'Which one do you want to know more about?',
  releaseAction: (number) => `Release purchase order ${number}`,
  released: (number) => `Purchase order ${number} is released.`,
  nothingToRelease: (number) => `There is nothing to release in order ${number}.`,
};

const de: DemoTexts = {
  hello: 'Guten Tag! Fragen Sie mich nach einer Bestellung, zum Beispiel: Wie ist der Stand der Bestellung 4500000001?',
  help: 'Ich kenne Stand, Positionen und Liefertermin von Bestellungen. '
    + 'Nennen Sie mir die Nummer: zehn Ziffern, die mit 45 beginnen. '
    + 'Oder fragen Sie nach einem Bericht: das dauert etwas.',
  thanks: 'Gern geschehen.',
  askNumber: 'Welche Bestellung meinen Sie? Ihre Nummer hat zehn Ziffern und beginnt mit 45.',
  statuses: {
    inApproval: 'wartet auf Freigabe',
    approved: 'ist freigegeben',
    ordered: 'ist bestellt',
    rejected: 'wurde abgelehnt',
    blocked: 'ist gesperrt',
    deleted: 'wurde gelöscht',
    delivered: 'ist geliefert',
    closed: 'ist geliefert und berechnet',
  },
  otherStatus: (code) => `steht im Status ${code}`,
  item: ({ quantity, name, price, per }) => `- ${quantity} × ${name}, ${price}${per === '1' ? '' : ` je ${per}`}`,
  unknown: (number) => `Die Bestellung ${number} kenne ich nicht.`,
  status: ({ number, vendor, status, date, isPast }) =>
    `Die Bestellung ${number} bei ${vendor} ${status}.`
    + (date === undefined ? '' : ` ${isPast ? 'Geliefert wurde am' : 'Die Lieferung ist geplant für den'} ${date}.`),
  items: (number, lines, total) => `Positionen von ${number}:\n${lines.join('\n')}\nSumme: ${total}`,
  reportBegun: (orders) => `Ich rechne ${orders} Bestellungen zusammen. Das dauert einen Moment.`,
  report: (lines) => `Alle Bestellungen:\n${lines.join('\n')}`,
  whichOrder: 'Zu welcher möchten Sie mehr wissen?',
  releaseAction: (number) => `Bestellung ${number} freigeben`,
  released: (number) => `Die Bestellung ${number} ist freigegeben.`,
  nothingToRelease: (number) => `In der Bestellung ${number} gibt es nichts freizugeben.`,
};

/** The texts of a locale such as `de-AT`; English for all others but German. */
export function demoTexts(locale: string): { readonly tag: 'en' | 'de'; readonly texts: DemoTexts } {
  return /^de\b/i.test(locale) ? { tag: 'de', texts: de } : { tag: 'en', texts: en };
}
