// Who a message belongs to: aliases join, change hands and never carry a session along (decision 10, A48).
import fc from 'fast-check';
import { replyAddress } from '../../src/inbox/senders';
import type { Addresses } from '../../src/inbox/senders';
import { wasVerified } from '../../src/otp/challenges';
import { createInboxWorld } from '../support/inboxWorld';
import type { InboxWorld } from '../support/inboxWorld';

let world: InboxWorld;
beforeAll(async () => { world = await createInboxWorld(); }, 60_000);
afterAll(() => world.close());

let last = 0;
/** Addresses that nobody has written from before. */
const fresh = () => {
  last += 1;
  return { phone: `whatsapp:+4477009${String(last).padStart(5, '0')}`, bsuid: `whatsapp:GB.${last}` };
};
const openSessions = (senderId: string) =>
  world.rows('SELECT id FROM sessions WHERE sender_id = $1 AND ended_at IS NULL', [senderId]);
const liveChallenges = (senderId: string) =>
  world.rows(`SELECT id FROM challenges WHERE sender_id = $1 AND state = 'live'`, [senderId]);
const auditOf = async (senderId: string) => (await world.rows<{ kind: string }>(
  `SELECT kind FROM audit WHERE facts->>'senderId' = $1 OR facts->'formerSenderIds' ? $1 ORDER BY seq`, [senderId]))
    .map(({ kind }) => kind);

describe('one person', () => {
  test('stays one sender under the number, the BSUID and both', async () => {
    const { phone, bsuid } = fresh();
    const senderId = await world.senderOf({ phone, bsuid });
    for (const addresses of [{ phone }, { bsuid }, { phone, bsuid }]) {
      expect(await world.senderOf(addresses)).toBe(senderId);
    }
    expect(await auditOf(senderId)).toEqual([]);
  });

  test('keeps the session when the first BSUID comes with a known number', async () => {
    const { phone, bsuid } = fresh();
    const senderId = await world.senderOf({ phone });
    await world.openSession(senderId);
    expect(await world.senderOf({ phone, bsuid })).toBe(senderId);
    expect(await world.senderOf({ bsuid })).toBe(senderId);
    expect(await openSessions(senderId)).toHaveLength(1);
    expect(await auditOf(senderId)).toEqual([]);
  });

  test('is answered at the address last written from', async () => {
    const { phone, bsuid } = fresh();
    const senderId = await world.senderOf({ phone, bsuid });
    const answered = () => replyAddress(world.pool, world.keys, senderId);
    expect(await answered()).toBe(phone);
    await world.senderOf({ bsuid });
    expect(await answered()).toBe(bsuid);
    await world.store({ phone, bsuid }, { writtenFrom: bsuid });
    expect(await answered()).toBe(bsuid);
    await world.senderOf({ phone });
    expect(await answered()).toBe(phone);
  });

  test('has addresses that are found by keyed hash and lie encrypted', async () => {
    const { phone, bsuid } = fresh();
    const senderId = await world.senderOf({ phone, bsuid });
    const rows = await world.rows<object>(
      'SELECT address_hash, address_enc FROM sender_addresses WHERE sender_id = $1', [senderId]);
    expect(rows).toHaveLength(2);
    const bytes = rows.flatMap((row) => Object.values(row) as Buffer[]).map((value) => value.toString('latin1')).join();
    expect(bytes).not.toContain(phone.slice(-5));
    expect(bytes).not.toContain(bsuid);
  });
});

