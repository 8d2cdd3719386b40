// The two purchase-order services of SAP S/4HANA, as data: where they stand and what their fields are called. V4 is
// the one to use (scheme SAP_COM_0053); V2 is for releases on premise that have no other, and is deprecated since 2308.

/** Names of one kind of record's fields. */
type Names<Field extends string> = Readonly<Record<Field, string>>;

export interface Dialect {
  /** Below the system's origin; `number` has ten digits and nothing else. */
  orderPath(number: string): string;
  /** Where schedule lines do not come with the order. */
  schedulePath?(number: string): string;
  /** Numbers of the first orders, of one creator where one is named: letters, digits, `_` and `-` alone. */
  listPath(createdBy: string | undefined): string;
  readonly accept: string;
  readonly order: Names<
    'number' | 'status' | 'deletion' | 'notReleased' | 'createdBy' | 'currency' | 'supplier' | 'supplierName'
    | 'items'>;
  readonly item: Names<
    'name' | 'quantity' | 'price' | 'per' | 'numerator' | 'denominator' | 'deletion' | 'delivered' | 'invoiced'
    | 'requisitioner' | 'schedule'>;
  readonly scheduleLine: Names<'date' | 'quantity'> & { readonly open?: string };
}

const common = {
  number: 'PurchaseOrder', status: 'PurchasingProcessingStatus', notReleased: 'ReleaseIsNotCompleted',
  createdBy: 'CreatedByUser', currency: 'DocumentCurrency', supplier: 'Supplier', supplierName: 'AddressName',
};

const commonItem = {
  name: 'PurchaseOrderItemText', quantity: 'OrderQuantity', price: 'NetPriceAmount', per: 'NetPriceQuantity',
  numerator: 'OrderPriceUnitToOrderUnitNmrtr', denominator: 'OrdPriceUnitToOrderUnitDnmntr',
  delivered: 'IsCompletelyDelivered', invoiced: 'IsFinallyInvoiced', requisitioner: 'RequisitionerName',
};

const listQuery = (createdBy: string | undefined): string => {
  const of = createdBy === undefined ? '' : `&$filter=${encodeURIComponent(`CreatedByUser eq '${createdBy}'`)}`;
  return `$select=PurchaseOrder&$orderby=PurchaseOrder&$top=10${of}`;
};

const v4Root = '/sap/opu/odata4/sap/api_purchaseorder_2/srvd_a2x/sap/purchaseorder/0001';
const v2Root = '/sap/opu/odata/sap/API_PURCHASEORDER_PROCESS_SRV';

export const dialects = {
  v4: {
    orderPath: (number) => `${v4Root}/PurchaseOrder('${number}')?$expand=_PurchaseOrderItem`,
    listPath: (createdBy) => `${v4Root}/PurchaseOrder?${listQuery(createdBy)}`,
    schedulePath: (number) => `${v4Root}/PurchaseOrderScheduleLine?$filter=${
      encodeURIComponent(`PurchaseOrder eq '${number}'`)}&$top=1000`,
    // Without it decimals come as JSON numbers, which lose their last digits.
    accept: 'application/json;IEEE754Compatible=true',
    order: { ...common, deletion: 'PurchaseOrderDeletionCode', items: '_PurchaseOrderItem' },
    item: { ...commonItem, deletion: 'PurchasingDocumentDeletionCode', schedule: '_PurchaseOrderScheduleLineTP' },
    scheduleLine: {
      date: 'ScheduleLineDeliveryDate', quantity: 'ScheduleLineOrderQuantity', open: 'OpenPurchaseOrderQuantity',
    },
  },
  v2: {
    orderPath: (number) =>
      `${v2Root}/A_PurchaseOrder('${number}')?$format=json&$expand=to_PurchaseOrderItem/to_ScheduleLine`,
    listPath: (createdBy) => `${v2Root}/A_PurchaseOrder?$format=json&${listQuery(createdBy)}`,
    accept: 'application/json',
    order: { ...common, deletion: 'PurchasingDocumentDeletionCode', items: 'to_PurchaseOrderItem' },
    item: { ...commonItem, deletion: 'PurchasingDocumentDeletionCode', schedule: 'to_ScheduleLine' },
    scheduleLine: { date: 'ScheduleLineDeliveryDate', quantity: 'ScheduleLineOrderQuantity' },
  },
} as const satisfies Record<string, Dialect>;

export type ApiVersion = keyof typeof dialects;
