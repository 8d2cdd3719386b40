import { statusOf } from '../../../src/assistant/demo/s4/orderStatus';

const open = { delivered: false, invoiced: false };
const come = { delivered: true, invoiced: false };
const paid = { delivered: true, invoiced: true };
const order = { code: '02', deletion: '', notReleased: false, items: [open] };

describe('an order of S/4HANA', () => {
  it.each([
    ['is ordered', {}, 'ordered'],
    ['waits for approval', { code: '03' }, 'inApproval'],
    ['waits for approval while its release is not complete', { notReleased: true }, 'inApproval'],
    ['is approved', { code: '05' }, 'approved'],
    ['is rejected', { code: '08', notReleased: true }, 'rejected'],
    ['is deleted, whatever else it says', { deletion: 'L', code: '08', items: [paid] }, 'deleted'],
    ['is blocked', { deletion: 'S' }, 'blocked'],
    ['is delivered when all of it has come', { code: '05', items: [come, paid] }, 'delivered'],
    ['is not delivered when some has come', { code: '05', items: [come, open] }, 'approved'],
    ['is closed when all of it is invoiced', { items: [paid, paid] }, 'closed'],
    ['waits for approval even though all has come', { code: '03', items: [come] }, 'inApproval'],
    ['without items is what its code says', { code: '05', items: [] }, 'approved'],
    ['shows a code that nobody knows', { code: '17' }, { code: '17' }],
    ['shows no meaning for an inherited name', { code: 'constructor' }, { code: 'constructor' }],
    ['shows a deletion code that nobody knows', { deletion: 'X' }, { code: 'X' }],
  ])('%s', (_what, fields, status) => {
    expect(statusOf({ ...order, ...fields })).toEqual(status);
  });
});
