// Brings the tables up to date and makes the application's user. Safe to repeat, and when several start it at once.
import { createHmac, createHash, pbkdf2Sync, randomBytes } from 'node:crypto';
import { runner } from 'node-pg-migrate';
import { Client } from 'pg';
import { migrationsFolder } from './soundness';

export interface MigrateOptions {
  /** Postgres as the owner of the tables: may create roles. */
  readonly ownerUrl: string;
  /** Postgres as the application. A user other than the owner is created when missing, and let into `doorman_app`. */
  readonly appUrl?: string;
  readonly onProgress?: (line: string) => void;
}

/** Applies what is missing, in one transaction. Resolves with the names applied; rejects with Postgres's reason. */
export async function migrate({ ownerUrl, appUrl, onProgress = () => undefined }: MigrateOptions): Promise<string[]> {
  const applied = await runner({
    databaseUrl: ownerUrl,
    dir: migrationsFolder,
    direction: 'up',
    migrationsTable: 'migrations',
    // Three processes that start together: one applies, the others wait and find nothing to do.
    advisoryLockMode: 'wait',
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  for (const { name } of applied) onProgress(`migrated ${name}`);
  if (applied.length === 0) onProgress('the tables are up to date');
  if (appUrl !== undefined) await admitApplication(ownerUrl, appUrl, onProgress);
  return applied.map(({ name }) => name);
}

async function admitApplication(
  ownerUrl: string, appUrl: string, onProgress: (line: string) => void,
): Promise<void> {
  const user = decodeURIComponent(new URL(appUrl).username);
  const password = decodeURIComponent(new URL(appUrl).password);
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    const { rows: [self] } = await owner.query<{ me: string }>('SELECT current_user AS me');
    if (user === '' || user === self!.me) {
      onProgress('the application logs in as the owner of the tables: '
        + 'give it a user of its own, or it could rewrite the audit');
      return;
    }
    const { rows: [role] } = await owner.query<{ member: boolean }>(
      "SELECT pg_has_role(oid, 'doorman_app', 'MEMBER') AS member FROM pg_roles WHERE rolname = $1", [user]);
    if (role === undefined) {
      await createLogin(owner, user, password);
      onProgress(`created the application's user ${user}`);
    }
    if (role?.member !== true) await admit(owner, user);
  } finally {
    await owner.end();
  }
}

async function createLogin(owner: Client, user: string, password: string): Promise<void> {
  if (password === '') {
    throw new Error(`the application's user ${user} does not exist, and its URL has no password to make it with`);
  }
  await tolerant(owner, 'CREATE ROLE %I LOGIN PASSWORD %L', [user, scramVerifier(password)]);
}

async function admit(owner: Client, user: string): Promise<void> {
  await tolerant(owner, 'GRANT doorman_app TO %I', [user]);
}

// Another migration, in this database or a neighbour (roles belong to the cluster), may do the same at this moment.
const raced = new Set(['42710', '23505']);
const updatedMeanwhile = 'XX000';

async function tolerant(owner: Client, statement: string, names: readonly string[]): Promise<void> {
  const { rows: [row] } = await owner.query<{ sql: string }>(
    `SELECT format('${statement}', ${names.map((_, i) => `$${i + 1}::text`).join(', ')}) AS sql`, [...names]);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await owner.query(row!.sql);
      return;
    } catch (error) {
      const { code = '' } = error as { code?: string };
      if (raced.has(code)) return;
      if (code !== updatedMeanwhile || attempt === 5) throw error;
    }
  }
}

/** What Postgres stores of a password (RFC 5802), made here so that no statement and no log holds the password. */
function scramVerifier(password: string): string {
  const iterations = 4096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64');
  const serverKey = keyed('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
