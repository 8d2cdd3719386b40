// A real LDAP server on this computer: Debian's slapd, with a schema and people of ours, gone with the test.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'ldapts';
import { ldapSettings } from '../../../src/directory/ldap/ldapSettings';
import type { LdapSettings } from '../../../src/directory/ldap/ldapSettings';

export const fixture = (name: string) => readFileSync(join(__dirname, 'fixtures', name), 'utf8');
/** It vouches for `localhost`, not for 127.0.0.1. It and its key are for tests and worth nothing elsewhere. */
export const authority = fixture('testLdapAuthority.cert.pem');
export const otherAuthority = fixture('otherLdapAuthority.cert.pem');

export const suffix = 'dc=acme,dc=example';
export const staff = `ou=staff,${suffix}`;
export const service = `cn=NTDS Settings,${suffix}`;
const root = { dn: `cn=root,${suffix}`, password: 'the one who may write' };
export const reader = { dn: `cn=doorman,${suffix}`, password: 'canary p@ss*word)' };

/** Without it OpenLDAP's limit of 500 entries is that of all pages together. */
export const pagesOfAll = 'sizelimit size.prtotal=unlimited';

const program = [process.env.SLAPD_PATH, '/usr/sbin/slapd', '/usr/libexec/slapd', '/usr/lib/openldap/slapd',
  '/opt/homebrew/opt/openldap/libexec/slapd'].find((path) => path !== undefined && isExecutable(path));
const schemas = ['/etc/ldap/schema', '/etc/openldap/schema', '/opt/homebrew/etc/openldap/schema'].find(existsSync);
const modules = ['/usr/lib/ldap', '/usr/lib/openldap'].find(existsSync);

/** Tests that need one; skipped, with the reason, where there is none. */
export function describeWithSlapd(name: string, tests: () => void): void {
  if (program !== undefined && schemas !== undefined) describe(name, tests);
  else describe.skip(`${name} (skipped: there is no slapd; SLAPD_PATH names one)`, tests);
}

/** An entry as LDIF writes it: attributes with one or several values; bytes are written as such. */
export type Attributes = Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>;

export interface SlapdOptions {
  /** Entries below `staff`, by the value of their `cn`. */
  readonly people: Readonly<Record<string, Attributes>>;
  readonly rootDse?: Attributes;
  /** Further entries, by DN. */
  readonly others?: Readonly<Record<string, Attributes>>;
  /** Lines of its configuration, before the database; unless told, as many people as there are may be read in pages. */
  readonly options?: readonly string[];
  /** Whether it has a certificate; it does unless told. */
  readonly tls?: boolean;
}

