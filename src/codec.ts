// The codec server's process: decodes payloads for the Temporal UI, on the loopback, each decode in the audit.
import { auditedTransaction } from './audit/auditedTransaction';
import { Misconfiguration } from './config';
import type { Config } from './config';
import { createPool } from './db/pool';
import { createLog } from './log';
import { closeServer, listen, stopRequested } from './process';
import { createCodecServer } from './temporal/codecServer';

/** Runs until told to stop. Throws Misconfiguration when no token is set: an open codec server decodes everything. */
export async function runCodec(config: Config): Promise<void> {
  const token = config.DOORMAN_CODEC_TOKEN;
  if (token === undefined) {
    throw new Misconfiguration(['DOORMAN_CODEC_TOKEN: is missing. What the Temporal UI must show']);
  }
  const log = createLog({ level: config.DOORMAN_LOG_LEVEL, name: 'codec' });
  const pool = createPool(config.DATABASE_URL, { max: 2, application_name: 'doorman codec' });
  const listener = createCodecServer({
    keys: config.keyring.payload,
    token,
    origin: config.DOORMAN_CODEC_ORIGIN,
    report: (error) => log.error('payloads were not decoded', { error }),
    audit: (facts) => auditedTransaction(pool, async (_tx, note) => note({ kind: 'payload.decoded', facts })),
  });
  const server = await listen(listener, config.DOORMAN_CODEC_PORT, '127.0.0.1');
  await stopRequested();
  await closeServer(server);
  await pool.end();
}
