// An order as the two services write it: what differs between V4 and V2 is most of what can go wrong in reading them.
import type { S4Item, S4Order } from './s4Data';

/** V4's decimals are JSON numbers, unless the request asked for strings. */
export interface V4Form {
  readonly decimalsAsText: boolean;
}

const itemNumber = (index: number): string => String((index + 1) * 10);
const openQuantity = ({ isDelivered, quantity }: S4Item): string => isDelivered ? '0.000' : quantity;

function headerOf(order: S4Order) {
  return {
    PurchaseOrder: order.number, CompanyCode: '1010', PurchaseOrderType: 'NB',
    PurchasingOrganization: order.organisation,
    PurchasingProcessingStatus: order.status, CreatedByUser: order.createdBy, Supplier: order.supplier,
    AddressName: order.supplierName, DocumentCurrency: order.currency, ReleaseIsNotCompleted: order.status === '03',
  };
}

function itemOf(order: S4Order, item: S4Item, index: number, decimal: (text: string) => string | number) {
  return {
    PurchaseOrder: order.number, PurchaseOrderItem: itemNumber(index), PurchaseOrderItemText: item.text,
    PurchasingDocumentDeletionCode: item.isDeleted ? 'L' : '', OrderQuantity: decimal(item.quantity),
    PurchaseOrderQuantityUnit: 'PC', NetPriceAmount: decimal(item.price), NetPriceQuantity: decimal(item.per),
    OrderPriceUnitToOrderUnitNmrtr: decimal(item.ratio[0]), OrdPriceUnitToOrderUnitDnmntr: decimal(item.ratio[1]),
    DocumentCurrency: order.currency, IsCompletelyDelivered: item.isDelivered, IsFinallyInvoiced: false,
    RequisitionerName: item.requisitioner,
  };
}

export function v4Order(order: S4Order, { decimalsAsText }: V4Form): object {
  const decimal = (text: string) => decimalsAsText ? text : Number(text);
  return {
    '@odata.context': '$metadata#PurchaseOrder/$entity', ...headerOf(order), PurchaseOrderDeletionCode: '',
    PurchaseOrderDate: '2026-11-02',
    _PurchaseOrderItem: order.items.map((item, index) => itemOf(order, item, index, decimal)),
  };
}

export function v4ScheduleLines(order: S4Order, { decimalsAsText }: V4Form): object {
  const decimal = (text: string) => decimalsAsText ? text : Number(text);
  return {
    value: order.items.map((item, index) => ({
      PurchaseOrder: order.number, PurchaseOrderItem: itemNumber(index), PurchaseOrderScheduleLine: '1',
      ScheduleLineDeliveryDate: order.deliveryDate, ScheduleLineOrderQuantity: decimal(item.quantity),
      OpenPurchaseOrderQuantity: decimal(openQuantity(item)),
    })),
  };
}

const v2Date = (day: string): string => `/Date(${Date.parse(`${day}T00:00:00Z`)})/`;

export function v2Order(order: S4Order): object {
  return {
    d: {
      __metadata: { type: 'API_PURCHASEORDER_PROCESS_SRV.A_PurchaseOrderType' },
      ...headerOf(order), PurchasingDocumentDeletionCode: '', PurchaseOrderDate: v2Date('2026-11-02'),
      to_PurchaseOrderItem: {
        results: order.items.map((item, index) => ({
          ...itemOf(order, item, index, String),
          to_ScheduleLine: {
            results: [{
              ScheduleLineDeliveryDate: v2Date(order.deliveryDate), ScheduleLineOrderQuantity: item.quantity,
            }],
          },
        })),
      },
    },
  };
}
