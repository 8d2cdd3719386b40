// What WhatsApp and the carriers refuse after Twilio has taken a message: nobody learns of it but by its status.
// Source: https://www.twilio.com/docs/api/errors
import type { FaultSwitches } from '../faults';
import type { SimulatorState } from '../state';
import type { TwilioMessage } from './message';

/** As a status callback has it. */
export interface DeliveryError {
  readonly code: number;
  readonly message: string;
}

export interface ChannelRules {
  /** Why a message that is about to leave does not; each look spends what one person may get. */
  refusalOf(message: TwilioMessage): DeliveryError | undefined;
}

// WhatsApp's pair rate, and how long Twilio's Sandbox keeps who joined.
const pairRefillMs = 6_000;
const joinedMs = 3 * 24 * 3_600_000;
// As many people as messages are kept.
const peopleMax = 20_000;

const notJoined: DeliveryError = {
  code: 63015, message: 'Channel Sandbox can only send messages to phone numbers that have joined the Sandbox',
};
const windowClosed: DeliveryError = {
  code: 63016,
  message: 'Failed to send freeform message because you are outside the allowed window. '
    + 'If you are using WhatsApp, please use a Message Template.',
};
const tooFast: DeliveryError = { code: 63018, message: 'Rate limit exceeded for Channel' };

const carrierErrors: Readonly<Record<number, string>> = {
  30003: 'Unreachable destination handset', 30005: 'Unknown destination handset',
  30006: 'Landline or unreachable carrier', 30007: 'Message filtered', 30008: 'Unknown error',
};

/** The error of a carrier by its number. */
export function carrierError(code: number): DeliveryError {
  return { code, message: carrierErrors[code] ?? 'Not delivered by the carrier' };
}

export function createChannelRules(
  { state, faults }: { readonly state: SimulatorState; readonly faults: FaultSwitches }, now: () => number = Date.now,
): ChannelRules {
  // When each address last wrote, and last joined. "Start over" does not reach WhatsApp: they outlive a reset.
  const heard = new Map<string, number>();
  const joined = new Map<string, number>();
  const spendPair = createPairRate(now);
  const hear = (message: TwilioMessage) => {
    const { inbound, from, createdAt, body } = message;
    if (inbound === undefined) return;
    const bsuid = inbound.sender.businessScopedId;
    for (const address of [from!, ...(bsuid === undefined ? [] : [`whatsapp:${bsuid}`])]) {
      remember(heard, address, createdAt);
      if (/^join \S/i.test(body)) remember(joined, address, createdAt);
    }
  };
  state.messages().forEach(hear);
  state.onChange((change) => change.kind === 'message' && hear(change.message));

  const isWithin = (times: Map<string, number>, address: string, ms: number) =>
    now() - (times.get(address) ?? Number.NEGATIVE_INFINITY) < ms;
  return {
    refusalOf({ channel, to, isTemplate }) {
      if (channel !== 'whatsapp') return undefined;
      const { sandbox, windowSeconds, pairBurst } = faults.now;
      if (sandbox && !isWithin(joined, to, joinedMs)) return notJoined;
      const needsWindow = windowSeconds !== null && isTemplate !== true;
      if (needsWindow && !isWithin(heard, to, windowSeconds * 1_000)) return windowClosed;
      return pairBurst !== null && !spendPair(to, pairBurst) ? tooFast : undefined;
    },
  };
}

/** A bucket for each address: `burst` at once, one more in six seconds. */
function createPairRate(now: () => number): (address: string, burst: number) => boolean {
  const spent = new Map<string, { readonly count: number; readonly at: number }>();
  return (address, burst) => {
    const at = now();
    const before = spent.get(address) ?? { count: 0, at };
    const count = Math.max(0, before.count - (at - before.at) / pairRefillMs);
    const isLeft = count + 1 <= burst;
    remember(spent, address, { count: isLeft ? count + 1 : count, at });
    return isLeft;
  };
}

/** The oldest are forgotten first, and who is heard of again is new. */
function remember<T>(map: Map<string, T>, address: string, value: T): void {
  map.delete(address);
  map.set(address, value);
  const [oldest] = map.keys();
  if (map.size > peopleMax) map.delete(oldest!);
}
