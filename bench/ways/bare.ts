// The bare engine as a way: signalWithStart straight from a client, in this process, to a worker of its own.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import type { BareNews } from '../bare/activities';
import type { BareWorkerOrder } from '../bare/worker';
import { newKeyring, parseKeyring } from '../../src/keys/keyring';
import { createDataConverter, failureConverterPath } from '../../src/temporal/dataConverter';
import { restingHistory } from '../measure/histories';
import { nowMs } from '../measure/spread';
import { startModule } from '../stand/children';
import type { Stand } from '../stand/stand';
import { read } from './way';
import type { Way } from './way';

const taskQueue = 'bare';
const bareFolder = join(__dirname, '..', 'bare');

export async function startBare(stand: Stand): Promise<Way> {
  const keyring = JSON.stringify(newKeyring());
  const bundlePath = join(stand.folder, 'bare-bundle.js');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(bareFolder, 'workflow.js'), failureConverterPath, logger: new DefaultLogger('ERROR') });
  writeFileSync(bundlePath, code);
  const order: BareWorkerOrder = { address: stand.temporal.address, taskQueue, bundlePath, keyring };
  const child = await startModule('bare-worker', join(bareFolder, 'worker.js'), order, { logs: stand.folder });
  const news = createNewsRoom();
  child.process.on('message', (message) => news.publish(message as BareNews));
  const connection = await Connection.connect({ address: stand.temporal.address });
  const client = new Client({ connection, dataConverter: createDataConverter(parseKeyring(keyring).payload) });
  const say = async (workflowId: string, messageId: string, awaited: BareNews['what'][] = ['reply']) => {
    const heard = Promise.all(awaited.map((what) => news.next(messageId, what)));
    const sentAt = nowMs();
    await client.workflow.signalWithStart('bareConversation', {
      workflowId, taskQueue, signal: 'messageReceived', signalArgs: [{ messageId }] });
    return (await heard)[0]!.at - sentAt;
  };
  let started = 0;
  return {
    name: 'bare engine',
    isBaseline: true,
    measured: () => [
      { role: 'client', pid: process.pid }, { role: 'worker', pid: child.pid },
      { role: 'temporal', pid: stand.temporal.pid() }],
    async verify() {
      const key = `bare-${started++}`;
      const first = await say(key, `${key}-1`);
      await read();
      const second = await say(key, `${key}-2`, ['reply', 'code']);
      await read();
      return { key, repliesMs: [first, second, await say(key, `${key}-3`)] };
    },
    relay: ({ key }) => say(key, `${key}-${nowMs()}`),
    history: ({ key }) => restingHistory(client, key),
    async stop() {
      await child.stop();
      await connection.close();
    },
  };
}

function createNewsRoom() {
  const readers = new Map<string, (news: BareNews) => void>();
  return {
    publish(news: BareNews) {
      const key = `${news.what} ${news.messageId}`;
      readers.get(key)?.(news);
      readers.delete(key);
    },
    next: (messageId: string, what: BareNews['what']) =>
      new Promise<BareNews>((resolve) => { readers.set(`${what} ${messageId}`, resolve); }),
  };
}
