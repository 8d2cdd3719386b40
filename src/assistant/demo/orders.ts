// What the demonstration knows of a purchase order, wherever it was read.

/** How an order stands. Anything else that a system says is shown as the code that it is, never guessed at. */
export type OrderStatus =
  | 'inApproval' | 'approved' | 'ordered' | 'rejected' | 'blocked' | 'deleted' | 'delivered' | 'closed';

export interface OrderItem {
  readonly name: string;
  /** A decimal without needless zeros. */
  readonly quantity: string;
  /** For `per` pieces, as a decimal. */
  readonly price: string;
  readonly per: string;
}

export interface PurchaseOrderView {
  readonly number: string;
  readonly status: OrderStatus | { readonly code: string };
  readonly vendor: string;
  /** ISO 4217. */
  readonly currency: string;
  /** Without those that were deleted. */
  readonly items: readonly OrderItem[];
  /** Of all items, as a decimal with the currency's own number of digits. */
  readonly total: string;
  /** ISO 8601 date of the next delivery, or of the last one when all has come. */
  readonly deliveryDate?: string | undefined;
}

/** Who asks, by what Doorman signed. */
export interface Asker {
  readonly subject: string;
  /** Their own token for the system that has the orders. */
  readonly authorization?: string | undefined;
}

export interface Orders {
  /** Undefined for what is not there and for what is not theirs alike. `number` has ten digits. */
  find(number: string, asker: Asker): Promise<PurchaseOrderView | undefined>;
  /** All that the asker may see. */
  list(asker: Asker): Promise<readonly PurchaseOrderView[]>;
  /** Releases an order that waits for it; false where there is nothing of the asker's to release. */
  release?(number: string, asker: Asker): Promise<boolean>;
}
