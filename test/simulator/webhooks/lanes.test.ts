import { createLanes } from '../../../src/simulator/webhooks/lanes';

describe('what is posted about one person', () => {
  it('follows one after the other, and nobody waits for others', async () => {
    const lanes = createLanes();
    const order: string[] = [];
    let finish = () => {};
    const slow = lanes.run('a', () => new Promise<void>((resolve) => {
      finish = () => {
        order.push('slow');
        resolve();
      };
    }));
    const after = lanes.run('a', async () => void order.push('after'));
    await lanes.run('b', async () => void order.push('other'));
    finish();
    await Promise.all([slow, after]);
    expect(order).toEqual(['other', 'slow', 'after']);
  });

  it('goes on when something fails', async () => {
    const lanes = createLanes();
    const failing = lanes.run('a', () => Promise.reject(new Error('lost')));
    const after = lanes.run('a', async () => 'done');
    await expect(failing).rejects.toThrow('lost');
    await expect(after).resolves.toBe('done');
  });

  it('changes places in pairs', async () => {
    const lanes = createLanes();
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4].map((n) => lanes.run('a', async () => void order.push(n), true)));
    expect(order).toEqual([2, 1, 4, 3]);
  });

  it('does not wait for ever for another to go first', async () => {
    jest.useFakeTimers();
    const lanes = createLanes();
    const alone = lanes.run('a', async () => 'posted', true);
    jest.runAllTimers();
    jest.useRealTimers();
    await expect(alone).resolves.toBe('posted');
  });

  it('is posted at once when everything ends', async () => {
    const lanes = createLanes();
    const held = lanes.run('a', async () => 'posted', true);
    lanes.release();
    await expect(held).resolves.toBe('posted');
  });
});