export interface Slapd {
  readonly url: string;
  /** Under the name that its certificate has. */
  readonly secureUrl: string;
  readonly port: number;
  readonly securePort: number;
  /** Settings of a feed that reads it, in clear unless told. */
  settings(more?: Partial<Record<keyof LdapSettings, unknown>>): LdapSettings;
  /** Writes as an administrator. */
  change(work: (client: Client) => Promise<unknown>): Promise<void>;
  /** Starts it anew on the same ports, saying something else of itself. */
  restart(rootDse: Attributes): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSlapd(
  { people, rootDse = {}, others = {}, options = [pagesOfAll], tls = true }: SlapdOptions,
): Promise<Slapd> {
  const folder = mkdtempSync(join(tmpdir(), 'doorman-slapd-'));
  const [port, securePort] = [await freePort(), await freePort()];
  const [url, secureUrl] = [`ldap://127.0.0.1:${port}`, `ldaps://localhost:${securePort}`];
  const file = (name: string) => join(folder, name);
  mkdirSync(file('db'));
  writeFileSync(file('doorman.schema'), fixture('doorman.schema'));
  writeFileSync(file('slapd.conf'), configuration(folder, options, tls));
  const sayOfItself = (attributes: Attributes) => writeFileSync(file('root.ldif'), ldif('', attributes));
  sayOfItself(rootDse);
  const entries = Object.entries({ ...frame, ...others, ...Object.fromEntries(Object.entries(people).map(
    ([cn, attributes]) => [`cn=${escapeDn(cn)},${staff}`, person(cn, attributes)])) });
  writeFileSync(file('people.ldif'), entries.map(([dn, attributes]) => ldif(dn, attributes)).join('\n'));
  const added = spawnSync(program!, ['-T', 'add', '-q', '-f', file('slapd.conf'), '-l', file('people.ldif')]);
  if (added.status !== 0) throw new Error(`slapd takes no people: ${added.stderr.toString()}`);
  let running: ChildProcess;
  const start = async () => {
    // Without `-d` it would leave us for the background; this level is for what is said at any.
    const urls = [`${url}/`, ...tls ? [`ldaps://127.0.0.1:${securePort}/`] : []].join(' ');
    const args = ['-d', 'none', '-f', file('slapd.conf'), '-h', urls];
    running = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    await started(running, port);
  };
  const end = async (signal: NodeJS.Signals) => {
    if (running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill(signal);
    await ended;
  };
  await start();
  return {
    url, secureUrl, port, securePort,
    settings: (more = {}) => ldapSettings.parse({
      url, allowInsecure: true, bindDn: reader.dn, password: reader.password, base: staff,
      filter: '(objectClass=inetOrgPerson)', attributes: { employeeNumber: 'employeeID' }, ...more }),
    async change(work) {
      const client = new Client({ url });
      await client.bind(root.dn, root.password);
      await work(client);
      await client.unbind();
    },
    async restart(attributes) {
      await end('SIGTERM');
      sayOfItself(attributes);
      await start();
    },
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const frame: Readonly<Record<string, Attributes>> = {
  [suffix]: { objectClass: ['dcObject', 'organization'], dc: 'acme', o: 'Acme' },
  [staff]: { objectClass: 'organizationalUnit', ou: 'staff' },
  [reader.dn]: {
    objectClass: ['organizationalRole', 'simpleSecurityObject'], cn: 'doorman', userPassword: reader.password },
};

function person(cn: string, attributes: Attributes): Attributes {
  return { objectClass: ['inetOrgPerson', 'doormanAccount'], cn, sn: 'Example', ...attributes };
}

function configuration(folder: string, options: readonly string[], tls: boolean): string {
  const fixtures = join(__dirname, 'fixtures');
  return [
    ...['core', 'cosine', 'inetorgperson'].map((name) => `include ${schemas}/${name}.schema`),
    `include ${folder}/doorman.schema`,
    ...modules === undefined ? [] : [`modulepath ${modules}`, 'moduleload back_mdb'],
    `pidfile ${folder}/slapd.pid`, `rootDSE ${folder}/root.ldif`,
    ...tls ? [`TLSCACertificateFile ${fixtures}/testLdapAuthority.cert.pem`,
      `TLSCertificateFile ${fixtures}/testLdapServer.cert.pem`,
      `TLSCertificateKeyFile ${fixtures}/testLdapServer.key.pem`] : [],
    ...options,
    'database mdb', `suffix "${suffix}"`, `rootdn "${root.dn}"`, `rootpw "${root.password}"`, `directory ${folder}/db`,
    'maxsize 268435456', 'dbnosync',
    // As with Active Directory: who is nobody sees nobody.
    'access to attrs=userPassword by anonymous auth by * none', 'access to * by users read by anonymous auth',
    '',
  ].join('\n');
}

function ldif(dn: string, attributes: Attributes): string {
  // In base64, whatever a value holds.
  const line = (name: string, value: string | Buffer) => `${name}:: ${Buffer.from(value).toString('base64')}`;
  const lines = Object.entries(attributes).flatMap(([name, values]) =>
    [values].flat().map((value) => line(name, value as string | Buffer))); // cast: a Buffer is no list to `flat`
  return [dn === '' ? 'dn:' : line('dn', dn), ...lines, ''].join('\n');
}

export function escapeDn(value: string): string {
  return value.replace(/[\\,+"<>;=#]|^ | $/g, '\\$&');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Until it takes connections. What it says afterwards is read on, or it would wait for a reader. */
async function started(running: ChildProcess, port: number): Promise<void> {
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    running.once('exit', () => reject(new Error(`slapd does not start: ${said.join('\n')}`)));
    createInterface({ input: running.stderr! }).on('line', (line) => { // it has a pipe
      if (line.includes('slapd starting')) resolve();
      else said.push(line);
    });
  });
  // It says so a moment before it listens.
  while (!await accepts(port)) if (running.exitCode !== null) throw new Error(`slapd has ended: ${said.join('\n')}`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
