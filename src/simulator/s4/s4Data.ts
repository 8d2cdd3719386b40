// The invented company's S/4HANA: its purchase orders as the system keeps them, and who may see which.
import { demoOrders } from '../../assistant/demo/demoOrders';

export interface S4Item {
  readonly text: string;
  readonly quantity: string;
  readonly price: string;
  readonly per: string;
  /** By which a quantity in the order's unit becomes one in the price's unit. */
  readonly ratio: readonly [numerator: string, denominator: string];
  readonly isDeleted: boolean;
  readonly isDelivered: boolean;
  readonly requisitioner: string;
}

export interface S4Order {
  readonly number: string;
  /** PurchasingProcessingStatus; a release changes it. */
  status: string;
  readonly createdBy: string;
  /** Users are allowed purchasing organisations, as S/4 does it. */
  readonly organisation: string;
  readonly currency: string;
  readonly supplier: string;
  readonly supplierName: string;
  readonly items: readonly S4Item[];
  /** ISO 8601. */
  readonly deliveryDate: string;
}

const codes: Readonly<Record<string, string>> = { approved: '05', inApproval: '03', ordered: '02', delivered: '02' };
const creators = ['MLINDQVIST', 'MLINDQVIST', 'JWEIDMANN', 'PRAMAN'];

/** The orders that everybody in purchasing may see, with an item that was deleted; and one of another organisation. */
export function s4Orders(): Map<string, S4Order> {
  const shared = demoOrders.map((order, index): S4Order => ({
    number: order.number, status: codes[String(order.status)]!, createdBy: creators[index]!, organisation: '1010',
    currency: order.currency, supplier: `1730000${index + 1}`, supplierName: order.vendor,
    deliveryDate: order.deliveryDate!,
    items: [
      ...order.items.map(({ name, quantity, price, per }) => ({
        text: name, quantity: `${quantity}.000`, price, per, ratio: ['1', '1'] as const, isDeleted: false,
        isDelivered: order.status === 'delivered', requisitioner: creators[index]!,
      })),
      { text: 'Ordered by mistake', quantity: '1.000', price: '99999.99', per: '1', ratio: ['1', '1'], isDeleted: true,
        isDelivered: false, requisitioner: '' },
    ],
  }));
  const foreign: S4Order = {
    number: '4500000005', status: '02', createdBy: 'CMARCHAND', organisation: '2020', currency: 'JPY',
    supplier: '17300005', supplierName: 'Contoso Papers', deliveryDate: '2027-02-01',
    // Ordered in boxes, priced by the hundred sheets of which a box has 2,500.
    items: [{
      text: 'Washi paper', quantity: '3.000', price: '1250', per: '100', ratio: ['2500', '1'], isDeleted: false,
      isDelivered: false, requisitioner: 'CMARCHAND',
    }],
  };
  return new Map([...shared, foreign].map((order) => [order.number, order]));
}

/** Purchasing organisations that a user may look at. */
export function organisationsOf(user: string): readonly string[] {
  return user === 'CMARCHAND' ? ['1010', '2020'] : ['1010'];
}

/** The user of somebody with this address, as the company names its users: M. Lindqvist is MLINDQVIST. */
export function userOf(email: string): string | undefined {
  const [, first, last] = /^([a-z])[a-z]*\.([a-z]+)@example\.com$/.exec(email) ?? [];
  return last === undefined ? undefined : `${first!}${last}`.toUpperCase().slice(0, 12);
}
