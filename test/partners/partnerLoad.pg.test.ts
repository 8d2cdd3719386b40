// A partner that posts much at once while its people are being read: it waits, and nobody else does.
import { loadConfig } from '../../src/config';
import { createPool } from '../../src/db/pool';
import { newKeyring } from '../../src/keys/keyring';
import { wireWeb } from '../../src/wiring';
import { createTestDatabase } from '../support/postgres';
import { directoryPartner, headersOf, personEvent, signed } from './partnerRequests';

const hex = '0123456789abcdef0123456789abcdef';
const settings = {
  DOORMAN_PROFILE: 'development',
  DOORMAN_PUBLIC_URL: 'https://doorman.acme.example',
  DOORMAN_ORGANISATION: 'Acme',
  DOORMAN_KEYRING: JSON.stringify(newKeyring()),
  DOORMAN_PARTNERS: JSON.stringify({ partners: [directoryPartner('plain', 'plain')] }),
  DOORMAN_LOG_LEVEL: 'error',
  TEMPORAL_ADDRESS: '127.0.0.1:1',
  TWILIO_ACCOUNT_SID: `AC${hex}`,
  TWILIO_AUTH_TOKEN: hex,
  TWILIO_API_KEY_SID: `SK${hex}`,
  TWILIO_API_KEY_SECRET: hex,
  TWILIO_WHATSAPP_SENDER: 'whatsapp:+14155238886',
  TWILIO_MESSAGING_SERVICE_SID: `MG${hex}`,
  ASSISTANT_URL: 'https://assistant.acme.example/turns',
  ASSISTANT_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAAAAAAAAAAA=',
};

test('events that wait for a reading of their source take no connection from messages', async () => {
  const database = await createTestDatabase();
  const wired = wireWeb(loadConfig({ ...settings, DATABASE_URL: database.url }));
  const pool = createPool(database.url, { max: 2 });
  const reading = await pool.connect();
  try {
    await wired.database.untilSound(AbortSignal.timeout(30_000));
    await reading.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('directory partner:plain', 0))`);
    const answers = Promise.allSettled(Array.from({ length: 12 }, (_, nth) => {
      const event = signed('plain', 'plain', personEvent('hired', 1, { key: `W-${nth}`, number: `E10${nth}` }));
      return wired.app.partners!.receive({ ...event, headers: headersOf(event) });
    }));
    for (let waiting = 0; waiting === 0;) {
      const { rowCount } = await pool.query(
        `SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database
          WHERE locktype = 'advisory' AND NOT granted AND d.datname = current_database()`);
      waiting = rowCount ?? 0;
    }
    expect(await wired.database.isReady()).toBe(true);
    await reading.query('COMMIT');
    expect(await answers).toEqual(Array<unknown>(12).fill({ status: 'fulfilled', value: { outcome: 'applied', without: [] } }));
  } finally {
    reading.release();
    await wired.close();
    await pool.end();
    await database.drop();
  }
});
