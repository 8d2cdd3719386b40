// What an import remarks without refusing it.
import { applyFeed } from '../../../src/directory/applyFeed';
import { useDirectory } from '../directoryWorld';
import { anna, ben, cleo, feedOf, people } from '../people';

const world = useDirectory();

describe('what an import remarks', () => {
  it('that active people share a number, an address or an ID, with their lines and never the value', async () => {
    await applyFeed(world.pool, feedOf([{ id: 'E-9', mobiles: ['+12025550125'] }], { source: 'subsidiary' }));
    const report = await world.apply([
      anna, { ...ben, mobiles: anna.mobiles! }, cleo, { id: 'E-4', addresses: ben.addresses! }, { id: 'E-9' },
      { id: 'E-5', mobiles: anna.mobiles!, active: false }]);
    expect(report.outcome).toBe('applied');
    expect(report.notices).toEqual([
      { where: 'line 2', column: 'mobile', why: 'is shared by 2 active people, also line 3: nobody is verified by it' },
      { where: 'line 3', column: 'email', why: 'is shared by 2 active people, also line 5: nobody is verified by it' },
      { where: 'line 4', column: 'mobile', why: 'is shared by 2 active people, also 1 more: nobody is verified by it' },
      { where: 'line 6', column: 'employee_id',
        why: 'is shared by 2 active people, also 1 more: nobody is verified by it' },
      { where: 'line 5', column: 'mobile',
        why: 'this and 1 more active people have no number: no code can be sent by SMS' },
    ]);
  });

  it('nothing of a number that moves from one person to another', async () => {
    await world.apply([anna, ben]);
    const swapped = await world.apply([{ ...anna, mobiles: ben.mobiles! }, { ...ben, mobiles: anna.mobiles! }]);
    expect(swapped.notices).toEqual([]);
    const partly = feedOf([{ ...anna, mobiles: anna.mobiles! }], { complete: false });
    expect((await applyFeed(world.pool, partly)).notices).toMatchObject([{ where: 'line 2', column: 'mobile' }]);
  });

  it('a telephone that two have under different spellings, and none that one person has under two', async () => {
    await applyFeed(world.pool, feedOf([{ id: 'E-9', mobiles: ['+553187654321'] }], { source: 'subsidiary' }));
    const { notices } = await world.apply([
      { id: 'E-1', mobiles: ['+525512345678'] }, { id: 'E-2', mobiles: ['+5215512345678'] },
      { id: 'E-3', mobiles: ['+5531987654321'] }, { id: 'E-4', mobiles: ['+5491123456789', '+541123456789'] }]);
    expect(notices).toEqual([
      { where: 'line 2', column: 'mobile', why: 'is shared by 2 active people, also line 3: nobody is verified by it' },
      { where: 'line 4', column: 'mobile', why: 'is shared by 2 active people, also 1 more: nobody is verified by it' },
    ]);
  });

  it('an ID that no chat message is searched for', async () => {
    const { notices } = await world.apply([{ ...anna, id: 'ANNA' }]);
    expect(notices).toMatchObject([{ where: 'line 2', column: 'employee_id' }]);
  });

  it('a crowd at one number in one line', async () => {
    const report = await world.apply(people(300).map((one) => ({ ...one, mobiles: ['+12025550123'] })));
    expect(report.notices).toEqual([{
      where: 'line 2', column: 'mobile',
      why: 'is shared by 300 active people, also line 3, line 4, line 5, line 6, 295 more: '
        + 'nobody is verified by it' }]);
  });
});
