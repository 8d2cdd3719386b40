// Doorman as a way: signed webhooks in, REST out, everything between as in production but the quantum of 0.
import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { createDataConverter } from '../../src/temporal/dataConverter';
import { parseKeyring } from '../../src/keys/keyring';
import { conversationId } from '../../workflows/contract';
import { restingHistory } from '../measure/histories';
import type { Doorman } from '../stand/doorman';
import type { People, Person } from '../stand/people';
import type { Stand } from '../stand/stand';
import { createWebhookSender } from '../stand/webhook';
import type { Posted } from '../stand/webhook';
import { Chat } from './chat';
import type { Verified, Way } from './way';

export interface DoormanWay extends Way {
  relay(verified: Verified): Promise<number>;
  history(verified: Verified): ReturnType<NonNullable<Way['history']>>;
  /** As verify(), but the first message is a question, and the assistant's answer to it is waited for. */
  verifyAsking(): Promise<Verified>;
  /** The telephone of somebody. */
  chat(person: Person): Chat;
  /** Asks Postgres, as the owner of the tables. */
  count(sql: string): Promise<number>;
}

/**
 * The first message of the pattern. A greeting would be kept and, after success, relayed to the assistant: a turn that
 * the bare engine does not have. This word makes Doorman ask who is there and is kept by nobody.
 */
export const opening = 'cancel';
export const question = 'What is the status of purchase order 4500000001?';

export async function connectDoorman(stand: Stand, doorman: Doorman, people: People): Promise<DoormanWay> {
  const sender = createWebhookSender(doorman.webPort, stand.publicUrl);
  const pool = new Pool({ connectionString: doorman.databaseUrl, max: 2 });
  pool.on('error', () => undefined);
  const connection = Connection.lazy({ address: stand.temporal.address });
  const client = new Client({ connection, dataConverter: createDataConverter(parseKeyring(doorman.keyring).payload) });
  const chats = new Map<string, Chat>();
  let done = 0;
  const chatOf = (person: Person): Chat => {
    const chat = new Chat(sender, stand.twilio, person);
    chats.set(person.number, chat);
    return chat;
  };
  const verify = async (first: string): Promise<Verified & { readonly chat: Chat }> => {
    const person = people.next();
    const chat = chatOf(person);
    const verified = await chat.verify(first);
    done += 1;
    return { key: person.number, ...verified, chat };
  };
  const count = async (sql: string, values: unknown[] = []): Promise<number> =>
    (await pool.query<{ count: number }>(sql, values)).rows[0]!.count;
  return {
    name: 'Doorman',
    isProduct: true,
    measured: () => [
      { role: 'web', pid: doorman.web.pid }, { role: 'worker', pid: doorman.worker.pid },
      { role: 'temporal', pid: stand.temporal.pid() }, { role: 'postgres', pid: stand.postgresPid, tree: true }],
    verify: () => verify(opening),
    async verifyAsking() {
      const verified = await verify(question);
      await verified.chat.hear();
      return verified;
    },
    relay: ({ key }) => chats.get(key)!.say(question),
    chat: chatOf,
    async history({ key }) {
      const senderId = await senderIdOf(pool, chats.get(key)!.lastPosted!);
      return restingHistory(client, conversationId(senderId));
    },
    verifiedCount: async () => ({ said: await count('SELECT count(*)::int AS count FROM sessions'), done }),
    count,
    async stop() {
      sender.close();
      await pool.end();
      await connection.close();
    },
  };
}

/** The same people's way when their first message is a question: it is kept and, after success, answered as well. */
export function askingFirst(doorman: DoormanWay): Way {
  return {
    name: 'Doorman, question first',
    measured: doorman.measured,
    verify: () => doorman.verifyAsking(),
    history: doorman.history,
    stop: async () => undefined,
  };
}

async function senderIdOf(pool: Pool, { messageId }: Posted): Promise<string> {
  const { rows: [row] } = await pool.query<{ id: string }>(
    'SELECT sender_id AS id FROM inbox WHERE message_id = $1', [messageId]);
  return row!.id;
}
