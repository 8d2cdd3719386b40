import { defaultPayloadConverter } from '@temporalio/common';
import type { Payload } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import fc from 'fast-check';
import { stateTable } from '../../src/domain/shown';
import { Unsealable } from '../../src/keys/box';
import { newKeyring, parseKeyring, rotateKey, UnknownKey } from '../../src/keys/keyring';
import { createPayloadCodec, isSealedPayload } from '../../src/temporal/payloadCodec';

const file = newKeyring();
const { file: rotatedFile } = rotateKey(file, 'payload');
const codec = createPayloadCodec(parseKeyring(JSON.stringify(file)).payload);
const rotated = createPayloadCodec(parseKeyring(JSON.stringify(rotatedFile)).payload);
const strange = createPayloadCodec(parseKeyring(JSON.stringify(newKeyring())).payload);

const state = {
  stage: 'session', outcome: 'verified', wrongGuesses: 0, codeDelivery: 'handedOver', deadline: '2026-11-25T10:00:00.000Z',
  waitingMessages: 0, heldMessages: 2,
};

const { Payload: PayloadMessage } = temporal.api.common.v1;
const wire = (payload: Payload) => Buffer.from(PayloadMessage.encode(payload).finish());
const wires = (all: Payload[]) => all.map((payload) => wire(payload).toString('hex'));
const text = (data?: Uint8Array | null) => Buffer.from(data ?? []).toString();
const only = async (payloads: Promise<Payload[]>) => (await payloads)[0]!;

const bytes = fc.uint8Array({ maxLength: 300 });
const metadata = fc.dictionary(fc.string({ minLength: 1 }), bytes, { maxKeys: 4 });
const payloads = fc.array(fc.record({ metadata, data: bytes }), { maxLength: 5 });

describe('the payload codec', () => {
  it('gives back every payload as it was, metadata included, in order', async () => {
    await fc.assert(fc.asyncProperty(payloads, async (originals) => {
      const sealed = await codec.encode(originals);
      expect(sealed.every(isSealedPayload)).toBe(true);
      const opened = await codec.decode(sealed);
      expect(wires(opened)).toEqual(wires(originals));
      expect(await rotated.decode(sealed)).toEqual(opened);
    }), { numRuns: 200 });
  });

  it.each([
    'Employee verification', 'reply', 'deadline set in stage confirm', stateTable(state),
    { definition: { type: 'conversation', queryDefinitions: [], signalDefinitions: [], updateDefinitions: [] }, currentDetails: stateTable(state) },
  ])('leaves what operators read without a key as it is: %j', async (shown) => {
    const payload = defaultPayloadConverter.toPayload(shown)!;
    expect(wires(await codec.encode([payload]))).toEqual(wires([payload]));
    expect(await codec.decode([payload])).toEqual([payload]);
  });

  it.each([
    'reply ', 'Reply', '483920', 'deadline set in stage 483920', `${stateTable(state)}\n| name | Anna |`, `Anna ${stateTable(state)}`,
    stateTable({ ...state, outcome: '+447700900123' }), stateTable({ ...state, heldMessages: 447700 }), ['reply'], { text: 'reply' },
    { definition: { type: 'conversation', other: 'Anna' }, currentDetails: stateTable(state) },
    { definition: { type: 'conversation' }, currentDetails: stateTable(state), name: 'Anna' },
    { definition: { type: 'conversation' }, currentDetails: 'Anna' },
  ])('seals whatever is not exactly that: %j', async (other) => {
    expect(isSealedPayload(await only(codec.encode([defaultPayloadConverter.toPayload(other)!])))).toBe(true);
  });

  it('survives the wire, and seals what is sealed once more', async () => {
    const original = defaultPayloadConverter.toPayload({ messageId: 'm1', list: [1, null, 'ü'] })!;
    const twice = await codec.encode(await codec.encode([original]));
    const received = PayloadMessage.decode(wire(twice[0]!));
    const opened = await only(codec.decode(await codec.decode([received])));
    expect(defaultPayloadConverter.fromPayload(opened)).toEqual({ messageId: 'm1', list: [1, null, 'ü'] });
  });

  it('shows nothing of the payload but its size, and never the same twice', async () => {
    const data = Buffer.from('canary-4500000001-canary');
    const original = { metadata: { encoding: Buffer.from('json/plain'), type: data }, data };
    const [first, second] = [wire(await only(codec.encode([original]))), wire(await only(codec.encode([original])))];
    expect(first.equals(second)).toBe(false);
    for (const marker of ['canary', '4500000001', 'json/plain', 'type']) expect(first.includes(marker)).toBe(false);
    expect(first.length - wire(original).length).toBeLessThan(120);
  });

  it('seals under the active key and opens what the former ones sealed', async () => {
    const old = await codec.encode([{ data: Buffer.from('a') }]);
    const fresh = await rotated.encode([{ data: Buffer.from('b') }]);
    const ids = [...old, ...fresh].map((payload) => text(payload.metadata?.['encryption-key-id']));
    expect(ids).toEqual(['k1', 'k2']);
    expect((await rotated.decode([...old, ...fresh])).map(({ data }) => text(data))).toEqual(['a', 'b']);
  });

  it('is closed when the key is missing or is another one of the same id', async () => {
    await expect(codec.decode(await rotated.encode([{ data: Buffer.from('b') }]))).rejects.toThrow(UnknownKey);
    await expect(strange.decode(await codec.encode([{ data: Buffer.from('b') }]))).rejects.toThrow(Unsealable);
  });

  it('refuses a payload in which any byte was changed', async () => {
    const sealed = await only(codec.encode([defaultPayloadConverter.toPayload('text')!]));
    const parts: [string, Uint8Array][] = [['data', sealed.data!],
    ['encryption-key-id', sealed.metadata!['encryption-key-id']!]];
    for (const [part, original] of parts) {
      for (let at = 0; at < original.length; at += 1) {
        const changed = Buffer.from(original);
        changed[at]! ^= 1 << (at % 8);
        const metadata = part === 'data' ? sealed.metadata! : { ...sealed.metadata, [part]: changed };
        const forged = { metadata, data: part === 'data' ? changed : sealed.data! };
        await expect(codec.decode([forged])).rejects.toThrow(/^(this|the keyring has no key)/);
      }
    }
    await expect(codec.decode([{ ...sealed, data: sealed.data!.subarray(1) }])).rejects.toThrow();
    await expect(codec.decode([{ metadata: sealed.metadata! }])).rejects.toThrow(Unsealable);
    const nameless = { encoding: sealed.metadata!.encoding! };
    await expect(codec.decode([{ ...sealed, metadata: nameless }])).rejects.toThrow(Unsealable);
  });

  it('passes on what it did not encode', async () => {
    const other = { metadata: { encoding: Buffer.from('binary/other') } };
    const plain: Payload[] = [defaultPayloadConverter.toPayload('plain')!, other, {}, { metadata: null }];
    expect(await codec.decode(plain)).toEqual(plain);
  });
});
