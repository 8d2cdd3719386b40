// `doorman up`: everything on this computer, kept running until it is told to stop. State in var/ outlives a restart.
import { chmodSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readSetting } from '../config';
import { createKeyringFile } from '../keys/keyringFile';
import { runProgram } from './programs';
import { reported } from './progress';
import type { Progress } from './progress';
import { behindTheDoor } from './up/behindTheDoor';
import { hrPartner } from './up/hrPartner';
import {
  givenSettings, keptSecrets, playPolicy, unlessGiven, withoutSettings, writeEnvFile,
} from './up/localSettings';
import type { Values } from './up/localSettings';
import { choosePorts } from './up/ports';
import type { Ports } from './up/ports';
import { compiledCli, programNames, startProgram, stopOrder } from './up/programs';
import type { ProgramName } from './up/programs';
import { hasNoPeople, preparePostgres, prepareTemporal } from './up/servers';
import { clearFormer, known, removeState, writeState } from './up/stackState';
import { supervise } from './up/supervised';
import type { Supervised } from './up/supervised';

export interface UpOptions {
  /** The checkout: dist/ is run from there, var/ is written there. */
  readonly root: string;
  readonly progress: Progress;
}

/** npm passes a Ctrl-C on to whom the terminal has sent it already: what comes so soon is the same one. */
const sameSignalMs = 1_500;
const logBytesMax = 20 * 1024 * 1024;

/** Starts everything, tells where to look, and ends the process when it was asked to stop and has stopped in order. */
export async function up({ root, progress }: UpOptions): Promise<void> {
  const stopAsked = listenForStop(progress);
  const stack = new LocalStack(root, progress);
  const failed = stack.start().then(() => undefined, (error: Error) => error);
  const failure = await Promise.race([failed, stopAsked]);
  if (failure === undefined) await stopAsked;
  else progress('it does not start: stopping what did');
  await stack.stop();
  if (failure !== undefined) throw failure;
  progress('stopped. `npm start` goes on where this was.');
  // A start that was interrupted may have something under way still.
  process.exit(0);
}

function listenForStop(progress: Progress): Promise<undefined> {
  let asked: number | undefined;
  return new Promise((resolve) => {
    const handle = () => {
      if (asked === undefined) {
        asked = Date.now();
        progress('stopping …');
        resolve(undefined);
      } else if (Date.now() - asked > sameSignalMs) {
        progress('stopping at once; the next start tidies up');
        process.exit(130);
      }
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, handle);
  });
}

class LocalStack {
  private readonly folder: string;
  private readonly stateFile: string;
  private readonly servers: Supervised[] = [];
  private readonly programs = new Map<ProgramName, Supervised>();
  private page: string | undefined;
  private isOurs = false;

  constructor(private readonly root: string, private readonly progress: Progress) {
    this.folder = join(root, 'var');
    this.stateFile = join(this.folder, 'stack.json');
  }

  async start(): Promise<void> {
    const cli = compiledCli(this.root);
    this.makeFolders();
    await reported(this.progress, 'stopping what a former run left', () => clearFormer(this.stateFile));
    this.isOurs = true;
    this.writeState();
    const ports = await choosePorts();
    const values = await this.prepare(ports);
    const env = { ...withoutSettings(), ...forPrograms(values) };
    if (await hasNoPeople(values.DATABASE_URL!)) await this.importPeople(cli, env);
    const options = { cli, env, ports, logFolder: join(this.folder, 'log') };
    await reported(this.progress, 'starting simulator, web, worker and codec server', () =>
      Promise.all(programNames.map(async (name) => {
        this.programs.set(name, await this.supervise(name, () => startProgram(name, options)));
      })));
    this.page = `http://127.0.0.1:${ports.simulator}`;
    this.writeState();
    this.tellWhere(values, ports);
  }

  async stop(): Promise<void> {
    if (!this.isOurs) return;
    for (const group of stopOrder) {
      const running = group.flatMap((name) => this.programs.get(name) ?? []);
      await reported(this.progress, `stopping ${group.join(' and ')}`, () =>
        Promise.all(running.map((program) => program.stop())));
    }
    await reported(this.progress, 'stopping Temporal and Postgres', () =>
      Promise.all(this.servers.map((server) => server.stop())));
    removeState(this.stateFile);
  }

  /** Postgres and Temporal; every setting that our processes need. */
  private async prepare(ports: Ports): Promise<Values> {
    const envFile = join(this.folder, 'local.env');
    const keyring = join(this.folder, 'keyring.json');
    const given = givenSettings(envFile);
    const secrets = keptSecrets(envFile);
    // Kept before anything is made with them: a database whose password is lost cannot be opened.
    writeEnvFile(envFile, secrets);
    if (!existsSync(keyring)) createKeyringFile(keyring);
    const context = {
      folder: this.folder, secrets, given, progress: this.progress, onChange: () => this.writeState(),
      keep: (server: Supervised) => { this.servers.push(server); this.writeState(); },
    };
    const [postgres, temporal] = await Promise.all([
      preparePostgres(context, ports.postgres),
      prepareTemporal(context, ports, `http://127.0.0.1:${ports.codec}/${secrets.DOORMAN_CODEC_TOKEN}`),
    ]);
    const values = {
      ...unlessGiven({
        ...secrets, ...addresses(ports, this.folder), ...ways(ports, secrets), DOORMAN_KEYRING_FILE: keyring,
        DOORMAN_PARTNERS: hrPartner(secrets.SIMULATOR_HR_SECRET!), ...demoAssistant(ports, secrets, given),
      }, given),
      ...given, ...postgres, ...temporal,
    };
    writeEnvFile(envFile, values);
    return values;
  }

