// What an operator sees who follows a reading.
import { followed } from '../../src/cli/sync';
import type { SyncView } from '../../src/directory/sync/views';

const view = (more: Partial<SyncView>): SyncView => ({
  source: 'hr', syncId: 'one', workflowId: 'directory-sync-hr', mode: 'full', state: 'reading', pages: 0, people: 0,
  fault: null, report: null, notices: [], noticeCount: 0, approvedBy: null, startedAt: new Date(0), endedAt: null, ...more });

/** What is said on the way to the end, and the moments at which it is, when the database shows `views` in turn. */
async function follow(views: readonly (SyncView | undefined)[], before?: SyncView) {
  let [now, asked] = [0, 0];
  const said: string[] = [];
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((line) => {
    said.push(`${now} ${String(line).trim()}`);
    return true;
  });
  try {
    const find = () => Promise.resolve(views[Math.min(asked++, views.length - 1)]);
    const pause = (ms: number) => { now += ms; return Promise.resolve(); };
    return { ended: await followed(find, before, { now: () => now, pause }), said };
  } finally {
    write.mockRestore();
  }
}

const former = view({ syncId: 'former', state: 'applied', endedAt: new Date(1) });
const ended = view({ state: 'applied', endedAt: new Date(2) });

test('a reading that no worker takes up is waited for, and after 15 s that is said, once', async () => {
  const { ended: end, said } = await follow([...Array<undefined>(40).fill(undefined), view({}), ended]);
  expect(end).toEqual(ended);
  expect(said).toEqual([
    '15000 No worker takes it up: is `doorman worker` running? Still waiting.',
    '20000 hr: reading; full, 0 people on 0 pages, begun 1970-01-01T00:00:00.000Z']);
});

test('one that begins in time is told of alone, and neither the former one nor one that waits is taken for it', async () => {
  const first = await follow([former, former, ended], former);
  expect([first.ended, first.said]).toEqual([ended, []]);
  const waits = view({ syncId: 'former', state: 'waiting' });
  expect((await follow([waits, ended], waits)).ended).toEqual(ended);
  expect((await follow([view({ syncId: 'two', state: 'waiting' })], former)).ended).toMatchObject({ syncId: 'two' });
});
