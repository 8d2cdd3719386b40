// Whose message it is: a sender is a random id, its number and BSUID are aliases that may come, join and change hands.
// An alias never carries a session to another sender: whatever does not fit is a new sender without any proof (A48).
import type { Note } from '../audit/auditedTransaction';
import type { Queryable } from '../db/pool';
import { lookupHash, open, seal } from '../keys/box';
import type { Keyring } from '../keys/keyring';

/** As the channel spells them, e.g. `whatsapp:+…` and `whatsapp:GB.…`. At least one is there. */
export interface Addresses {
  readonly phone?: string;
  readonly bsuid?: string;
}

export type AddressKeys = Pick<Keyring, 'lookup' | 'storage'>;

type AddressKind = keyof Addresses;

export interface HashedAddress {
  readonly kind: AddressKind;
  readonly address: string;
  readonly hash: Buffer;
}

/** The addresses with the hashes under which they are found, in the order in which they are locked. */
export function hashAddresses(keys: AddressKeys, { phone, bsuid }: Addresses): HashedAddress[] {
  const given: [AddressKind, string | undefined][] = [['phone', phone], ['bsuid', bsuid]];
  return given
    .flatMap(([kind, address]) => address === undefined ? [] : [{ kind, address }])
    .map(({ kind, address }) => ({ kind, address, hash: lookupHash(keys.lookup, 'address', address) }))
    .sort((a, b) => a.hash.compare(b.hash));
}

/** The hash under which a device's identity is kept; null where the channel gives none. */
export function hashIdentityKey(keys: AddressKeys, identityKey: string | undefined): Buffer | null {
  return identityKey === undefined ? null : lookupHash(keys.lookup, 'identityKey', identityKey);
}

interface Owner {
  readonly senderId: string;
  readonly hasBsuid: boolean;
}

interface FoundOwner extends Owner {
  readonly hash: Buffer;
  readonly identityKeyHash: Buffer | null;
}

/** What the addresses of one message mean for the senders that own them (decision 10). */
export type SenderRule = 'same' | 'alias' | 'new' | 'change';

export function senderRule(phone: Owner | undefined, bsuid: Owner | undefined, given: Addresses): SenderRule {
  if (phone === undefined && bsuid === undefined) return 'new';
  if (given.phone === undefined || given.bsuid === undefined) return 'same';
  if (phone !== undefined && phone.senderId === bsuid?.senderId) return 'same';
  // The first BSUID seen with a known number is the same person becoming visible under it.
  if (phone !== undefined && bsuid === undefined && !phone.hasBsuid) return 'alias';
  return 'change';
}

/**
 * Makes all addresses belong to one sender, in the transaction that stores the message. Messages that share an address
 * follow one another here: two first messages of one person make one sender.
 */
export async function claimAddresses(
  tx: Queryable, note: Note, keys: AddressKeys,
  { addresses, identityKeyHash }: { addresses: readonly HashedAddress[]; identityKeyHash: Buffer | null },
): Promise<void> {
  const hashes = addresses.map(({ hash }) => hash);
  const owners = await findOwners(tx, hashes);
  const owned = (kind: AddressKind) => {
    const hash = addresses.find((address) => address.kind === kind)?.hash;
    return owners.find((owner) => hash?.equals(owner.hash));
  };
  const given: Addresses = Object.fromEntries(addresses.map(({ kind, address }) => [kind, address]));
  const rule = owners.some((owner) => isOtherDevice(owner, identityKeyHash))
    ? 'change' : senderRule(owned('phone'), owned('bsuid'), given);
  if (rule === 'same') return rememberDevice(tx, owners[0]!.senderId, identityKeyHash);
  const senderId = rule === 'alias' ? owned('phone')!.senderId : await addSender(tx);
  if (rule === 'change') {
    await tx.query('DELETE FROM sender_addresses WHERE address_hash = ANY ($1)', [hashes]);
    await endFormerSenders(tx, note, senderId, [...new Set(owners.map((owner) => owner.senderId))]);
  }
  await addAddresses(tx, keys, senderId, addresses);
  await rememberDevice(tx, senderId, identityKeyHash);
}

/** Where the channel says nothing, nothing has changed. */
function isOtherDevice({ identityKeyHash: former }: FoundOwner, identityKeyHash: Buffer | null): boolean {
  return identityKeyHash !== null && former !== null && !former.equals(identityKeyHash);
}

async function rememberDevice(tx: Queryable, senderId: string, identityKeyHash: Buffer | null): Promise<void> {
  if (identityKeyHash === null) return;
  await tx.query('UPDATE senders SET identity_key_hash = $2 WHERE id = $1', [senderId, identityKeyHash]);
}

/**
 * Locks the addresses for this transaction, whether their rows exist yet or not: the row lock alone would let two
 * first messages both find nothing. Sorted by hash, so that two messages never wait for each other.
 */
export async function lockAddresses(tx: Queryable, addresses: readonly HashedAddress[]): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key',
    [addresses.map(({ hash }) => hash.readBigInt64BE().toString())]);
}

/**
 * Takes a number from a sender who is known by another BSUID than the one it now comes with: the BSUID is not certain
 * enough to be claimed, but enough not to go on in an old session (A46). Repeat-safe.
 */
