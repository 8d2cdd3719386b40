// The same exchange without any engine: one Express and pg process, which loses what it is doing when it stops.
// For comparison only. It has no rate limits, no sealed texts, no audit, no retries and no equal answers.
import { createHash, randomInt } from 'node:crypto';
import express from 'express';
import type { Request, Response } from 'express';
import { Pool } from 'pg';
import { validateRequest } from 'twilio/lib/webhooks/webhooks';
import { listen } from '../../src/process';
import { createTwilio } from '../../src/twilio/client';
import type { Person } from '../stand/people';
import { account } from '../stand/webhook';
import { createTables } from './tables';

export interface PlainOrder {
  readonly port: number;
  readonly publicUrl: string;
  readonly databaseUrl: string;
  readonly twilioOrigin: string;
  readonly people: readonly Person[];
}

type Send = (to: string, body: string) => Promise<void>;

async function run({ port, publicUrl, databaseUrl, twilioOrigin, people }: PlainOrder): Promise<void> {
  const pool = new Pool({ connectionString: databaseUrl, max: 20 });
  await createTables(pool, people);
  const twilio = createTwilio({
    accountSid: account.sid, apiKeySid: account.keySid, apiKeySecret: account.keySecret, apiUrl: twilioOrigin });
  const send: Send = async (to, body) => {
    const from = to.startsWith('whatsapp:') ? account.whatsapp : account.sms;
    await twilio.call((sdk) => sdk.messages.create({ from, to, body }));
  };
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.post('/webhooks/twilio/message', (request, response, next) => {
    receive(pool, send, publicUrl, request, response).catch(next);
  });
  await listen(app, port, '127.0.0.1', { keepAliveTimeout: 60_000 });
  process.on('SIGTERM', () => process.exit(0));
  process.send?.('ready');
}

async function receive(pool: Pool, send: Send, publicUrl: string, request: Request, response: Response): Promise<void> {
  const form = request.body as Record<string, string>;
  const signature = request.get('x-twilio-signature') ?? '';
  if (!validateRequest(account.authToken, signature, publicUrl + request.originalUrl, form)) {
    response.sendStatus(403);
    return;
  }
  const { MessageSid: sid, From: sender, Body: body } = form;
  const { rowCount } = await pool.query(
    'INSERT INTO messages (sid, sender, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [sid, sender, body]);
  response.type('text/xml').send('<Response/>');
  if (rowCount === 1) await converse(pool, send, sender!, body!);
}

async function converse(pool: Pool, send: Send, sender: string, body: string): Promise<void> {
  const digits = /\d{6}/.exec(body)?.[0];
  if (digits === undefined) return send(sender, 'What is your employee ID?');
  const { rows: [challenge] } = await pool.query<{ employee_id: string; code_hash: Buffer }>(
    `UPDATE challenges SET tries = tries + 1 WHERE sender = $1 AND tries < 5 AND expires_at > now()
     RETURNING employee_id, code_hash`, [sender]);
  if (challenge === undefined) return issue(pool, send, sender, digits);
  if (!hash(digits).equals(challenge.code_hash)) return send(sender, 'That is not the code.');
  await open(pool, sender, challenge.employee_id);
  return send(sender, 'You are verified.');
}

async function issue(pool: Pool, send: Send, sender: string, employeeId: string): Promise<void> {
  const { rows: [employee] } = await pool.query<{ mobile: string }>(
    'SELECT mobile FROM employees WHERE employee_id = $1', [employeeId]);
  if (employee !== undefined) {
    const code = String(randomInt(1_000_000)).padStart(6, '0');
    await pool.query(
      `INSERT INTO challenges (sender, employee_id, code_hash, expires_at)
       VALUES ($1, $2, $3, now() + interval '5 minutes') ON CONFLICT (sender)
       DO UPDATE SET employee_id = $2, code_hash = $3, tries = 0, expires_at = excluded.expires_at`,
      [sender, employeeId, hash(code)]);
    await Promise.all([send(employee.mobile, `Your code is ${code}.`), send(sender, 'We have sent you a code.')]);
    return;
  }
  return send(sender, 'We have sent you a code.');
}

async function open(pool: Pool, sender: string, employeeId: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('DELETE FROM challenges WHERE sender = $1', [sender]);
    await client.query(
      `INSERT INTO sessions (sender, employee_id) VALUES ($1, $2)
       ON CONFLICT (sender) DO UPDATE SET opened_at = now()`, [sender, employeeId]);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

function hash(code: string): Buffer {
  return createHash('sha256').update(code).digest();
}

process.once('message', (order: PlainOrder) => {
  run(order).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
