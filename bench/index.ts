// The bench: starts its own Postgres, Temporal and Doorman, measures part after part, prints one report, cleans up.
// Exits with 1 for a wrong result or a failure, with 2 for misuse, never for a slow figure.
import { readFileSync, readdirSync } from 'node:fs';
import { arch, availableParallelism, platform } from 'node:os';
import { join } from 'node:path';
import { defaultPolicy } from '../src/domain/policy';
import { onStop } from '../src/process';
import { watchMachine } from './measure/usage';
import { measureAlike } from './parts/alike';
import { measureDirectory } from './parts/directory';
import { measureGuard } from './parts/guard';
import { measureMemory } from './parts/memory';
import { measureOtp } from './parts/otp';
import { measureRecovery } from './parts/recovery';
import { measureRelay } from './parts/relay';
import { measureSends } from './parts/sends';
import { measureStatements } from './parts/statements';
import { measureTokens } from './parts/tokens';
import { measureVerification } from './parts/verification';
import { measureWebhook } from './parts/webhook';
import { readOptions, usage } from './options';
import type { Options, PartName } from './options';
import { renderTables } from './report';
import type { Finding } from './report';
import { createClaimed, forgetGuesses } from './stand/claimed';
import { assistantSecret, startDoorman } from './stand/doorman';
import { createPeople } from './stand/people';
import { createDirectCall } from './stand/quickAssistant';
import { startStand } from './stand/stand';
import type { Stand } from './stand/stand';
import { startBare } from './ways/bare';
import { askingFirst, connectDoorman } from './ways/doorman';
import { startPlain } from './ways/plain';

const progress = (line: string) => { process.stderr.write(`bench: ${line}\n`); };

/** What was started, to be stopped in the opposite order, whatever happens. */
type Stops = (() => Promise<void>)[];

async function run(options: Options): Promise<Finding> {
  const stops: Stops = [];
  const kept = <T extends { stop(): Promise<void> }>(started: T): T => {
    stops.push(() => started.stop());
    return started;
  };
  let folder: string | undefined;
  onStop(() => void stopAll(stops).then(() => process.exit(130)));
  try {
    const stand = await startStand(progress, stops);
    folder = stand.folder;
    const { parts, quick } = options;
    // They need nothing but Postgres, or not even that.
    const alone = {
      guard: () => measureGuard({ stand, guesses: quick ? 500 : 2_000, rounds: quick ? 1 : 3, progress }),
      sends: () => measureSends({ stand, sends: quick ? 400 : 2_000, rounds: quick ? 2 : 4, progress }),
      directory: () => measureDirectory({
        stand, people: quick ? 10_000 : 100_000, leavers: quick ? 200 : 1_000, requests: quick ? 200 : 2_000, progress }),
      statements: () => measureStatements({
        stand, seconds: quick ? 1 : 5, rotateEveryMs: quick ? 1_000 : 10_000, rotateForMs: quick ? 5_000 : 300_000,
        progress }),
      tokens: () => measureTokens({ seconds: quick ? 0.5 : 2, progress }),
    };
    const others = parts.some((part) => !isAlone(part)) ? await prepare(options, stand, kept) : undefined;
    const findings: Finding[] = [];
    for (const part of parts) {
      findings.push(await (isAlone(part) ? alone[part]() : others![part]()));
    }
    return { sections: findings.flatMap(({ sections }) => sections), wrong: findings.flatMap(({ wrong }) => wrong) };
  } catch (error) {
    // The logs go with the folder.
    if (folder !== undefined) showLogs(folder);
    throw error;
  } finally {
    progress('cleaning up');
    await stopAll(stops);
  }
}

async function stopAll(stops: Stops): Promise<void> {
  // Taken out one by one: an interrupt and the end of the run may both come here.
  for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) {
    await stop().catch((error: unknown) => progress(String(error)));
  }
}

