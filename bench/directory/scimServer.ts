// A process that serves SCIM alone, as web does beside all else.
import express from 'express';
import { createPool } from '../../src/db/pool';
import { findSource } from '../../src/directory/scim/tokens';
import { createScimUsers } from '../../src/directory/scim/users';
import { scimRouter } from '../../src/http/scim/scimRouter';
import { scimPath } from '../../src/http/scim/scimSchema';
import { newKeyring, parseKeyring } from '../../src/keys/keyring';
import { createLog } from '../../src/log';

export interface ScimOrder {
  readonly url: string;
  readonly port: number;
}

function serve({ url, port }: ScimOrder): void {
  // As many connections as web has for it.
  const pool = createPool(url, { max: 5, connectionTimeoutMillis: 8_000 });
  const users = createScimUsers({
    pool, countries: undefined, notices: { keys: parseKeyring(JSON.stringify(newKeyring())), noticesMax: 10 } });
  const app = express().disable('x-powered-by').disable('etag').set('query parser', false);
  const log = createLog({ level: 'error', name: 'scim' });
  app.use(scimPath, scimRouter({ users, findSource: (token) => findSource(pool, token) }, 'https://doorman.example.com', log));
  const server = app.listen(port, '127.0.0.1', () => process.send!('ready'));
  process.on('SIGTERM', () => {
    server.close();
    void pool.end();
    process.disconnect();
  });
}

process.on('message', serve);
