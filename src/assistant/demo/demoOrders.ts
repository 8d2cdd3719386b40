// The demonstration's own data: four invented purchase orders, which everybody may see. A system that has orders of its
// own, such as the simulator's S/4HANA, is asked instead.
import { totalOf } from './amounts';
import type { OrderStatus, Orders, PurchaseOrderView } from './orders';

type Line = readonly [name: string, quantity: string, price: string];

const order = (
  number: string, status: OrderStatus, vendor: string, currency: string, deliveryDate: string, ...lines: Line[]
): PurchaseOrderView => {
  const items = lines.map(([name, quantity, price]) => ({ name, quantity, price, per: '1' }));
  return { number, status, vendor, currency, deliveryDate, items, total: totalOf(items, currency) };
};

export const demoOrders: readonly PurchaseOrderView[] = [
  order('4500000001', 'approved', 'Northwind Office Supplies', 'EUR', '2026-12-11',
    ['Standing desk 160 cm', '12', '489.90'], ['Desk chair', '12', '312.45']),
  order('4500000002', 'inApproval', 'Fabrikam Tools', 'EUR', '2027-01-15',
    ['Torque wrench', '3', '219.00'], ['Hexagon key', '3', '0.10']),
  order('4500000003', 'ordered', 'Litware Networks', 'USD', '2026-12-01',
    ['Switch 48 ports', '2', '1899.99'], ['Patch cable 2 m', '96', '3.35']),
  order('4500000004', 'delivered', 'Tailspin Logistics', 'GBP', '2026-11-05', ['Pallet', '40', '17.20']),
];

/** Those orders, for whoever asks. */
export const ownOrders: Orders = {
  find: (number) => Promise.resolve(demoOrders.find((one) => one.number === number)),
  list: () => Promise.resolve(demoOrders),
};