  private async importPeople(cli: string, env: NodeJS.ProcessEnv): Promise<void> {
    const people = join(this.root, 'dist', 'src', 'simulator', 'demo', 'people.csv');
    await reported(this.progress, 'importing the people of the demo', () =>
      runProgram(process.execPath, [cli, 'directory', 'import', people], { env }));
  }

  private supervise(name: string, launch: Parameters<typeof supervise>[1]): Promise<Supervised> {
    return supervise(name, launch, this.progress, () => this.writeState());
  }

  private makeFolders(): void {
    const logs = join(this.folder, 'log');
    mkdirSync(logs, { recursive: true });
    // As root, Postgres runs as another user, who has to pass to its own folder.
    chmodSync(this.folder, 0o711);
    chmodSync(logs, 0o700);
    for (const name of ['postgres', 'temporal', ...programNames]) {
      const log = join(logs, `${name}.log`);
      if (existsSync(log) && statSync(log).size > logBytesMax) renameSync(log, `${log}.old`);
    }
  }

  private writeState(): void {
    writeState(this.stateFile, {
      supervisor: known('doorman up', process.pid)!, // this process runs
      ...(this.page === undefined ? {} : { page: this.page }),
      processes: [...this.servers, ...this.programs.values()].flatMap(({ name, pid }) => known(name, pid()) ?? []),
    });
  }

  private tellWhere(values: Values, ports: Ports): void {
    const ownTemporal = values.TEMPORAL_ADDRESS === `127.0.0.1:${ports.temporal}`;
    const rows = [
      ['Write to Doorman, as anybody', `http://127.0.0.1:${ports.simulator}`],
      ...ownTemporal ? [['Conversations in Temporal', `http://127.0.0.1:${ports.temporalUi}`]] : [],
      ['Health and metrics', `http://127.0.0.1:${ports.internal}/readyz  /metrics (worker: ${ports.internal + 1})`],
      ['Logs', join(this.folder, 'log')],
      ['Commands', `source ${join('var', 'local.env')}; npx doorman --help`],
    ] as const;
    const width = Math.max(...rows.map(([what]) => what!.length));
    this.progress(['', 'Doorman runs.', '', ...rows.map(([what, where]) => `  ${what!.padEnd(width)}   ${where}`), '',
      'Ctrl-C stops it; everything is kept, and the next start goes on.'].join('\n'));
  }
}

/** What lets in as the owner of the tables is nobody's but the migration's. */
function forPrograms(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !/^(LOCAL_|DATABASE_OWNER_URL)/.test(name)));
}

/** The demo's assistant and what it asks; nothing of it beside an assistant of the user's. */
function demoAssistant({ simulator }: Ports, secrets: Values, given: Values): Values {
  const own = ['ASSISTANT_URL', 'ASSISTANT_URL_FILE', 'DOORMAN_ASSISTANT', 'DOORMAN_ASSISTANT_FILE'];
  if (own.some((name) => name in given)) return {};
  return { ...behindTheDoor(`http://127.0.0.1:${simulator}`, {
    assistantSecret: readSetting('ASSISTANT_SECRET', given) ?? secrets.ASSISTANT_SECRET!,
    accountsToken: secrets.SIMULATOR_ACCOUNTS_TOKEN!,
  }) };
}

/** Every way that a code can go, and notices by mail: to the phones and mailboxes of the simulator. */
function ways({ smtp }: Ports, { SIMULATOR_SMTP_PASSWORD: password }: Values): Values {
  return {
    DOORMAN_CODE_METHODS: 'sms,call,email',
    TWILIO_SMS_SENDER: '+14155550100',
    TWILIO_VOICE_SENDER: '+14155550101',
    SIMULATOR_SMTP_PORT: String(smtp),
    DOORMAN_SMTP_URL: `smtp://doorman:${password}@127.0.0.1:${smtp}`,
    DOORMAN_MAIL_FROM: 'doorman@example.com',
  };
}

/** Who listens where, and who calls whom. */
function addresses(ports: Ports, folder: string): Values {
  const web = `http://127.0.0.1:${ports.web}`;
  const simulator = `http://127.0.0.1:${ports.simulator}`;
  const temporalUi = `http://127.0.0.1:${ports.temporalUi}`;
  return {
    DOORMAN_PROFILE: 'development',
    DOORMAN_ORGANISATION: 'Example Ltd',
    DOORMAN_POLICY: JSON.stringify(playPolicy),
    DOORMAN_PUBLIC_URL: web,
    DOORMAN_PORT: String(ports.web),
    DOORMAN_INTERNAL_PORT: String(ports.internal),
    DOORMAN_CODEC_PORT: String(ports.codec),
    DOORMAN_CODEC_ORIGIN: temporalUi,
    TWILIO_WHATSAPP_SENDER: 'whatsapp:+14155238886',
    TWILIO_API_URL: simulator,
    ASSISTANT_URL: `${simulator}/assistant`,
    SIMULATOR_PORT: String(ports.simulator),
    SIMULATOR_WEBHOOK_URL: `${web}/webhooks/twilio/message`,
    SIMULATOR_STATE: join(folder, 'simulator.jsonl'),
    SIMULATOR_TEMPORAL_UI: temporalUi,
  };
}
