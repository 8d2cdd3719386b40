// The plain service as a way: one process beside Postgres.
import { join } from 'node:path';
import { Pool } from 'pg';
import { anyFreePort } from '../../src/stack/ports';
import { startModule } from '../stand/children';
import type { PlainOrder } from '../plain/exchange';
import type { People } from '../stand/people';
import type { Stand } from '../stand/stand';
import { createWebhookSender } from '../stand/webhook';
import { Chat } from './chat';
import type { Way } from './way';

export async function startPlain(stand: Stand, people: People): Promise<Way> {
  const databaseUrl = await stand.createDatabase('plain');
  const order: PlainOrder = {
    port: await anyFreePort(), publicUrl: stand.publicUrl, databaseUrl,
    twilioOrigin: stand.twilio.origin, people: people.all,
  };
  const path = join(__dirname, '..', 'plain', 'exchange.js');
  const child = await startModule('plain', path, order, { logs: stand.folder });
  const sender = createWebhookSender(order.port, stand.publicUrl);
  let done = 0;
  return {
    name: 'plain Express + pg',
    measured: () => [{ role: 'service', pid: child.pid }, { role: 'postgres', pid: stand.postgresPid, tree: true }],
    async verify() {
      const person = people.next();
      const verified = await new Chat(sender, stand.twilio, person).verify('hello');
      done += 1;
      return { key: person.number, ...verified };
    },
    async verifiedCount() {
      const pool = new Pool({ connectionString: databaseUrl, max: 1 });
      const { rows: [row] } = await pool.query<{ count: number }>('SELECT count(*)::int AS count FROM sessions');
      await pool.end();
      return { said: row!.count, done };
    },
    async stop() {
      sender.close();
      await child.stop();
    },
  };
}
