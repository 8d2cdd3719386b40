import { randomBytes, randomUUID } from 'node:crypto';
import { callKeys } from '../../../src/otp/voice/callKeys';
import { testKeyring } from '../../support/world';

const keyId = testKeyring.code.activeId;
const newCall = () => ({ challengeId: randomUUID(), keyId, callId: `CA${randomBytes(16).toString('hex')}` });

it('A49 the keys that calls ask for are any two, each as often as any other', () => {
  const counts = new Map<string, number>();
  for (let calls = 0; calls < 20_000; calls += 1) {
    const keys = callKeys(testKeyring.code, newCall());
    counts.set(keys, (counts.get(keys) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual(Array.from({ length: 100 }, (_, keys) => String(keys).padStart(2, '0')));
  // 200 each; more than six standard deviations away would be no chance.
  expect(Math.min(...counts.values())).toBeGreaterThan(110);
  expect(Math.max(...counts.values())).toBeLessThan(290);
});

it('A49 a call asks for the same keys whenever it asks, and another one with the same code for its own', () => {
  const call = newCall();
  expect(callKeys(testKeyring.code, call)).toBe(callKeys(testKeyring.code, { ...call }));
  const others = Array.from({ length: 50 }, () => callKeys(testKeyring.code, { ...newCall(), challengeId: call.challengeId }));
  expect(new Set(others).size).toBeGreaterThan(20);
});