export async function partFromOther(
  tx: Queryable, note: Note, keys: AddressKeys, { phone, bsuid }: Addresses,
): Promise<void> {
  if (phone === undefined || bsuid === undefined) return;
  const [number, other] = [hashAddresses(keys, { phone }), hashAddresses(keys, { bsuid })[0]!];
  await lockAddresses(tx, number);
  const [owner] = await findOwners(tx, [number[0]!.hash]);
  if (owner?.hasBsuid !== true) return;
  const { rowCount: isSame } = await tx.query(
    'SELECT 1 FROM sender_addresses WHERE sender_id = $1 AND address_hash = $2', [owner.senderId, other.hash]);
  if (isSame === 1) return;
  await tx.query('DELETE FROM sender_addresses WHERE address_hash = $1', [number[0]!.hash]);
  const senderId = await addSender(tx);
  await endFormerSenders(tx, note, senderId, [owner.senderId]);
  await addAddresses(tx, keys, senderId, number);
}

/** The address to reply to: the one last written from; undefined when another sender has taken it over. */
export async function replyAddress(
  db: Queryable, keys: Pick<Keyring, 'storage'>, senderId: string,
): Promise<string | undefined> {
  const { rows: [row] } = await db.query<{ address_hash: Buffer; address_enc: Buffer }>(
    `SELECT address_hash, address_enc FROM sender_addresses WHERE sender_id = $1 AND written_from_at IS NOT NULL
      ORDER BY written_from_at DESC LIMIT 1`, [senderId]);
  return row && open(keys.storage, row.address_enc, addressContext(row.address_hash)).toString('utf8');
}

/** All numbers that the sender has, as the channel spells them. */
export async function phoneAddresses(
  db: Queryable, keys: Pick<Keyring, 'storage'>, senderId: string,
): Promise<string[]> {
  const { rows } = await db.query<{ address_hash: Buffer; address_enc: Buffer }>(
    `SELECT address_hash, address_enc FROM sender_addresses WHERE sender_id = $1 AND kind = 'phone'
      ORDER BY address_hash`, [senderId]);
  return rows.map((row) => open(keys.storage, row.address_enc, addressContext(row.address_hash)).toString('utf8'));
}

export const addressContext = (hash: Buffer): string => `sender_addresses:${hash.toString('hex')}`;

export function sealAddress(keys: AddressKeys, { address, hash }: HashedAddress): Buffer {
  return seal(keys.storage, address, addressContext(hash));
}

async function findOwners(tx: Queryable, hashes: readonly Buffer[]): Promise<FoundOwner[]> {
  const { rows } = await tx.query<FoundOwner>(
    `SELECT a.address_hash AS hash, a.sender_id AS "senderId", s.identity_key_hash AS "identityKeyHash",
            EXISTS (SELECT FROM sender_addresses b WHERE b.sender_id = a.sender_id AND b.kind = 'bsuid') AS "hasBsuid"
       FROM sender_addresses a JOIN senders s ON s.id = a.sender_id
      WHERE a.address_hash = ANY ($1) ORDER BY a.address_hash FOR UPDATE OF a`, [hashes]);
  return rows;
}

async function addSender(tx: Queryable): Promise<string> {
  const { rows: [row] } = await tx.query<{ id: string }>('INSERT INTO senders DEFAULT VALUES RETURNING id');
  return row!.id;
}

async function addAddresses(
  tx: Queryable, keys: AddressKeys, senderId: string, addresses: readonly HashedAddress[],
): Promise<void> {
  await tx.query(
    `INSERT INTO sender_addresses (address_hash, sender_id, kind, address_enc)
     SELECT hash, $1, kind, enc FROM unnest($2::bytea[], $3::text[], $4::bytea[]) AS given (hash, kind, enc)
     ON CONFLICT (address_hash) DO NOTHING`,
    [senderId, addresses.map(({ hash }) => hash), addresses.map(({ kind }) => kind),
      addresses.map((address) => sealAddress(keys, address))]);
}

/**
 * Takes every proof from senders that lost an alias. Challenges first: a right code that is being judged at this
 * moment either finds its challenge voided or has opened its session before the second statement looks.
 */
async function endFormerSenders(
  tx: Queryable, note: Note, senderId: string, formerSenderIds: string[],
): Promise<void> {
  const reason = 'senderChanged';
  const { rows: voided } = await tx.query<{ challengeId: string; senderId: string }>(
    `UPDATE challenges SET state = 'voided', ended_at = clock_timestamp() WHERE sender_id = ANY ($1) AND state = 'live'
     RETURNING id AS "challengeId", sender_id AS "senderId"`, [formerSenderIds]);
  for (const challenge of voided) note({ kind: 'challenge.voided', facts: { ...challenge, reason } });
  // Nor does a change shed a lock, the way to the next one, or what was counted (A19). Challenges before senders, as
  // whoever charges a guess locks them.
  await tx.query(
    `UPDATE senders SET (locked_until, exhausted_before, former_ids) = (
       SELECT max(locked_until), coalesce(max(exhausted_in_a_row(id)), 0),
              (SELECT coalesce(array_agg(DISTINCT f), '{}')
                 FROM senders o, unnest(o.former_ids || o.id) f WHERE o.id = ANY ($2))
         FROM senders WHERE id = ANY ($2))
      WHERE id = $1`, [senderId, formerSenderIds]);
  await tx.query('UPDATE senders SET changed_at = clock_timestamp() WHERE id = ANY ($1)', [formerSenderIds]);
  const { rows: ended } = await tx.query<{ sessionId: string; senderId: string; employeeId: string }>(
    `UPDATE sessions SET ended_at = clock_timestamp(), end_reason = $2 WHERE sender_id = ANY ($1) AND ended_at IS NULL
     RETURNING id AS "sessionId", sender_id AS "senderId", employee_id AS "employeeId"`, [formerSenderIds, reason]);
  for (const session of ended) note({ kind: 'session.ended', facts: { ...session, reason } });
  note({ kind: 'sender.changed', facts: { senderId, formerSenderIds } });
}
