// Doorman as it runs in production: migrated, its directory imported, web and worker as processes of their own.
import { join } from 'node:path';
import { get } from 'node:http';
import type { Policy } from '../../src/domain/policy';
import { newKeyring } from '../../src/keys/keyring';
import { anyFreePort, freePort } from '../../src/stack/ports';
import { runNode, startProgram, untilReady } from './children';
import type { Child } from './children';
import { writeDirectory } from './people';
import type { Listed } from './people';
import type { Stand } from './stand';
import { account } from './webhook';

export interface Doorman {
  readonly webPort: number;
  /** As the owner of the tables. */
  readonly databaseUrl: string;
  readonly keyring: string;
  readonly web: Child;
  readonly worker: Child;
  /** Starts one more web process, whose conversations have a policy that differs in these numbers from the others'. */
  openWeb(changes: Partial<Policy>): Promise<{ readonly port: number; stop(): Promise<void> }>;
  stop(): Promise<void>;
}

const cli = join(__dirname, '..', '..', 'src', 'cli.js');
// Below the range from which the system takes ports for connections.
const firstPort = 23_100;
const appPassword = 'doorman-bench';
/** Of the assistant that takes the relayed messages. */
export const assistantSecret = `whsec_${Buffer.alloc(32, 'bench').toString('base64')}`;
/** An application that may have codes sent. */
export const benchClient = 'bench';
const clients = [{ name: benchClient, requestsPerMinute: 60_000, verifications: { countries: ['DE'], perDay: 1_000_000 } }];

/**
 * What differs from the default policy: no quantum, no waiting for reports on replies, which the fake provider does not
 * make, and nobody is sent away while 10,000 people are waited for.
 */
const policy: Partial<Policy> = {
  replyQuantumMs: 0, replyOrderWaitMs: 1, identifyIdleMs: 3_600_000, sessionIdleMs: 14_400_000,
  countrySendsPerDayMax: 100_000, destinationSendsInAllPerDayMax: 10_000, messagesPerMinuteMax: 1_000,
};

export async function startDoorman(
  stand: Stand, people: readonly Listed[], progress: (line: string) => void,
): Promise<Doorman> {
  const ownerUrl = await stand.createDatabase('doorman');
  const appUrl = ownerUrl.replace(/\/\/[^@]*@/, `//doorman:${appPassword}@`);
  const keyring = JSON.stringify(newKeyring());
  // Web's internal port and the next one, which the worker takes.
  const internalPort = await freePort(firstPort, { count: 2 });
  const webPort = await anyFreePort();
  const places = { ownerUrl, appUrl, keyring, webPort, internalPort, policy };
  const env = environmentOf(stand, places);
  const options = { env, logs: stand.folder };
  progress('doorman migrate');
  await runNode([cli, 'migrate'], options);
  // Some parts write to one person faster than a person is written to.
  await runNode([cli, 'sending', 'limit', '--per-second', 'off', '--recipient-burst', 'off'], options);
  progress(`doorman directory import: ${people.length} people`);
  const directory = join(stand.folder, 'people.csv');
  writeDirectory(directory, people);
  await runNode([cli, 'directory', 'import', directory], options);
  const web = startProgram('web', process.execPath, [cli, 'web'], options);
  const worker = startProgram('worker', process.execPath, [cli, 'worker'], options);
  await untilReady(web, () => isReady(internalPort));
  await untilReady(worker, () => isReady(internalPort + 1));
  return {
    webPort, keyring, databaseUrl: ownerUrl, web, worker,
    async openWeb(changes) {
      const ports = { webPort: await anyFreePort(), internalPort: await freePort(firstPort) };
      const changed = environmentOf(stand, { ...places, ...ports, policy: { ...policy, ...changes } });
      const another = startProgram('another-web', process.execPath, [cli, 'web'], { env: changed, logs: stand.folder });
      await untilReady(another, () => isReady(ports.internalPort));
      return { port: ports.webPort, stop: () => another.stop() };
    },
    async stop() {
      await web.stop();
      await worker.stop();
    },
  };
}

interface Places {
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly keyring: string;
  readonly webPort: number;
  readonly internalPort: number;
  readonly policy: Partial<Policy>;
}

function environmentOf(stand: Stand, { ownerUrl, appUrl, keyring, webPort, internalPort, policy: numbers }: Places): NodeJS.ProcessEnv {
  return {
    DOORMAN_PROFILE: 'development',
    DOORMAN_PUBLIC_URL: stand.publicUrl,
    DOORMAN_PORT: String(webPort),
    DOORMAN_INTERNAL_PORT: String(internalPort),
    DOORMAN_ORGANISATION: 'Bench',
    DOORMAN_KEYRING: keyring,
    DOORMAN_POLICY: JSON.stringify(numbers),
    DOORMAN_CLIENTS: JSON.stringify({ clients }),
    DATABASE_URL: appUrl,
    DATABASE_OWNER_URL: ownerUrl,
    TEMPORAL_ADDRESS: stand.temporal.address,
    TWILIO_ACCOUNT_SID: account.sid,
    TWILIO_AUTH_TOKEN: account.authToken,
    TWILIO_API_KEY_SID: account.keySid,
    TWILIO_API_KEY_SECRET: account.keySecret,
    TWILIO_WHATSAPP_SENDER: account.whatsapp,
    TWILIO_SMS_SENDER: account.sms,
    TWILIO_API_URL: stand.twilio.origin,
    ASSISTANT_URL: stand.assistantUrl,
    ASSISTANT_SECRET: assistantSecret,
  };
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/readyz' }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', reject);
  });
}
