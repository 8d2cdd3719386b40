// A former storage key can be retired: whoever wrote under it is still answered, and what it seals is known.
import { resealAddresses, sealedByKey } from '../../src/inbox/reseal';
import type { Resealed } from '../../src/inbox/reseal';
import { handleMessage } from '../../src/inbox/handling';
import { storeMessage } from '../../src/inbox/inbox';
import { replyAddress } from '../../src/inbox/senders';
import type { Addresses } from '../../src/inbox/senders';
import { newKeyring, parseKeyring, rotateKey } from '../../src/keys/keyring';
import type { Keyring, KeyringFile } from '../../src/keys/keyring';
import { createInboxWorld, incoming } from '../support/inboxWorld';
import type { InboxWorld } from '../support/inboxWorld';

let world: InboxWorld;
beforeAll(async () => { world = await createInboxWorld(); }, 60_000);
afterAll(() => world.close());
beforeEach(() => world.owner.query('DELETE FROM senders'));

const first = newKeyring();
const rotated = rotateKey(first, 'storage').file;
const without = (file: KeyringFile, id: string): KeyringFile => {
  const { [id]: _gone, ...keys } = file.storage.keys;
  return { ...file, storage: { ...file.storage, keys } };
};
const ring = (file: KeyringFile): Keyring => parseKeyring(JSON.stringify(file));
const [before, after, retired] = [ring(first), ring(rotated), ring(without(rotated, 'k1'))];

let last = 0;
const fresh = (): Required<Addresses> => {
  last += 1;
  return { phone: `whatsapp:+49160${String(last).padStart(7, '0')}`, bsuid: `whatsapp:DE.r${last}` };
};
async function write(keys: Keyring, addresses: Addresses): Promise<string> {
  const message = incoming(addresses);
  const stored = await storeMessage(world.pool, keys, message);
  if (stored.outcome !== 'stored') throw new Error('known');
  await handleMessage(world.pool, keys.storage, { messageId: message.messageId, senderId: stored.senderId },
    async () => ({ reaction: 'ask' }));
  return stored.senderId;
}

test('everybody who wrote under a former key is answered when it is gone', async () => {
  const people = Array.from({ length: 7 }, fresh);
  const senderIds = [];
  for (const { phone } of people) senderIds.push(await write(before, { phone }));
  await expect(replyAddress(world.pool, retired, senderIds[0]!)).rejects.toThrow(/no key "k1"/);
  expect(await resealAddresses(world.pool, after.storage)).toEqual({ seen: 7, resealed: 7, unreadable: 0 });
  for (const [nth, { phone }] of people.entries()) {
    expect(await replyAddress(world.pool, retired, senderIds[nth]!)).toBe(phone);
  }
  expect(await sealedByKey(world.pool)).toEqual({ k2: 7 });
});

test('goes on in batches, tells how far it is, and does nothing twice', async () => {
  const senderId = await write(before, fresh());
  await world.pool.query(
    `INSERT INTO sender_addresses (address_hash, sender_id, kind, address_enc)
     SELECT sha256(n::text::bytea), $1, 'phone', '\\x00' FROM generate_series(1, 1200) AS n`, [senderId]);
  const told: Resealed[] = [];
  const done = await resealAddresses(world.pool, after.storage, (so) => told.push(so));
  // What is no sealed value at all is neither touched nor in the way of the rest.
  expect(done).toEqual({ seen: 1_202, resealed: 2, unreadable: 1_200 });
  expect(told.map(({ seen }) => seen)).toEqual([500, 1_000, 1_202]);
  expect(await resealAddresses(world.pool, after.storage)).toEqual({ seen: 1_202, resealed: 0, unreadable: 1_200 });
  expect(await replyAddress(world.pool, retired, senderId)).toMatch(/^whatsapp:/);
});

test('says how many addresses nobody can open, and reseals the others', async () => {
  const lost = ring(newKeyring());
  await write(lost, { phone: fresh().phone });
  const known = await write(before, { phone: fresh().phone });
  expect(await resealAddresses(world.pool, after.storage)).toEqual({ seen: 2, resealed: 1, unreadable: 1 });
  expect(await replyAddress(world.pool, retired, known)).toMatch(/^whatsapp:/);
});

test('whoever writes is sealed anew at once, under every address', async () => {
  const addresses = fresh();
  const senderId = await write(before, addresses);
  expect(await sealedByKey(world.pool)).toEqual({ k1: 2 });
  expect(await write(after, addresses)).toBe(senderId);
  expect(await sealedByKey(world.pool)).toEqual({ k2: 2 });
  expect(await replyAddress(world.pool, retired, senderId)).toBe(addresses.phone);
});

test('a sender who writes under the same key has no address sealed anew', async () => {
  const addresses = fresh();
  await write(after, addresses);
  const versions = () => world.rows('SELECT address_hash, address_enc FROM sender_addresses ORDER BY 1');
  const written = await versions();
  await write(after, addresses);
  expect(await versions()).toEqual(written);
});

test('texts that wait are counted until they are handled', async () => {
  const message = incoming(fresh());
  await storeMessage(world.pool, before, message);
  await resealAddresses(world.pool, after.storage);
  expect(await sealedByKey(world.pool)).toEqual({ k1: 1, k2: 2 });
});
