// One order of S/4HANA's services, V4 or V2, as a view. Reads what it needs and believes no shape.
import { z } from 'zod';
import { totalOf, withoutZeros } from '../amounts';
import type { PurchaseOrderView } from '../orders';
import type { Dialect } from './dialects';
import { statusOf } from './orderStatus';

/** An order, and by whose names it may be somebody's. */
export interface ReadOrder {
  readonly view: PurchaseOrderView;
  readonly createdBy: string;
  readonly requisitioners: readonly string[];
}

type Row = Readonly<Record<string, unknown>>;

const rowSchema = z.record(z.string(), z.unknown());
const itemsMax = 1_000;

/** Throws for what is no order: RangeError or a ZodError, neither of which is shown to anybody. */
export function readOrder(dialect: Dialect, body: unknown, scheduleBody?: unknown): ReadOrder {
  const row = rowSchema.parse(rowSchema.safeParse(rowSchema.parse(body).d).data ?? body);
  const { order: names } = dialect;
  const currency = text(row, names.currency);
  // An order without its items would be shown as one that costs nothing.
  if (row[names.items] === undefined) throw new RangeError('no items');
  const rows = list(row[names.items]);
  if (rows.length > itemsMax) throw new RangeError('too many items');
  const items = rows.filter((item) => text(item, dialect.item.deletion) === '');
  const priced = items.map((item) => pricedItem(dialect, item));
  const schedule = scheduleBody === undefined
    ? items.flatMap((item) => list(item[dialect.item.schedule])) : list(rowSchema.parse(scheduleBody).value);
  const status = statusOf({
    code: text(row, names.status), deletion: text(row, names.deletion), notReleased: row[names.notReleased] === true,
    items: items.map((item) => ({
      delivered: item[dialect.item.delivered] === true, invoiced: item[dialect.item.invoiced] === true,
    })),
  });
  const vendor = text(row, names.supplierName) || text(row, names.supplier);
  return {
    view: {
      number: text(row, names.number), status, vendor, currency,
      items: priced.map(({ name, quantity, price, per }) => ({ name, quantity, price, per })),
      total: totalOf(priced, currency), deliveryDate: nextDelivery(dialect, schedule),
    },
    createdBy: text(row, names.createdBy),
    requisitioners: items.map((item) => text(item, dialect.item.requisitioner)),
  };
}

/** The numbers of a list of orders. Throws as `readOrder` does. */
export function readNumbers({ order: names }: Dialect, body: unknown): string[] {
  const { d, value } = rowSchema.parse(body);
  return list(d ?? value).map((row) => text(row, names.number));
}

function pricedItem({ item: names }: Dialect, item: Row) {
  const ratio = (name: string) => withoutZeros(text(item, name) || '1');
  const [numerator, denominator] = [ratio(names.numerator), ratio(names.denominator)];
  return {
    name: text(item, names.name), quantity: withoutZeros(text(item, names.quantity)),
    price: text(item, names.price), per: ratio(names.per),
    // Nothing is said of units that are the same.
    numerator: numerator === '0' ? '1' : numerator, denominator: denominator === '0' ? '1' : denominator,
  };
}

/** The earliest day on which something is still to come; the last day when nothing is known to be open. */
function nextDelivery({ scheduleLine: names }: Dialect, lines: readonly Row[]): string | undefined {
  const days = (rows: readonly Row[]) =>
    rows.map((line) => dayOf(line[names.date])).filter((day) => day !== undefined).sort();
  const { open } = names;
  const isOpen = (line: Row) => open !== undefined && withoutZeros(text(line, open) || '0') !== '0';
  return days(lines.filter(isOpen))[0] ?? days(lines).at(-1);
}

/** A text, or a number that loses nothing as one; empty for none. */
function text(row: Row, name: string): string {
  const value = row[name] ?? '';
  if (typeof value === 'string') return value.trim();
  // A service that was not heard when it was asked for strings: whole numbers are safe, fractions may have been cut.
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  throw new RangeError('not a text');
}

/** V4 has lists, V2 has lists in `results`. */
function list(value: unknown): Row[] {
  const rows = Array.isArray(value) ? value : rowSchema.safeParse(value).data?.results ?? [];
  return z.array(rowSchema).parse(rows);
}

/** V4 writes `2026-12-11`; V2 writes `/Date(ms)/`, a day without a zone that is read as UTC. 9999-12-31 is no day. */
function dayOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const ms = /^\/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\/$/.exec(value)?.[1];
  const day = ms === undefined ? value : new Date(Number(ms)).toISOString().slice(0, 10);
  return /^\d{4}-\d{2}-\d{2}$/.test(day) && !day.startsWith('9999') ? day : undefined;
}