describe('what does not fit is a new proof', () => {
  async function changed(former: Addresses, then: Addresses): Promise<{ formerId: string; senderId: string }> {
    const formerId = await world.senderOf(former);
    await world.openSession(formerId);
    const senderId = await world.senderOf(then);
    expect(senderId).not.toBe(formerId);
    expect(await openSessions(formerId)).toEqual([]);
    expect(await liveChallenges(formerId)).toEqual([]);
    expect(await openSessions(senderId)).toEqual([]);
    expect(await auditOf(formerId)).toEqual(['challenge.voided', 'session.ended', 'sender.changed']);
    return { formerId, senderId };
  }

  test('a known number with another BSUID', async () => {
    const { phone, bsuid } = fresh();
    const { formerId, senderId } = await changed({ phone, bsuid }, { phone, bsuid: fresh().bsuid });
    expect(await world.senderOf({ phone })).toBe(senderId);
    expect(await world.senderOf({ bsuid })).toBe(formerId);
    expect(await replyAddress(world.pool, world.keys, formerId)).toBe(bsuid);
  });

  test('a known BSUID with another number', async () => {
    const { phone, bsuid } = fresh();
    const { formerId, senderId } = await changed({ phone, bsuid }, { phone: fresh().phone, bsuid });
    expect(await world.senderOf({ bsuid })).toBe(senderId);
    expect(await world.senderOf({ phone })).toBe(formerId);
  });

  test('a BSUID whose number appears later', async () => {
    const { phone, bsuid } = fresh();
    const { formerId, senderId } = await changed({ bsuid }, { phone, bsuid });
    expect(await world.senderOf({ bsuid })).toBe(senderId);
    expect(await replyAddress(world.pool, world.keys, formerId)).toBeUndefined();
  });

  test('the number of one sender with the BSUID of another: both lose their sessions', async () => {
    const [one, other] = [fresh(), fresh()];
    const otherId = await world.senderOf(other);
    await world.openSession(otherId);
    const { senderId } = await changed(one, { phone: one.phone, bsuid: other.bsuid });
    expect(await openSessions(otherId)).toEqual([]);
    expect(await world.senderOf({ phone: one.phone })).toBe(senderId);
    expect(await world.senderOf({ bsuid: other.bsuid })).toBe(senderId);
    const [row] = await world.rows<{ facts: { formerSenderIds: string[] } }>(
      `SELECT facts FROM audit WHERE kind = 'sender.changed' AND facts->>'senderId' = $1`, [senderId]);
    expect(row!.facts.formerSenderIds).toHaveLength(2);
  });

  test('A46 the same number and BSUID on another device', async () => {
    const addresses = fresh();
    const on = async (identityKey?: string) => {
      const stored = await world.store(addresses, identityKey === undefined ? {} : { identityKey });
      return stored.outcome === 'stored' ? stored.senderId : 'known';
    };
    const formerId = await on();
    await world.openSession(formerId);
    // The first word of a device is none of a change, and where nothing is said nothing has changed.
    for (const device of ['one', undefined, 'one']) expect(await on(device)).toBe(formerId);
    expect(await openSessions(formerId)).toHaveLength(1);
    const senderId = await on('another');
    expect(senderId).not.toBe(formerId);
    expect(await openSessions(formerId)).toEqual([]);
    expect(await auditOf(formerId)).toEqual(['challenge.voided', 'session.ended', 'sender.changed']);
    for (const device of [undefined, 'another']) expect(await on(device)).toBe(senderId);
  });

  test('nothing changes hands by a message that was stored before', async () => {
    const { phone, bsuid } = fresh();
    const formerId = await world.senderOf({ phone, bsuid });
    await world.openSession(formerId);
    const stored = await world.store({ phone: fresh().phone }, { messageId: 'SMfirst' });
    expect(stored.outcome).toBe('stored');
    expect(await world.store({ phone, bsuid: fresh().bsuid }, { messageId: 'SMfirst' })).toEqual({ outcome: 'known' });
    expect(await openSessions(formerId)).toHaveLength(1);
  });
});

describe('a change of hands', () => {
  test('A19 sheds no lock: who is locked stays locked when number and BSUID become one', async () => {
    const { phone, bsuid } = fresh();
    const lockedId = await world.senderOf({ phone });
    await world.pool.query(
      `UPDATE senders SET locked_until = clock_timestamp() + interval '1 h', exhausted_before = 3 WHERE id = $1`, [lockedId]);
    await world.senderOf({ bsuid });
    const joinedId = await world.senderOf({ phone, bsuid });
    expect(joinedId).not.toBe(lockedId);
    expect(await world.rows(
      'SELECT locked_until > clock_timestamp() AS locked, exhausted_in_a_row(id) AS exhausted FROM senders WHERE id = $1', [joinedId],
    )).toEqual([{ locked: true, exhausted: 3 }]);
  });

  test('A45 takes its proof along: a number that its BSUID has left is a stranger to the employee it was', async () => {
    const [{ phone, bsuid }, other] = [fresh(), fresh()];
    const senderId = await world.senderOf({ phone, bsuid });
    const sessionId = await world.openSession(senderId);
    const [session] = await world.rows<{ employeeId: string }>('SELECT employee_id AS "employeeId" FROM sessions WHERE id = $1', [sessionId]);
    expect(await wasVerified(world.pool, senderId, session!.employeeId, 90)).toBe(true);
    await world.senderOf({ phone: other.phone, bsuid });
    expect(await world.senderOf({ phone, bsuid: other.bsuid })).toBe(senderId);
    expect(await wasVerified(world.pool, senderId, session!.employeeId, 90)).toBe(false);
  });
});

