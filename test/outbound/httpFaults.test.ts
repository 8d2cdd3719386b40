// What the statuses of HTTP mean to whoever asked, and what a fault says of whether anything was done.
import { Fault } from '../../src/domain/faults';
import { faultOfStatus } from '../../src/outbound/answer';
import { privateAddress } from '../../src/outbound/egress';
import { didNothing, faultOfAnswer, faultOfThrown } from '../../src/outbound/httpFaults';
import { OutboundFault } from '../../src/outbound/outboundFault';

const answer = (status: number, headers: Record<string, string> = {}) =>
  ({ status, headers: new Headers(headers), body: new Uint8Array() });

// A redirect is 0 to a fetch that keeps to the specification.
test.each([
  [0, 'misconfigured', 'misconfigured', true], [204, 'refused', 'misconfigured', false], [302, 'misconfigured', 'misconfigured', true],
  [400, 'refused', 'misconfigured', false], [401, 'misconfigured', 'refused', true], [403, 'misconfigured', 'refused', true],
  [404, 'misconfigured', 'misconfigured', true], [405, 'misconfigured', 'misconfigured', true], [408, 'unavailable', 'unreachable', false],
  [409, 'refused', 'misconfigured', false], [410, 'misconfigured', 'misconfigured', true], [422, 'refused', 'misconfigured', false],
  [425, 'unavailable', 'unreachable', false], [429, 'throttled', 'unreachable', true], [500, 'unavailable', 'unreachable', false],
  [503, 'unavailable', 'unreachable', false],
] as const)('a %i is %s within an activity and %s to an operator; that nothing was done is certain: %s', (status, kind, outbound, nothing) => {
  const fault = faultOfAnswer('shop', answer(status));
  expect(fault).toMatchObject({ kind, dependency: 'shop', code: `http ${status}`, retryAfterMs: undefined });
  expect(faultOfStatus('the shop', answer(status))).toMatchObject({ kind: outbound });
  expect(didNothing(fault)).toBe(nothing);
});

test('what passes at one that is asked is said by whoever asks', () => {
  expect(faultOfAnswer('shop', answer(409), [409])).toMatchObject({ kind: 'unavailable' });
});

test('a wait that is asked for is kept to, up to an hour, whichever way the fault goes', () => {
  for (const [given, ms] of [['7', 7_000], ['86400', 3_600_000], ['soon', undefined]] as const) {
    for (const [status, kind] of [[429, 'throttled'], [503, 'unavailable']] as const) {
      const waiting = answer(status, { 'retry-after': given });
      expect(faultOfAnswer('shop', waiting)).toMatchObject({ kind, retryAfterMs: ms });
      expect(faultOfThrown('shop', faultOfStatus('the shop', waiting))).toMatchObject({ kind, code: 'unreachable', retryAfterMs: ms });
    }
  }
});

test('within an activity a fault keeps its kind, loses its sentence, and is named as its asker wants', () => {
  const kinds = { unreachable: 'unavailable', refused: 'misconfigured', untrustworthy: 'misconfigured', misconfigured: 'misconfigured' } as const;
  for (const [outbound, kind] of Object.entries(kinds)) {
    const thrown = new OutboundFault(outbound as keyof typeof kinds, 'canary'); // cast: a key of the table
    const fault = faultOfThrown('shop', thrown, 'token') as Fault; // cast: of an OutboundFault it is one
    expect(fault).toBeInstanceOf(Fault);
    expect(fault.message).toBe(`shop ${kind}: token`);
  }
  const other = new Error('somebody else\'s');
  expect(faultOfThrown('shop', other)).toBe(other);
});

test.each([
  ['ECONNREFUSED', true], ['ENOTFOUND', true], [privateAddress, true], ['CERT_HAS_EXPIRED', true],
  ['ERR_TLS_CERT_ALTNAME_INVALID', true], ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', false],
  ['ECONNRESET', false], ['timeout', false], ['no answer', false], ['UND_ERR_SOCKET', false],
])('after %s it is certain that nothing was done: %s', (code, nothing) => {
  expect(didNothing(new Fault('unavailable', 'shop', code))).toBe(nothing);
});
