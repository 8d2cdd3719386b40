// Part "sends": what the limits of sending cost. Replies through the activity, on Postgres, to a provider that takes
// each at once: with the limits off, and with limits so wide that nobody ever waits.
import { randomUUID } from 'node:crypto';
import { migrate } from '../../src/db/migrations';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { storeMessage } from '../../src/inbox/inbox';
import { newKeyring, parseKeyring } from '../../src/keys/keyring';
import { createTexts } from '../../src/texts/render';
import { createWiredActivities } from '../../src/wiredActivities';
import type { Ports } from '../../src/wiredActivities';
import { nowMs, spreadOf } from '../measure/spread';
import type { Finding, Section } from '../report';
import type { Stand } from '../stand/stand';

export interface SendsPlan {
  readonly stand: Stand;
  /** In each round, with the limits off and on. */
  readonly sends: number;
  readonly rounds: number;
  progress(line: string): void;
}

const people = 200;
const loads = [1, 20];
const modes = { off: [null, null], on: [10_000, 10_000] } as const;
type Mode = keyof typeof modes;

const keys = parseKeyring(JSON.stringify(newKeyring()));
const texts = createTexts({ organisation: 'Bench', language: 'en' });

interface Series {
  readonly ms: number[];
  totalMs: number;
}

export async function measureSends(plan: SendsPlan): Promise<Finding> {
  const ownerUrl = await plan.stand.createDatabase('sends');
  await migrate({ ownerUrl });
  const pool = createPool(ownerUrl, { max: Math.max(...loads) * 2 });
  try {
    const senders = await newSenders(pool);
    const findings: Finding[] = [];
    for (const atOnce of loads) findings.push(await measureWith(pool, senders, atOnce, plan));
    return { sections: findings.flatMap(({ sections }) => sections), wrong: findings.flatMap(({ wrong }) => wrong) };
  } finally {
    await pool.end();
  }
}

async function newSenders(pool: Pool): Promise<string[]> {
  const senderIds: string[] = [];
  for (let nth = 0; nth < people; nth += 1) {
    const phone = `whatsapp:+4474${String(nth).padStart(8, '0')}`;
    const messageId = `SM${randomUUID().replaceAll('-', '')}`;
    const stored = await storeMessage(pool, keys, {
      messageId, kind: 'text', text: 'hello', addresses: { phone }, writtenFrom: phone });
    if (stored.outcome === 'stored') senderIds.push(stored.senderId);
  }
  return senderIds;
}

async function measureWith(
  pool: Pool, senderIds: readonly string[], atOnce: number, { sends, rounds, progress }: SendsPlan,
): Promise<Finding> {
  let left = 0;
  const { reply } = createWiredActivities(pool, keys, texts, portsThat(() => { left += 1; }), 'en');
  const series: Record<Mode, Series> = { off: { ms: [], totalMs: 0 }, on: { ms: [], totalMs: 0 } };
  // In turns, so that a busy machine hits both alike; the first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    progress(`sends: ${sends} with and without limits, ${atOnce} at a time, ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`);
    for (const mode of Object.keys(modes) as Mode[]) { // cast: keys of a constant
      await pool.query('UPDATE pacing SET per_second = $1, recipient_burst = $2', [...modes[mode]]);
      const measured = round === 0 ? { ms: [], totalMs: 0 } : series[mode];
      await runInto(measured, sends, atOnce, async (nth) => {
        const senderId = senderIds[nth % senderIds.length]!;
        await reply({ key: randomUUID(), senderId, text: { key: 'askIdentifier', params: {} } });
      });
    }
  }
  const wanted = 2 * sends * (rounds + 1);
  const wrong = left === wanted ? [] : [`${wanted} replies were sent, ${left} left`];
  return { sections: [sectionOf(atOnce, series)], wrong };
}

/** Runs `count` of them, `atOnce` at a time, each lane one after the other. */
async function runInto(
  series: Series, count: number, atOnce: number, one: (nth: number) => Promise<void>,
): Promise<void> {
  const start = nowMs();
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let nth = next++; nth < count; nth = next++) {
      const began = nowMs();
      await one(nth);
      series.ms.push(nowMs() - began);
    }
  }));
  series.totalMs += nowMs() - start;
}

function portsThat(noteSend: () => void): Ports {
  return {
    channel: {
      async sendText() {
        noteSend();
        return { outcome: 'accepted', providerId: `SM${randomUUID().replaceAll('-', '')}` };
      },
      findSent: () => Promise.resolve([]),
      showTyping: () => Promise.resolve(),
    fetchMessage: () => Promise.resolve(undefined),
      async *listReceived() { /* nobody writes */ },
    },
    carriers: new Map(),
    assistant: { answer: () => Promise.resolve({ replies: [], endTurn: true }) },
  };
}

function sectionOf(atOnce: number, { off, on }: Record<Mode, Series>): Section {
  const rate = ({ ms, totalMs }: Series) => ms.length / totalMs * 1_000;
  const [without, within] = [spreadOf(off.ms), spreadOf(on.ms)];
  return {
    title: `Sends: a reply through the activity, ${atOnce} at a time`,
    columns: ['limits off', 'limits on', 'ratio'],
    rows: [
      { label: 'sends a second', cells: [rate(off), rate(on), rate(on) / rate(off)] },
      { label: 'median ms', cells: [without.median, within.median, within.median / without.median], decimals: 2 },
      { label: 'p99 ms', cells: [without.p99, within.p99, within.p99 / without.p99], decimals: 2 },
    ],
  };
}
