// The routes of codes for applications: whatever a client sends ends in order.
import fc from 'fast-check';
import request from 'supertest';
import { id, old, verificationApp } from './verificationApp';

it('A70 ten thousand odd bodies end in no failure of ours', async () => {
  // One connection; the routes themselves read what comes.
  const server = verificationApp({
    clientOf: () => Promise.resolve(old), charge: () => Promise.resolve(undefined), count: () => undefined,
    verifications: {
      start: () => Promise.resolve({ outcome: 'taken', id }), startReturned: () => Promise.resolve('012345'),
      check: () => Promise.resolve('pending'), status: () => Promise.resolve('pending'),
    },
  }).listen(0);
  const agent = request.agent(server).set({ authorization: 'Bearer old', connection: 'keep-alive' });
  const member = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.integer(), fc.constantFrom(null, true, {}, [], '../../x', '+49151', 'en'));
  const body = fc.oneof(
    fc.record({ number: member, language: member, code: member, __proto__: member }, { requiredKeys: [] }).map((one) => JSON.stringify(one)),
    fc.json(), fc.string({ unit: 'binary' }), fc.constantFrom('{"number":"a","number":"b"}', '{"__proto__":{"x":1}}', '[[[[', '\u0000'));
  const path = fc.constantFrom('/v1/verifications', '/v1/otp', `/v1/verifications/${id}/check`, '/v1/verifications/%00/check');
  const statuses = new Set<number>();
  try {
    await fc.assert(fc.asyncProperty(path, body, async (to, text) => {
      const { status } = await agent.post(to).set('content-type', 'application/json').send(text);
      statuses.add(status);
      return status < 500;
    }), { numRuns: 10_000 });
  } finally {
    server.close();
    server.closeAllConnections();
  }
  expect([...statuses].every((status) => [200, 202, 400, 404, 413].includes(status))).toBe(true);
}, 240_000);
