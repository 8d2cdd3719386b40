// Part "otp": codes for applications, through web, Temporal and worker as they run in production: a client asks, its
// visitor reads the SMS, the client has the code checked.
import { randomInt } from 'node:crypto';
import { issueCredentials } from '../../src/clients/credentials';
import { createPool } from '../../src/db/pool';
import { nowMs, spreadOf } from '../measure/spread';
import type { Finding, Row, Section } from '../report';
import { benchClient } from '../stand/doorman';
import type { Doorman } from '../stand/doorman';
import type { FakeTwilio } from '../stand/fakeTwilio';
import { runMany } from '../ways/way';

export interface OtpPlan {
  readonly doorman: Doorman;
  readonly twilio: FakeTwilio;
  /** Verifications at each number at a time. */
  readonly count: number;
  progress(line: string): void;
}

const loads = [1, 20];

interface Timed {
  readonly asked: number;
  readonly arrived: number;
  readonly checked: number;
  readonly whole: number;
}

export async function measureOtp({ doorman, twilio, count, progress }: OtpPlan): Promise<Finding> {
  const authorization = await credentials(doorman.databaseUrl);
  const post = async (path: string, body: object): Promise<Record<string, string>> => {
    const response = await fetch(`http://127.0.0.1:${doorman.webPort}${path}`, {
      method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify(body),
    });
    return await response.json() as Record<string, string>;
  };
  // From anywhere, so that a second run meets no number of the first.
  let next = randomInt(10_000_000, 80_000_000);
  const verify = async (): Promise<Timed | undefined> => {
    const number = `+49151${next += 1}`;
    const began = nowMs();
    const { id } = await post('/v1/verifications', { number, language: 'en' });
    const asked = nowMs();
    const sms = await twilio.next(number);
    const code = /\b\d{8}\b/.exec(sms.text)?.[0] ?? '';
    const read = nowMs();
    const { status } = await post(`/v1/verifications/${id}/check`, { code });
    const ended = nowMs();
    return status !== 'approved' ? undefined
      : { asked: asked - began, arrived: sms.at - began, checked: ended - read, whole: ended - began };
  };
  const sections: Section[] = [];
  const wrong: string[] = [];
  await runMany(20, 5, async () => { await verify(); });
  for (const atOnce of loads) {
    progress(`otp: ${count} verifications, ${atOnce} at a time`);
    const times: (Timed | undefined)[] = [];
    const began = nowMs();
    await runMany(count, atOnce, async () => { times.push(await verify()); });
    const seconds = (nowMs() - began) / 1_000;
    const right = times.filter((one) => one !== undefined);
    if (right.length !== count) wrong.push(`otp: ${right.length} of ${count} right codes were approved`);
    sections.push(sectionOf(atOnce, count / seconds, right));
  }
  return { sections, wrong };
}

async function credentials(databaseUrl: string): Promise<string> {
  const pool = createPool(databaseUrl, { max: 1 });
  try {
    const issued = await issueCredentials(pool, benchClient, 'bench');
    if (issued.outcome !== 'issued') throw new Error('there are credentials of the bench already');
    return `Basic ${Buffer.from(`${issued.id}:${issued.secret}`).toString('base64')}`;
  } finally {
    await pool.end();
  }
}

function sectionOf(atOnce: number, perSecond: number, times: readonly Timed[]): Section {
  const row = (label: string, of: keyof Timed): Row => {
    const { median, p99, max } = spreadOf(times.map((one) => one[of]));
    return { label, cells: [median, p99, max], decimals: 1 };
  };
  return {
    title: `Codes for applications over REST, ${atOnce} at a time; ms`,
    columns: ['median', 'p99', 'max'],
    rows: [
      row('request answered', 'asked'), row('SMS at the provider', 'arrived'), row('code checked', 'checked'),
      row('whole verification', 'whole'),
    ],
    notes: [`verifications a second: ${perSecond.toFixed(1)}`],
  };
}