async function prepare(options: Options, stand: Stand, kept: <T extends { stop(): Promise<void> }>(started: T) => T) {
  const { quick, conversations } = options;
  const loads = loadsOf(options);
  const perWay = loads.reduce((sum, { count, rounds }) => sum + count * rounds, 0) + warmUp;
  // Each way has people of its own, since all of them send to one Twilio; passers-by never say who they are.
  const samples = quick ? 60 : 1_000;
  const employees = createPeople(0, perWay * 2 + 1_000);
  const passersBy = createPeople(200_000, 40_000);
  const claimed = createClaimed(300_000, options.parts.includes('alike') ? samples * 2 : 0);
  const processes = kept(await startDoorman(stand, [...employees.all, ...claimed.listed], progress));
  const doorman = kept(await connectDoorman(stand, processes, employees));
  const needsBare = options.parts.some((part) => part === 'verification' || part === 'relay');
  const bare = needsBare ? [kept(await startBare(stand))] : [];
  const shared = { doorman, employees, passersBy, stand, progress };
  return {
    verification: async () => {
      const plain = kept(await startPlain(stand, createPeople(500_000, perWay)));
      return measureVerification({ ways: [...bare, doorman, plain, askingFirst(doorman)], loads, warmUp, progress });
    },
    relay: () => measureRelay({
      ways: [...bare, doorman], count: quick ? 15 : 40, rounds: quick ? 2 : 3, progress,
      direct: createDirectCall(stand.assistantUrl, assistantSecret),
    }),
    alike: async () => {
      // The quantum is what the other parts do without.
      const { port: webPort } = kept(await processes.openWeb({ replyQuantumMs: defaultPolicy.replyQuantumMs }));
      const { publicUrl, twilio } = stand;
      await claimed.lock(processes.databaseUrl, processes.keyring);
      return measureAlike({
        webPort, publicUrl, twilio, claimed, passersBy, samples, progress,
        forgetGuesses: () => forgetGuesses(processes.databaseUrl),
        blindGuesses: () => doorman.count('SELECT count(*)::int AS count FROM guesses WHERE NOT evaluated'),
      });
    },
    otp: () => measureOtp({ doorman: processes, twilio: stand.twilio, count: quick ? 60 : 1_000, progress }),
    recovery: () => measureRecovery({ ...shared, count: quick ? 200 : 1_000 }),
    memory: () => measureMemory({ ...shared, levels: quick ? [200] : [conversations ?? 1_000, 10_000] }),
    webhook: () => measureWebhook({ ...shared, seconds: quick ? 6 : 30, secondsWithout: quick ? 3 : 10 }),
  } satisfies Record<Exclude<PartName, PartAlone>, () => Promise<Finding>>;
}

const alone = ['guard', 'sends', 'directory', 'statements', 'tokens'] as const satisfies readonly PartName[];
type PartAlone = (typeof alone)[number];
const isAlone = (part: PartName): part is PartAlone => alone.some((one) => one === part);

function showLogs(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.log'))) {
    const lines = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').slice(-8);
    if (lines.join('') !== '') progress(`${name} ends with\n${lines.join('\n')}`);
  }
}

const warmUp = 30;

function loadsOf({ quick, conversations }: Options) {
  return quick
    ? [{ atOnce: 1, count: conversations ?? 8, rounds: 2 }, { atOnce: 10, count: conversations ?? 30, rounds: 1 }]
    : [{ atOnce: 1, count: conversations ?? 15, rounds: 4 }, { atOnce: 10, count: conversations ?? 50, rounds: 3 },
      { atOnce: 50, count: conversations ?? 100, rounds: 3 }];
}

/** Others' work moves times more than anything of ours: without this line a figure means little. */
function machineOf(shares: { readonly ours: number; readonly others: number }): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const machine = `${availableParallelism()} processors (${arch()} ${platform()}), Node ${process.versions.node}`;
  return `${machine}; busy with the bench ${percent(shares.ours)}, with other work ${percent(shares.others)}`;
}

function print(machine: string, { sections, wrong }: Finding, json: boolean): void {
  process.stdout.write(json ? `${JSON.stringify({ machine, sections, wrong }, null, 2)}\n`
    : `\n${machine}\n\n${renderTables(sections)}`);
  for (const sentence of wrong) progress(`WRONG: ${sentence}`);
  if (wrong.length > 0) process.exitCode = 1;
}

function main(): void {
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    progress(`${(error as Error).message}\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const watched = watchMachine();
  run(options).then((finding) => print(machineOf(watched()), finding, options.json), (error: unknown) => {
    progress(`failed: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
    process.exitCode = 1;
  });
}

main();
