// An assistant that streams, through the whole stack: its first reply is on the telephone while it still thinks, and a
// worker that is killed then costs no reply and doubles none.
import type { ServerResponse } from 'node:http';
import { listen } from '../../assistant/stand/server';
import type { TestServer } from '../../assistant/stand/server';
import { Stack } from '../stack';
import { csv, gate, policy, verified } from './thinking';

jest.setTimeout(300_000);

const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
let stream: (res: ServerResponse) => unknown;
let backend: TestServer;
let stack: Stack;
beforeAll(async () => {
  backend = await listen((_req, res) => {
    res.writeHead(200, { 'content-type': 'application/x-ndjson' });
    void stream(res);
  });
  const settings = { kind: 'stream', url: backend.url, secret, allowInsecure: true };
  stack = await Stack.start({ people: csv, policy, settings: { DOORMAN_ASSISTANT: JSON.stringify(settings) } });
});
afterAll(async () => {
  await stack?.stop();
  await backend?.close();
});

const says = (res: ServerResponse, ...parts: object[]) => { for (const part of parts) res.write(`${JSON.stringify(part)}\n`); };
const end = { end_turn: true };

test('a reply is read before the next one is said', async () => {
  const person = await verified(stack, 0);
  const read = gate();
  stream = async (res) => {
    says(res, { text: 'I look it up.' });
    await read.pass();
    says(res, { text: 'It is approved.' }, end);
  };
  await person.say('where is my order?');
  await person.reads('I look it up.');
  read.open();
  await person.reads('It is approved.');
  await stack.atRest();
});

test('F14 a worker that is killed between two replies says neither twice', async () => {
  const person = await verified(stack, 1);
  stream = (res) => says(res, { text: 'I look it up.' });
  const before = person.replies().length;
  await person.say('where is my order?');
  await person.reads('I look it up.');
  stream = (res) => says(res, { text: 'I look once more.' }, { text: 'It is approved.' }, end);
  await stack.parts.worker.kill();
  await stack.parts.worker.start();
  await person.reads('It is approved.');
  await stack.atRest();
  expect(person.replies().slice(before)).toEqual(['I look it up.', 'It is approved.']);
});
