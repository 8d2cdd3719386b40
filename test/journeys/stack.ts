// A whole Doorman as it runs in production: Postgres, Temporal, simulator, web and worker, each a process of its own.
import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import type { Policy } from '../../src/domain/policy';
import { newKeyring, parseKeyring } from '../../src/keys/keyring';
import type { Keyring } from '../../src/keys/keyring';
import { anyFreePort, freePort } from '../../src/stack/ports';
import { pause } from '../../src/stack/processes';
import { temporalBinary } from '../../src/stack/temporal/temporalBinary';
import { createDataConverter } from '../../src/temporal/dataConverter';
import { RecordingAssistant } from './stand/assistant';
import { postgresPart, programPart, temporalPart } from './stand/parts';
import type { Part, PostgresPart } from './stand/parts';
import { organisation, Phones } from './stand/phones';

const root = resolve(__dirname, '../..');
const cli = join(root, 'dist', 'src', 'cli.js');

export interface StackOptions {
  /** What differs from the default policy. */
  readonly policy?: Partial<Policy>;
  /** The directory as CSV; the demo's people when not given. */
  readonly people?: string;
  /** Settings besides those that every stack has; of some it is known only then where the simulator is. */
  readonly settings?: NodeJS.ProcessEnv | ((stack: Stack) => NodeJS.ProcessEnv);
}

export const partNames = ['postgres', 'temporal', 'simulator', 'web', 'worker', 'codec'] as const;
export type PartName = (typeof partNames)[number];

export const account = {
  sid: `AC${'0a'.repeat(16)}`,
  authToken: 'journeys-auth-token-of-32-letters',
  apiKeySid: `SK${'0b'.repeat(16)}`,
  apiKeySecret: 'journeys-api-key-secret-32-letters',
  whatsappSender: 'whatsapp:+14155238886',
  smsSender: '+14155550100',
} as const;

interface Ports {
  readonly web: number;
  /** Of web; the worker takes the next one. */
  readonly internal: number;
  readonly simulator: number;
  readonly temporal: number;
  readonly postgres: number;
  readonly codec: number;
}

export class Stack {
  readonly parts: Readonly<Record<PartName, Part>>;
  readonly assistant: RecordingAssistant;
  readonly keyring: Keyring;
  readonly codecToken = randomBytes(24).toString('hex');
  private readonly postgres: PostgresPart;
  readonly assistantSecret = `whsec_${randomBytes(32).toString('base64')}`;
  private assistantUrl = '';
  private ownerPool: Pool | undefined;
  private followed: Phones | undefined;
  private connection: Connection | undefined;

  private constructor(
    readonly folder: string, readonly ports: Ports, temporalPath: string, private readonly options: StackOptions,
  ) {
    const keyring = JSON.stringify(newKeyring());
    writeFileSync(this.keyringFile, keyring, { mode: 0o600 });
    this.keyring = parseKeyring(keyring);
    const program = (name: PartName, probe: string) => programPart({
      name, folder, args: [cli, name], env: () => this.env(), isReady: () => answers(probe),
    });
    this.assistant = new RecordingAssistant(this.assistantSecret);
    this.postgres = postgresPart(folder, ports.postgres);
    this.parts = {
      postgres: this.postgres,
      temporal: temporalPart(folder, ports.temporal, temporalPath),
      simulator: program('simulator', `http://127.0.0.1:${ports.simulator}/livez`),
      web: program('web', `http://127.0.0.1:${ports.internal}/readyz`),
      worker: program('worker', `http://127.0.0.1:${ports.internal + 1}/readyz`),
      codec: program('codec', `http://127.0.0.1:${ports.codec}/livez`),
    };
  }

  /** Starts everything but the codec server; some ten seconds. */
  static async start(options: StackOptions = {}): Promise<Stack> {
    if (!existsSync(cli)) throw new Error('there is no build: `npm run build` makes it, `npm test` does so by itself');
    const folder = mkdtempSync(join(tmpdir(), 'doorman-journey-'));
    // As root, Postgres runs as another user, who has to get in; its own folder stays closed.
    chmodSync(folder, 0o711);
    const binary = await temporalBinary((line) => { process.stderr.write(`${line}\n`); });
    const stack = new Stack(folder, await choosePorts(), binary, options);
    try {
      await stack.startAll();
      return stack;
    } catch (error) {
      (error as Error).message += `\n${stack.explain()}`;
      await stack.stop();
      throw error;
    }
  }

  private async startAll(): Promise<void> {
    const { postgres, temporal, simulator, web, worker } = this.parts;
    this.assistantUrl = await this.assistant.start();
    await Promise.all([postgres.start(), temporal.start()]);
    const admin = createPool(this.postgres.url('postgres'), { max: 1 });
    await admin.query('CREATE DATABASE doorman').finally(() => admin.end());
    this.ownerPool = createPool(this.ownerUrl, { max: 3 });
    const people = join(this.folder, 'people.csv');
    if (this.options.people === undefined) copyFileSync(join(root, 'src/simulator/demo/people.csv'), people);
    else writeFileSync(people, this.options.people);
    for (const args of [['migrate'], ['directory', 'import', people]]) {
      const { code, output } = await this.run(args);
      if (code !== 0) throw new Error(`doorman ${args.join(' ')} ended with ${code}: ${output}`);
    }
    await Promise.all([simulator, web, worker].map((part) => part.start()));
    this.followed = new Phones(`http://127.0.0.1:${this.ports.simulator}`, () => this.explain());
    await this.followed.open();
  }

  get phones(): Phones {
    return this.followed!; // `start` opened it
  }

