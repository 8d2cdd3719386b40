// Our client of Twilio, pointed at a simulator, and the moods in which a provider can be.
import { createTwilio } from '../../src/twilio/client';
import type { Twilio } from '../../src/twilio/client';
import type { Faults } from '../../src/simulator/faults';
import type { RunningSimulator } from '../../src/simulator/simulator';
import { account, closeSimulations, simulate } from '../support/simulation';

// To whoever it is, also to somebody who never wrote: what WhatsApp refuses is not what these tests are about.
const open: Partial<Faults> = { windowSeconds: null };

const moods: Readonly<Record<string, Partial<Faults>>> = {
  well: {},
  down: { apiStatus: 503 },
  throttling: { apiStatus: 429, apiRetryAfterSeconds: 7 },
  silent: { apiDelayMs: 30_000 },
  'losing answers': { apiLosesAnswers: true },
};

export interface SimulatedTwilio {
  readonly simulator: RunningSimulator;
  readonly twilio: Twilio;
  /** With a secret that the account does not have. */
  readonly stranger: Twilio;
  readonly secrets: readonly string[];
  set(mood: string): void;
  close(): Promise<void>;
}

export async function simulateTwilio(): Promise<SimulatedTwilio> {
  const simulator = await simulate();
  simulator.faults.set(open);
  const { sid: accountSid, apiKeySid, apiKeySecret } = account;
  const wrongSecret = 'another-secret-of-at-least-32-letters';
  const options = { accountSid, apiKeySid, apiUrl: simulator.url };
  const patient = createTwilio({ ...options, apiKeySecret });
  const impatient = createTwilio({ ...options, apiKeySecret, timeoutMs: 300 });
  return {
    simulator,
    // Nobody waits for a silence to end, and nobody is cut off because the machine is busy.
    twilio: { call: (request) => (simulator.faults.now.apiDelayMs > 0 ? impatient : patient).call(request) },
    stranger: createTwilio({ ...options, apiKeySecret: wrongSecret }),
    secrets: [apiKeySecret, wrongSecret, Buffer.from(`${apiKeySid}:${apiKeySecret}`).toString('base64')],
    set: (mood) => { simulator.faults.clear(); simulator.faults.set({ ...open, ...moods[mood]! }); },
    close: closeSimulations,
  };
}