describe('many at once', () => {
  test('fifty first messages of one person make one sender', async () => {
    const addresses = fresh();
    const senders = await Promise.all(Array.from({ length: 50 }, () => world.senderOf(addresses)));
    expect(new Set(senders).size).toBe(1);
  }, 60_000);

  test('fifty first messages under number, BSUID and both leave one owner of each, and no deadlock', async () => {
    const { phone, bsuid } = fresh();
    const kinds = [{ phone }, { bsuid }, { phone, bsuid }];
    await Promise.all(Array.from({ length: 50 }, (_, n) => world.senderOf(kinds[n % 3]!)));
    const last = await world.senderOf({ phone, bsuid });
    expect(await world.senderOf({ phone })).toBe(last);
    expect(await world.senderOf({ bsuid })).toBe(last);
  }, 60_000);

  test('a number that changes hands while it is written from ends every former session', async () => {
    const [one, other] = [fresh(), fresh()];
    const ids = [await world.senderOf(one), await world.senderOf(other)];
    for (const id of ids) await world.openSession(id);
    const crossed = [{ phone: one.phone, bsuid: other.bsuid }, { phone: other.phone, bsuid: one.bsuid }, one, other];
    await Promise.all(Array.from({ length: 40 }, (_, n) => world.senderOf(crossed[n % 4]!)));
    for (const id of ids) expect(await openSessions(id)).toEqual([]);
  }, 60_000);
});

test('a message that comes while its number changes hands belongs to the new owner', async () => {
  const { phone } = fresh();
  const formerId = await world.senderOf({ phone });
  const newId = await world.senderOf(fresh());
  const change = await world.pool.connect();
  await change.query('BEGIN');
  await change.query('UPDATE sender_addresses SET sender_id = $2 WHERE sender_id = $1', [formerId, newId]);
  const stored = world.senderOf({ phone });
  await world.lockWaited(1);
  await change.query('COMMIT');
  change.release();
  expect(await stored).toBe(newId);
});

test('whatever addresses people write from: no session is reached by an address that did not open it', async () => {
  const phones = [1, 2, 3].map((n) => `whatsapp:+1555000000${n}`);
  const bsuids = [1, 2, 3].map((n) => `whatsapp:US.model${n}`);
  const given = fc.record({ phone: fc.option(fc.nat(2), { nil: undefined }),
    bsuid: fc.option(fc.nat(2), { nil: undefined }), verifies: fc.boolean() })
    .filter(({ phone, bsuid }) => phone !== undefined || bsuid !== undefined);
  await fc.assert(fc.asyncProperty(fc.array(given, { minLength: 1, maxLength: 12 }), async (messages) => {
    await world.pool.query('DELETE FROM sender_addresses');
    // The model: which owner each address has, and who has a proof; written without a look at the rule under test.
    const owner = new Map<string, number>();
    const aliases = (id: number) => [...owner].filter(([, each]) => each === id).map(([address]) => address);
    const real = new Map<number, string>();
    const proofs = new Map<number, Set<string>>();
    let next = 0;
    for (const { phone: p, bsuid: b, verifies } of messages) {
      const phone = p === undefined ? undefined : phones[p]!;
      const bsuid = b === undefined ? undefined : bsuids[b]!;
      const all = [phone, bsuid].filter((address) => address !== undefined);
      const owners = new Set(all.map((address) => owner.get(address)));
      let id = [...owners][0];
      const isNew = id === undefined && owners.size === 1;
      const isAlias = phone !== undefined && bsuid !== undefined && owner.has(phone) && !owner.has(bsuid)
        && !aliases(owner.get(phone)!).some((address) => address.startsWith('whatsapp:US.'));
      if (isAlias) {
        id = owner.get(phone!)!;
        proofs.get(id)?.add(bsuid!);
      } else if (isNew || owners.size > 1) {
        for (const former of owners) if (former !== undefined) proofs.delete(former);
        id = next;
        next += 1;
      }
      for (const address of all) owner.set(address, id!);
      const senderId = await world.senderOf(
        { ...(phone === undefined ? {} : { phone }), ...(bsuid === undefined ? {} : { bsuid }) });
      expect(real.get(id!) ?? senderId).toBe(senderId);
      real.set(id!, senderId);
      // The message reaches an open session exactly when the model says that this sender has a proof of its own.
      expect((await openSessions(senderId)).length > 0).toBe(proofs.has(id!));
      if (proofs.has(id!)) expect(all.every((address) => proofs.get(id!)!.has(address))).toBe(true);
      if (verifies && !proofs.has(id!)) {
        await world.openSession(senderId);
        proofs.set(id!, new Set(aliases(id!)));
      }
    }
    expect(new Set(real.values()).size).toBe(real.size);
  }), { numRuns: 150 });
}, 120_000);
