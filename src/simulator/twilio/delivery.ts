// Carries what Doorman sends to the simulated phones: each message climbs its statuses, and Doorman is told of each
// step by a callback, in order, where it asked for callbacks.
import type { FaultSwitches } from '../faults';
import type { SimulatorState } from '../state';
import { createCallbacks } from '../webhooks/callbacks';
import type { Post } from '../webhooks/poster';
import { statusParameters } from '../webhooks/statusCallback';
import type { Account } from './account';
import { carrierError } from './channelRules';
import type { ChannelRules, DeliveryError } from './channelRules';
import { finalStatuses } from './message';
import type { MessageStatus, TwilioMessage } from './message';
import { senderFor } from './messageRules';

/** How long after the step before, in milliseconds. */
export interface Pace {
  readonly sentMs: number;
  readonly deliveredMs: number;
  readonly readMs: number;
  /** How long a second lasts in which a telephone rings or waits for a key, and one in which it speaks. */
  readonly ringSecondMs: number;
  readonly speechSecondMs: number;
}

export interface DeliveryDeps {
  readonly state: SimulatorState;
  readonly faults: FaultSwitches;
  readonly account: Account;
  readonly pace: Pace;
  readonly post: Post;
  readonly rules: ChannelRules;
}

export interface Delivery {
  /** Lets a message climb on by itself from the status that it has. */
  start(message: TwilioMessage): void;
  /** Gives a message a status by hand; it then stays there. */
  set(sid: string, status: MessageStatus, error?: DeliveryError): TwilioMessage | undefined;
  /** Takes up every message that a restart or a fault switch left half-way. */
  resume(): void;
  stop(): void;
}

// Node fires timers of more than 31 bits at once.
const timerMax = 2 ** 31 - 1;

export function createDelivery(deps: DeliveryDeps): Delivery {
  const { state, faults, rules } = deps;
  const timers = new Map<string, NodeJS.Timeout>();
  const byHand = new Set<string>();
  const callbacks = createCallbacks(deps);

  const halt = (sid: string) => {
    clearTimeout(timers.get(sid));
    timers.delete(sid);
  };
  const start = (message: TwilioMessage) => {
    const step = nextStep(message, deps);
    if (step === undefined) return;
    halt(message.sid);
    timers.set(message.sid, setTimeout(() => climb(message.sid, step.status), step.afterMs));
  };
  const climb = (sid: string, status: MessageStatus) => {
    timers.delete(sid);
    const message = state.message(sid);
    if (message === undefined) return;
    // Looked at now and not when the step was planned: a phone may be switched off in between.
    const isArriving = status === 'delivered' || (status === 'read' && message.status !== 'delivered');
    if (isArriving && !faults.now.deliver) return;
    const changed = leaves(message) ? leave(message, status) : arrive(message, status);
    if (changed !== undefined) start(changed);
  };
  // Nothing is refused twice: a message that is out goes on.
  const leaves = ({ sentAt }: TwilioMessage) => sentAt === null;
  const leave = (message: TwilioMessage, status: MessageStatus) => {
    if (status === 'queued') return change(message.sid, status);
    const refusal = rules.refusalOf(message);
    return refusal === undefined ? arrive(message, status) : change(message.sid, 'failed', refusal);
  };
  const arrive = ({ sid, channel }: TwilioMessage, status: MessageStatus) => {
    const { smsError } = faults.now;
    const isLost = channel === 'sms' && status === 'delivered' && smsError !== null;
    return isLost ? change(sid, 'undelivered', carrierError(smsError)) : change(sid, status);
  };
  const tell = (message: TwilioMessage) => {
    const { sid, to, statusCallback: url } = message;
    if (url === null) return;
    callbacks.tell({ sid, url, form: statusParameters(message, deps.account.sid, state.bsuidOf(to)), about: [to] });
  };
  const change = (sid: string, status: MessageStatus, error?: DeliveryError) => {
    const message = state.message(sid);
    if (message === undefined) return undefined;
    const isFirstOut = status !== 'queued' && message.sentAt === null;
    const changed = state.changeMessage(sid, {
      status,
      from: message.from ?? senderFor(message.to, deps.account),
      sentAt: isFirstOut && status !== 'canceled' ? Date.now() : message.sentAt,
      errorCode: error?.code ?? null,
      errorMessage: error?.message ?? null,
    });
    if (changed !== undefined) tell(changed);
    return changed;
  };
  const resume = () => {
    for (const message of state.messages()) {
      if (message.direction === 'outbound-api' && !timers.has(message.sid) && !byHand.has(message.sid)) start(message);
    }
  };
  faults.onChange(({ deliver }) => deliver && resume());
  return {
    start,
    resume,
    set: (sid, status, error) => {
      halt(sid);
      byHand.add(sid);
      return change(sid, status, error);
    },
    stop: () => {
      [...timers.keys()].forEach(halt);
      callbacks.release();
    },
  };
}

interface Step {
  readonly status: MessageStatus;
  readonly afterMs: number;
}

function nextStep(message: TwilioMessage, { pace, faults }: DeliveryDeps): Step | undefined {
  if (finalStatuses.has(message.status)) return undefined;
  const isChat = message.channel === 'whatsapp';
  const { statusSkipped } = faults.now;
  switch (message.status) {
    case 'scheduled': return { status: 'queued', afterMs: Math.min(timerMax, (message.sendAt ?? 0) - Date.now()) };
    case 'accepted': return { status: 'queued', afterMs: 0 };
    case 'queued': case 'sending':
      return { status: statusSkipped && !isChat ? 'delivered' : 'sent', afterMs: pace.sentMs };
    case 'sent': return { status: statusSkipped && isChat ? 'read' : 'delivered', afterMs: pace.deliveredMs };
    case 'delivered': return isChat ? { status: 'read', afterMs: pace.readMs } : undefined;
    default: return undefined;
  }
}
