// How an order of S/4HANA stands, by its codes (SAP's knowledge base, 3416344). What a code means is never guessed.
import type { OrderStatus } from '../orders';

export interface StatusFields {
  /** PurchasingProcessingStatus. */
  readonly code: string;
  /** Of the header: L deleted, S blocked, empty otherwise. */
  readonly deletion: string;
  readonly notReleased: boolean;
  /** Of the items that are not deleted. */
  readonly items: readonly { readonly delivered: boolean; readonly invoiced: boolean }[];
}

const deletions: ReadonlyMap<string, OrderStatus> = new Map([['L', 'deleted'], ['S', 'blocked']]);
const known: ReadonlyMap<string, OrderStatus> = new Map([['02', 'ordered'], ['05', 'approved']]);

/** The first that holds: what was withdrawn, what waits, what is done, and else what the code says. */
export function statusOf(
  { code, deletion, notReleased, items }: StatusFields,
): OrderStatus | { readonly code: string } {
  if (deletion !== '') return deletions.get(deletion) ?? { code: deletion };
  if (code === '08') return 'rejected';
  if (code === '03' || notReleased) return 'inApproval';
  if (items.length > 0 && items.every(({ invoiced }) => invoiced)) return 'closed';
  if (items.length > 0 && items.every(({ delivered }) => delivered)) return 'delivered';
  return known.get(code) ?? { code };
}
