// doorman up | web | worker | codec | simulator | migrate
import type { Command } from 'commander';
import { loadConfig, loadTemporalConfig, readSetting, Misconfiguration } from '../config';
import { progress } from './output';

// Each command loads its own part only: the web process, say, must not load the worker's native core.
export function processCommands(program: Command): void {
  program.command('up')
    .description('everything on this computer: Postgres, Temporal, simulator, web, worker, codec server')
    .action(async () => {
      const { up } = await import('../stack/up.js');
      await up({ root: process.cwd(), progress });
    });
  program.command('web').description('the public process: webhooks in').action(async () => {
    const { runWeb } = await import('../web.js');
    await runWeb(loadConfig());
  });
  program.command('worker').description('the worker: conversations and their activities').action(async () => {
    const { runWorker } = await import('../worker.js');
    await runWorker(loadConfig());
    process.exit(0);
  });
  program.command('codec').description('decodes payloads for the Temporal UI, on the loopback').action(async () => {
    const { runCodec } = await import('../codec.js');
    await runCodec(loadConfig());
  });
  program.command('simulator').description('the local Twilio, phone and chat page; never in production')
    .action(async () => {
      const { runSimulator } = await import('../simulator/simulator.js');
      await runSimulator();
    });
  program.command('migrate').description('brings the tables and search attributes up to date; safe to repeat')
    .action(async () => {
      await migrateEverything();
    });
}

async function migrateEverything(): Promise<void> {
  const appUrl = readSetting('DATABASE_URL');
  const ownerUrl = readSetting('DATABASE_OWNER_URL') ?? appUrl;
  if (ownerUrl === undefined) {
    throw new Misconfiguration(['DATABASE_OWNER_URL: is missing. Postgres as the owner of the tables']);
  }
  const { migrate } = await import('../db/migrations.js');
  await migrate({ ownerUrl, ...(appUrl === undefined ? {} : { appUrl }), onProgress: progress });
  const address = readSetting('TEMPORAL_ADDRESS');
  if (address === undefined) return progress('TEMPORAL_ADDRESS is not set: search attributes were left alone');
  const { registerSearchAttributes } = await import('../temporal/searchAttributes.js');
  await registerSearchAttributes(loadTemporalConfig());
  progress('search attributes are registered');
}
