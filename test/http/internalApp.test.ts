import request from 'supertest';
import { createInternalApp } from '../../src/http/internalApp';

const app = (ready: () => Promise<boolean>) => createInternalApp({ ready, metrics: () => 'doorman_up 1\n' });
const up = app(async () => true);

test('a process that runs is alive, ready or not', async () => {
  for (const ready of [async () => true, async () => false]) {
    await request(app(ready)).get('/livez').expect(200, 'alive\n');
  }
});

test('is ready when it can work, and not when that cannot be found out', async () => {
  await request(up).get('/readyz').expect(200);
  await request(app(async () => false)).get('/readyz').expect(503);
  await request(app(() => Promise.reject(new Error('canary')))).get('/readyz').expect(503, 'not ready\n');
});

test('serves its metrics as Prometheus reads them', async () => {
  await request(up).get('/metrics').expect('Content-Type', /^text\/plain; version=0\.0\.4/)
    .expect(200, 'doorman_up 1\n');
});

test('has nothing else', async () => {
  for (const path of ['/', '/webhooks/twilio/message', '/debug', '/.env']) {
    const { headers } = await request(up).get(path).expect(404);
    expect(headers).not.toHaveProperty('x-powered-by');
  }
});
