// Signed requests, changed: whatever is done to one, nothing is accepted but the message that was signed.
import fc from 'fast-check';
import { readForm } from '../../src/http/twilioForm';
import type { Parameters } from '../../src/http/twilioForm';
import { readMessage } from '../../src/http/twilioMessage';
import { parameterRules } from '../../src/http/twilioParameters';
import { createSignatureCheck } from '../../src/http/twilioSignature';
import {
  accountSid, authToken, bsuidMessage, encodeForm, messageUrl, otherKinds, recipient, sign, textMessage,
} from '../support/twilioRequests';
import type { Fields } from '../support/twilioRequests';

const read = (fields: Parameters) => readMessage(fields, { accountSid, recipient });

describe('ten thousand times ten mutations of signed requests', () => {
  const check = createSignatureCheck([authToken]);
  // Messages of honest people, and of people who prepared their words for being cut.
  const bases = [
    textMessage(), bsuidMessage('whatsapp:US.ABC123'), ...Object.values(otherKinds).map(({ fields }) => fields()),
    ...['From', 'Label', 'Ga', 'Forwarded', 'Address', 'ButtonText', 'To'].flatMap((name) => [
      textMessage({ Body: `1Fromwhatsapp:+447700900999${name}`, ProfileName: `JoToWaId447700900999${name}` }),
      bsuidMessage('whatsapp:US.ABC123',
        { Body: `1ChannelMetadata{}Fromwhatsapp:US.VICTIM${name}`, Username: `${name}WaId1` }),
    ]),
  ];
  /** What the way from raw bytes to an accepted message comes to. */
  const judge = (body: Buffer, signature: string) => {
    const form = readForm(body);
    if (form.outcome === 'malformed') return undefined;
    if (!check(messageUrl, signature, form.parameters)) return undefined;
    const reading = read(form.parameters);
    return reading.outcome === 'message' && reading.doubts.length === 0 ? reading.message : undefined;
  };
  const accepted = (fields: Fields) => {
    const reading = read(fields);
    return reading.outcome === 'message' ? reading.message : undefined;
  };

  test('of single bytes: none is accepted as anything but the message that was signed', () => {
    const signatures = bases.map((fields) => sign(authToken, messageUrl, fields));
    const bodies = bases.map((fields) => Buffer.from(encodeForm(fields)));
    let taken = 0;
    fc.assert(fc.property(
      fc.nat(bases.length - 1), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255),
        fc.constantFrom('set', 'insert', 'delete'),
      (which, where, byte, how) => {
        const body = bodies[which]!;
        const at = Math.floor(where * body.length);
        const middle = how === 'delete' ? [] : [byte];
        const mutant = Buffer.concat(
          [body.subarray(0, at), Buffer.from(middle), body.subarray(how === 'insert' ? at : at + 1)]);
        const message = judge(mutant, signatures[which]!);
        if (message === undefined) return;
        taken += 1;
        expect(message).toEqual(accepted(bases[which]!));
      }), { numRuns: 50_000 });
    expect(taken).toBeLessThan(2_500); // a byte set to itself, or an escape in lower case
  }, 60_000);

  test('A04 A05 of boundaries: no other cut of the signed string is accepted', () => {
    const cutters = bases.map((fields) => recuts(fields));
    let different = 0;
    fc.assert(fc.property(fc.nat(bases.length - 1), fc.nat(), (which, seed) => {
      const base = bases[which]!;
      const fields = cutters[which]!(seed);
      if (isSame(fields, base)) return;
      different += 1;
      if (seed % 50 === 0) expect(sign(authToken, messageUrl, fields)).toBe(sign(authToken, messageUrl, base));
      const reading = read(Object.assign(Object.create(null) as Fields, fields));
      expect(reading.outcome === 'message' && reading.doubts.length === 0).toBe(false);
    }), { numRuns: 60_000, examples: [[11, 2019561962]] });
    expect(different).toBeGreaterThan(50_000);
  }, 60_000);

  const isSame = (a: Fields, b: Fields) =>
    Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((name) => a[name] === b[name]);

  /** Makes forms with the same signed string: other names, in ascending order, wherever the string holds one. */
  function recuts(base: Fields): (seed: number) => Fields {
    const whole = Object.keys(base).sort().map((name) => name + base[name]!).join('');
    const vocabulary = [...parameterRules.keys(), 'Ga', 'ToWa', 'Zz'];
    const places = Array.from(whole, (_, at) => at).flatMap((at) =>
      vocabulary.filter((name) => whole.startsWith(name, at)).map((name) => ({ at, name })));
    return (seed) => {
      const random = randomFrom(seed);
      const skip = random();
      const cuts: { at: number; name: string }[] = [];
      for (const place of places) {
        const last = cuts.at(-1);
        const isFree = last === undefined
          ? place.at === 0 : place.at >= last.at + last.name.length && place.name > last.name;
        if (isFree && (place.at === 0 || random() > skip * 0.5)) cuts.push(place);
      }
      return Object.fromEntries(cuts.map(({ at, name }, n) => [name, whole.slice(at + name.length, cuts[n + 1]?.at)]));
    };
  }

  function randomFrom(seed: number): () => number {
    let state = seed;
    return () => {
      state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0;
      return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
    };
  }
});
