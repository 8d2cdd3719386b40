// Records histories: `npm run record-histories`. Only adds; a recorded history is never made anew.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { scenarios } from './scenarios';

const folder = join(__dirname, 'histories');
const isRecording = process.env.DOORMAN_RECORD_HISTORIES === '1';
// Every scenario is played in each run of the tests, so that none is found broken on the day it is needed.
let world: ConversationWorld;

beforeAll(async () => {
  world = await startConversations();
});

afterAll(async () => {
  await world.stop();
});

test.each(scenarios)('$name can be played and recorded', async ({ name, play }) => {
  await world.reset();
  const { senderId } = await play(world);
  const history = await world.env.client.workflow.getHandle(`wa-${senderId}`).fetchHistory();
  const json = historyToJSON(history);
  expect(json.length).toBeGreaterThan(1_000);
  const file = join(folder, `conversation.${name}.v1.json`);
  if (isRecording && !existsSync(file)) writeFileSync(file, `${json}\n`);
});
