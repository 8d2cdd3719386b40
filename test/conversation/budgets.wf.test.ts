// What people read when too much was asked or guessed: what depends on themselves they are told, the rest they cannot
// tell from a code that is on its way.
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { anna, stranger } from '../support/world';
import type { Person } from '../support/world';

let world: ConversationWorld;

beforeAll(async () => {
  world = await startConversations();
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
});

const another = (n: number): Person => ({ phone: `whatsapp:+4477009011${String(n).padStart(2, '0')}` });

test('A19 who cancels a code waits for the next one, and then gets it', async () => {
  // Said in minutes: the seconds that a slow machine takes do not show.
  await world.reset({ codeGap1Ms: 600_000 });
  await world.write(stranger, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(stranger, 'cancel');
  await world.reply('cancelled');
  await world.write(stranger, '999999');
  await world.reply('codeTooSoon', { seconds: 600 });
  await world.backdateSends(601);
  await world.write(stranger, '999999');
  await world.reply('codeSent', { minutes: 5 });
});

test('a limit that a deploy changes holds for the conversations that begin after it', async () => {
  await world.reset({ codeTriesMax: 3 });
  const claimAgain = async () => {
    await world.backdateSends(3_601);
    await world.write(stranger, '144133');
    await world.reply('codeSent', { minutes: 5 });
  };
  await claimAgain();
  world.changePolicy({ codeTriesMax: 1 });
  await world.write(stranger, '00000000');
  await world.reply('wrongCode', { triesLeft: 2 });
  await world.write(stranger, 'cancel');
  await world.reply('cancelled');
  await claimAgain();
  await world.write(stranger, '00000000');
  await world.reply('wrongCode', { triesLeft: 2 });
  await world.write(stranger, 'cancel');
  await world.reply('cancelled');
  // It is over when nobody has written for a while.
  await world.skip('16 minutes');
  await claimAgain();
  await world.write(stranger, '00000000');
  await world.reply('locked', { minutes: 1 });
});

test('R11 the tenth wrong code of a day locks for the day, whatever codes they were for', async () => {
  for (const [round, wrong] of [4, 4, 1].entries()) {
    await world.write(stranger, '144133');
    await world.reply('codeSent', { minutes: 5 });
    for (let n = 0; n < wrong; n += 1) {
      await world.write(stranger, '00000000');
      await world.reply('wrongCode', { triesLeft: Math.min(4 - n, 9 - 4 * round - n) });
    }
    if (round === 2) break;
    await world.write(stranger, 'cancel');
    await world.reply('cancelled');
    await world.backdateSends(121);
  }
  const { senderId } = await world.write(stranger, '00000000');
  await world.reply('locked', { minutes: 24 * 60 });
  const { searchAttributes } = await world.env.client.workflow.getHandle(`wa-${senderId}`).describe();
  expect((searchAttributes.DoormanLockedUntil as Date[])[0]!.getTime()).toBeGreaterThan(Date.now() + 23 * 3_600_000);
});

test('A36 R12 the fourth stranger in an hour reads that a code is on its way, and none is; the employee gets one', async () => {
  for (let n = 0; n < 5; n += 1) {
    await world.write(another(n), '144133');
    await world.reply('codeSent', { minutes: 5 });
  }
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.carrier.carried.count(4);
  expect(world.carrier.carried.all.map(({ requestedBy }) => requestedBy)).toEqual(['1100', '1101', '1102', '0123']);
});

test('A36 R22 NOT ME from the employee\'s own chat voids the code of a stranger, who cannot tell, and shuts strangers out', async () => {
  await world.write(stranger, '144133');
  await world.reply('codeSent', { minutes: 5 });
  const code = await world.code();
  await world.write(anna, 'NOT ME');
  await world.reply('notMe');
  await world.write(stranger, code);
  await world.reply('wrongCode', { triesLeft: 4 });
  await world.write(another(1), '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(anna, await world.code());
  await world.reply('verified');
  expect(world.carrier.carried.all).toHaveLength(2);
});

test('R22 NOT ME in a session is not relayed, and the session stays', async () => {
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(anna, await world.code());
  await world.reply('verified');
  await world.write(anna, 'not me');
  await world.reply('notMe');
  await world.write(anna, 'hello');
  await world.said('echo: hello');
  expect(world.assistant.turns.all).toHaveLength(1);
});

test('NOT ME of a stranger reads the same and changes nothing', async () => {
  await world.write(stranger, 'not me');
  await world.reply('notMe');
  await world.write(another(1), '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(another(1), await world.code());
  await world.reply('verified');
});
