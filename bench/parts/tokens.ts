// Part "tokens": a thousand relays want the same token at once. How often each endpoint is asked when nobody has it yet,
// when it ends in their midst, and when the first answer is a failure; how long the last relay waits; and how fast a
// token that is kept is had.
import { randomUUID } from 'node:crypto';
import { createTokens } from '../../src/outbound/tokens';
import { createProvider } from '../../src/services/createProvider';
import { createOnBehalf } from '../../src/services/onBehalf';
import { serviceSettings } from '../../src/services/serviceSettings';
import { ratePerSecond } from '../measure/rate';
import { nowMs } from '../measure/spread';
import type { Finding, Section } from '../report';
import { answerMs, startTokenEndpoints, tokenLifeMs } from '../stand/tokenEndpoints';
import type { TokenEndpoints } from '../stand/tokenEndpoints';
import { runMany } from '../ways/way';

export interface TokensPlan {
  /** For which tokens that are kept are asked for. */
  readonly seconds: number;
  progress(line: string): void;
}

const relays = 1_000;
// docs/services.md: a token is kept until a minute before it ends.
const keptMs = tokenLifeMs - 60_000;

type Clock = () => number;
/** Takes the token that one relay goes with. */
type Take = () => Promise<string | undefined>;

interface Way {
  readonly label: string;
  /** What is asked until there is a token, in this order. */
  readonly paths: readonly string[];
  /** As a process that has just started. */
  start(url: string, now: Clock): Take;
}

const client = { clientId: 'doorman', clientSecret: 'the secret of the bench' };
// The most that settings take: counted are requests, on a busy machine too.
const timeoutMs = 15_000;
const oauth = '/oauth/token';
const ways: readonly Way[] = [
  {
    label: 'client credentials', paths: [oauth],
    start: (url, now) => createTokens({ ...client, tokenUrl: url + oauth, allowInsecure: true, now }).bearer,
  },
  {
    label: 'employee, token exchange', paths: [oauth],
    start: (url, now) => inTheirName({ kind: 'tokenExchange', ...client, tokenUrl: url + oauth }, now),
  },
  {
    label: 'employee, two endpoints', paths: [oauth, '/users/exists', '/tokens'],
    start: (url, now) => inTheirName(
      { kind: 'twoEndpoints', base: url, auth: { kind: 'oauth', ...client, tokenUrl: url + oauth } }, now),
  },
  {
    label: 'contact centre', paths: [oauth, '/customer_authenticate'],
    start: (url, now) => inTheirName({ kind: 'customerAuthenticate', base: url, ...client, tokenUrl: url + oauth }, now),
  },
];

const holder = {
  employeeId: randomUUID(), employeeNumber: '144133', workEmail: 'anna@acme.example', returnedAt: null };
const speaking = {
  employeeId: holder.employeeId, sessionId: randomUUID(), method: 'sms', assurance: 'standard', verifiedAt: new Date(),
} as const;

/** All relays are one employee's. How statements are made, and people found, other parts measure. */
function inTheirName(settings: object, now: Clock): Take {
  const { services: [service] } = serviceSettings.parse({ services: [{ name: 'bench', allowInsecure: true, timeoutMs, ...settings }] });
  const provider = createProvider(service!, { assert: () => Promise.resolve('a statement of who speaks'), now });
  const onBehalf = createOnBehalf({ provider, findHolder: () => Promise.resolve(holder) });
  return () => onBehalf(speaking, (authorization) => Promise.resolve(authorization));
}

export async function measureTokens({ seconds, progress }: TokensPlan): Promise<Finding> {
  const endpoints = await startTokenEndpoints();
  try {
    const findings: Found[] = [];
    for (const way of ways) {
      progress(`tokens: ${way.label}, ${relays} at once`);
      findings.push(await measureWay(way, endpoints, seconds));
    }
    return { sections: [sectionOf(findings)], wrong: findings.flatMap(({ wrong }) => wrong) };
  } finally {
    endpoints.close();
  }
}

