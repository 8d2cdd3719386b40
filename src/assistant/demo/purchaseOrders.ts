// The demonstration's data: four invented purchase orders. Amounts are decimal strings, as ERP systems give them.

export type OrderStatus = 'inApproval' | 'approved' | 'shipped' | 'delivered';

export interface OrderItem {
  readonly name: string;
  readonly quantity: number;
  /** Per piece, with two decimals. */
  readonly price: string;
}

export interface PurchaseOrder {
  readonly number: string;
  readonly status: OrderStatus;
  readonly vendor: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly items: readonly OrderItem[];
  /** ISO 8601 date: planned, or past when delivered. */
  readonly deliveryDate: string;
}

export const purchaseOrders: readonly PurchaseOrder[] = [
  {
    number: '4500000001', status: 'approved', vendor: 'Northwind Office Supplies', currency: 'EUR',
    items: [
      { name: 'Standing desk 160 cm', quantity: 12, price: '489.90' },
      { name: 'Desk chair', quantity: 12, price: '312.45' },
    ],
    deliveryDate: '2026-12-11',
  },
  {
    number: '4500000002', status: 'inApproval', vendor: 'Fabrikam Tools', currency: 'EUR',
    items: [
      { name: 'Torque wrench', quantity: 3, price: '219.00' },
      { name: 'Hexagon key', quantity: 3, price: '0.10' },
    ],
    deliveryDate: '2027-01-15',
  },
  {
    number: '4500000003', status: 'shipped', vendor: 'Litware Networks', currency: 'USD',
    items: [
      { name: 'Switch 48 ports', quantity: 2, price: '1899.99' },
      { name: 'Patch cable 2 m', quantity: 96, price: '3.35' },
    ],
    deliveryDate: '2026-12-01',
  },
  {
    number: '4500000004', status: 'delivered', vendor: 'Tailspin Logistics', currency: 'GBP',
    items: [{ name: 'Pallet', quantity: 40, price: '17.20' }],
    deliveryDate: '2026-11-05',
  },
];

/** The order with that number. */
export function findOrder(number: string): PurchaseOrder | undefined {
  return purchaseOrders.find((order) => order.number === number);
}

/** Price of all pieces, as a decimal string. Computed in whole hundredths: 0.1 + 0.2 is no sum of money. */
export function orderTotal({ items }: PurchaseOrder): string {
  const hundredths = items.reduce((sum, { quantity, price }) => sum + BigInt(quantity) * toHundredths(price), 0n);
  return toDecimal(hundredths);
}

function toHundredths(price: string): bigint {
  const [, whole, fraction] = /^(\d+)\.(\d{2})$/.exec(price) ?? [];
  if (whole === undefined) throw new RangeError('a price is a number with two decimals');
  return BigInt(whole + fraction!);
}

function toDecimal(hundredths: bigint): string {
  const digits = hundredths.toString().padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