  /** Postgres as the owner of the tables. */
  get owner(): Pool {
    return this.ownerPool!; // `start` made it
  }

  get webUrl(): string {
    return `http://127.0.0.1:${this.ports.web}`;
  }

  get keyringFile(): string {
    return join(this.folder, 'keyring.json');
  }

  get temporalDatabase(): string {
    return join(this.folder, 'temporal.db');
  }

  /** A client that opens payloads, or one that sees them as they lie in Temporal. */
  async temporal({ sealed = false } = {}): Promise<Client> {
    this.connection ??= await Connection.connect({ address: `127.0.0.1:${this.ports.temporal}` });
    return new Client({
      connection: this.connection, ...(sealed ? {} : { dataConverter: createDataConverter(this.keyring.payload) }),
    });
  }

  /** What the processes of Doorman are started with. */
  env(changes: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    const { ports } = this;
    return {
      PATH: process.env.PATH, HOME: process.env.HOME,
      DOORMAN_PROFILE: 'development',
      DOORMAN_PUBLIC_URL: this.webUrl,
      DOORMAN_PORT: String(ports.web),
      DOORMAN_INTERNAL_PORT: String(ports.internal),
      DOORMAN_ORGANISATION: organisation,
      DOORMAN_KEYRING_FILE: this.keyringFile,
      // A test types faster than a person.
      DOORMAN_POLICY: JSON.stringify({ messagesPerMinuteMax: 1_000, ...this.options.policy }),
      DATABASE_URL: this.ownerUrl.replace(/\/\/[^@]*@/, '//application:journeys@'),
      DATABASE_OWNER_URL: this.ownerUrl,
      TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
      TWILIO_ACCOUNT_SID: account.sid,
      TWILIO_AUTH_TOKEN: account.authToken,
      TWILIO_API_KEY_SID: account.apiKeySid,
      TWILIO_API_KEY_SECRET: account.apiKeySecret,
      TWILIO_WHATSAPP_SENDER: account.whatsappSender,
      TWILIO_SMS_SENDER: account.smsSender,
      TWILIO_API_URL: `http://127.0.0.1:${ports.simulator}`,
      ASSISTANT_URL: this.assistantUrl,
      ASSISTANT_SECRET: this.assistantSecret,
      SIMULATOR_PORT: String(ports.simulator),
      SIMULATOR_WEBHOOK_URL: `${this.webUrl}/webhooks/twilio/message`,
      DOORMAN_CODEC_PORT: String(ports.codec),
      DOORMAN_CODEC_TOKEN: this.codecToken,
      ...typeof this.options.settings === 'function' ? this.options.settings(this) : this.options.settings,
      ...changes,
    };
  }

  /** Runs one of Doorman's commands to its end. What it prints is kept with the logs. */
  run(args: readonly string[], changes: NodeJS.ProcessEnv = {}): Promise<{ code: number | null; output: string }> {
    return new Promise((settle, reject) => {
      const child = spawn(process.execPath, [cli, ...args], {
        env: this.env(changes), cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => { output += text; });
      }
      child.once('error', reject);
      child.once('close', (code) => {
        appendFileSync(join(this.folder, 'commands.log'), output);
        settle({ code, output });
      });
    });
  }

  /** Resolves when nothing waits to be handled or sent; rejects when that takes too long. */
  async atRest(withinMs = 60_000): Promise<void> {
    for (const until = Date.now() + withinMs; ;) {
      const { rows: [row] } = await this.owner.query<{ waiting: number }>(
        `SELECT (SELECT count(*) FROM inbox WHERE handled_at IS NULL)::int
              + (SELECT count(*) FROM outbox WHERE state = 'pending')::int AS waiting`);
      if (row!.waiting === 0) return;
      if (Date.now() > until) throw new Error(`${row!.waiting} messages or replies still wait\n${this.explain()}`);
      await pause(50);
    }
  }

  /** What web or worker tells Prometheus. */
  async metrics(of: 'web' | 'worker'): Promise<string> {
    const port = this.ports.internal + (of === 'worker' ? 1 : 0);
    return (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  }

  /** The files with everything that the processes have printed. */
  logFiles(): string[] {
    const files = [...partNames.map((name) => this.parts[name].logFile), join(this.folder, 'commands.log')];
    return files.filter((file) => existsSync(file));
  }

  /** The ends of the logs, for whoever has to find out why a test waited in vain. */
  explain(): string {
    return (['web', 'worker', 'temporal', 'postgres'] as const)
      .map((name) => `--- ${name}\n${this.parts[name].log().slice(-1_500)}`).join('\n');
  }

  /** Stops everything, even what is frozen, and removes its folder. */
  async stop(): Promise<void> {
    this.followed?.close();
    await this.ownerPool?.end();
    await this.connection?.close();
    for (const name of [...partNames].reverse()) await this.parts[name].stop();
    await this.assistant.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get ownerUrl(): string {
    return this.postgres.url('doorman');
  }
}

// Below the range from which the system takes ports for connections, apart from what else looks for ports.
const firstPort = 21_000;

async function choosePorts(): Promise<Ports> {
  // Stacks of several test files may start at the same moment.
  const internal = await freePort(firstPort + (process.pid % 400) * 5, { count: 2 });
  const [web, simulator, temporal, postgres, codec] = [
    await anyFreePort(), await anyFreePort(), await anyFreePort(), await anyFreePort(), await anyFreePort()];
  return { web, internal, simulator, temporal, postgres, codec };
}

async function answers(url: string): Promise<boolean> {
  return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
}