interface Found {
  readonly label: string;
  readonly cells: readonly number[];
  readonly wrong: readonly string[];
}

async function measureWay(way: Way, endpoints: TokenEndpoints, seconds: number): Promise<Found> {
  const fresh = await measureFresh(way, endpoints, seconds);
  const ending = await measureEnding(way, endpoints);
  const failing = await measureFailing(way, endpoints);
  const all = [fresh, ending, failing];
  return {
    label: way.label,
    cells: [...all.map(({ calls }) => calls), fresh.lastMs, fresh.perSecond],
    wrong: all.flatMap(({ wrong }) => wrong).map((sentence) => `tokens: ${way.label}: ${sentence}`),
  };
}

interface Counted {
  /** The most that one path was asked. */
  readonly calls: number;
  readonly wrong: readonly string[];
}

async function measureFresh(
  way: Way, endpoints: TokenEndpoints, seconds: number,
): Promise<Counted & { readonly lastMs: number; readonly perSecond: number }> {
  endpoints.begin({ failing: false });
  const take = way.start(endpoints.url, () => 0);
  const began = nowMs();
  const given = await runMany(relays, relays, take);
  const lastMs = nowMs() - began;
  const perSecond = await ratePerSecond(seconds, 20, take);
  const { calls, wrong } = countOf(way, endpoints, 1);
  return { calls, lastMs, perSecond, wrong: [...wrong, ...given.every(isToken) ? [] : ['a relay was given no token']] };
}

/** The clock stands at the last moment at which the token is kept, and moves on when half of the relays have it. */
async function measureEnding(way: Way, endpoints: TokenEndpoints): Promise<Counted> {
  endpoints.begin({ failing: false });
  let given = 0;
  const take = way.start(endpoints.url, () => (given < relays ? 0 : given < 2 * relays ? keptMs - 1 : keptMs));
  await runMany(3 * relays, relays, async () => {
    await take();
    given += 1;
  });
  return countOf(way, endpoints, 2);
}

/** All that waited for a failure have it, and ask as one when they try again. */
async function measureFailing(way: Way, endpoints: TokenEndpoints): Promise<Counted> {
  endpoints.begin({ failing: true });
  const take = way.start(endpoints.url, () => 0);
  const wrong: string[] = [];
  for (let tries = 0; tries <= way.paths.length; tries += 1) {
    const settled = await Promise.allSettled(Array.from({ length: relays }, take));
    const given = settled.filter((one) => one.status === 'fulfilled' && isToken(one.value)).length;
    const wanted = tries < way.paths.length ? 0 : relays;
    if (given !== wanted) wrong.push(`after ${tries} failures ${given} relays had a token, not ${wanted}`);
  }
  const counted = countOf(way, endpoints, 2);
  return { calls: counted.calls, wrong: [...wrong, ...counted.wrong] };
}

const isToken = (given: string | undefined): boolean => /^(Bearer )?token-\d+$/.test(given ?? '');

function countOf({ paths }: Way, { asked }: TokenEndpoints, wanted: number): Counted {
  const counts = paths.map((path) => ({ path, count: asked.get(path) ?? 0 }));
  return {
    calls: Math.max(...counts.map(({ count }) => count)),
    wrong: counts.filter(({ count }) => count !== wanted)
      .map(({ path, count }) => `${path} was asked ${count} times, not ${wanted}`),
  };
}

function sectionOf(findings: readonly Found[]): Section {
  return {
    title: `${relays} relays at once that want one token`,
    columns: ['calls', 'it ends', 'it fails', 'last ms', 'kept, a second'],
    rows: findings.map(({ label, cells }) => ({ label, cells, goal: '1, 2, 2 calls', decimals: 0 })),
    notes: [
      'calls: of each endpoint, while nobody has a token; when it ends for half of them; when its first answer is a 500',
      `last: from the start to the last relay that has it; each endpoint answers after ${answerMs} ms`,
    ],
  };
}
