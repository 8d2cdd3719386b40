// In whose name a request goes, as long as that takes.
import { Fault, speakerRefused } from '../../src/domain/faults';
import { createOnBehalf } from '../../src/services/onBehalf';

const holder = { employeeId: 'e', employeeNumber: 'E-1', workEmail: undefined, returnedAt: null };
const speaking = {
  employeeId: 'e', sessionId: 's', method: 'sms', assurance: 'standard', verifiedAt: new Date(0) } as const;

test.each([
  ['is asked for another token when the first is not taken', true, ['Bearer 1', 'Bearer 2']],
  ['is asked for none for whoever left while the first was not taken', false, ['Bearer 1', undefined]],
])('a service %s', async (_what, stays, expected) => {
  let isEmployed = true;
  let asked = 0;
  const onBehalf = createOnBehalf({
    provider: {
      authorization: async () => `Bearer ${asked += 1}`,
      refused: () => undefined,
    },
    findHolder: async () => isEmployed ? holder : undefined,
  });
  const sent: (string | undefined)[] = [];
  await onBehalf(speaking, async (authorization) => {
    sent.push(authorization);
    isEmployed = stays;
    if (sent.length === 1) throw new Fault('refused', 'assistant', speakerRefused);
  });
  expect([sent, asked]).toEqual([expected, stays ? 2 : 1]);
});
