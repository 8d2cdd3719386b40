// Carries what Doorman sends to the simulated phones: each message climbs its statuses, and Doorman is told of each
// step by a callback, in order, where it asked for callbacks.
import type { FaultSwitches } from '../faults';
import type { SimulatorState } from '../state';
import type { Post } from '../webhooks/poster';
import { statusParameters } from '../webhooks/statusCallback';
import type { Account } from './account';
import { finalStatuses } from './message';
import type { MessageStatus, TwilioMessage } from './message';
import { senderFor } from './messageRules';

/** How long after the step before, in milliseconds. */
export interface Pace {
  readonly sentMs: number;
  readonly deliveredMs: number;
  readonly readMs: number;
}

export interface DeliveryDeps {
  readonly state: SimulatorState;
  readonly faults: FaultSwitches;
  readonly account: Account;
  readonly pace: Pace;
  readonly post: Post;
}

export interface Delivery {
  /** Lets a message climb on by itself from the status that it has. */
  start(message: TwilioMessage): void;
  /** Gives a message a status by hand; it then stays there. */
  set(sid: string, status: MessageStatus, error?: { code: number; message: string }): TwilioMessage | undefined;
  /** Takes up every message that a restart or a fault switch left half-way. */
  resume(): void;
  stop(): void;
}

// Node fires timers of more than 31 bits at once.
const timerMax = 2 ** 31 - 1;

export function createDelivery(deps: DeliveryDeps): Delivery {
  const { state, faults } = deps;
  const timers = new Map<string, NodeJS.Timeout>();
  const byHand = new Set<string>();
  const tell = createTeller(deps);

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
    // Looked at now and not when the step was planned: a phone may be switched off in between.
    if (status === 'delivered' && !faults.now.deliver) return;
    const changed = change(sid, status);
    if (changed !== undefined) start(changed);
  };
  const change = (sid: string, status: MessageStatus, error?: { code: number; message: string }) => {
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
    stop: () => [...timers.keys()].forEach(halt),
  };
}

interface Step {
  readonly status: MessageStatus;
  readonly afterMs: number;
}

function nextStep(message: TwilioMessage, { pace }: DeliveryDeps): Step | undefined {
  if (finalStatuses.has(message.status)) return undefined;
  switch (message.status) {
    case 'scheduled': return { status: 'queued', afterMs: Math.min(timerMax, (message.sendAt ?? 0) - Date.now()) };
    case 'accepted': return { status: 'queued', afterMs: 0 };
    case 'queued': case 'sending': return { status: 'sent', afterMs: pace.sentMs };
    case 'sent': return { status: 'delivered', afterMs: pace.deliveredMs };
    case 'delivered': return message.channel === 'whatsapp' ? { status: 'read', afterMs: pace.readMs } : undefined;
    default: return undefined;
  }
}

/** Posts callbacks of one message one after the other, as Doorman has to see them in order. */
function createTeller({ state, account, post }: DeliveryDeps): (message: TwilioMessage) => void {
  const last = new Map<string, Promise<unknown>>();
  return (message) => {
    const { sid, statusCallback } = message;
    if (statusCallback === null) return;
    const form = statusParameters(message, account.sid, state.bsuidOf(message.to));
    const told = (last.get(sid) ?? Promise.resolve())
      .then(() => post({ kind: 'status', url: statusCallback, form, messageSid: sid, about: [message.to] }));
    last.set(sid, told);
    void told.then(() => {
      if (last.get(sid) === told) last.delete(sid);
    });
  };
}
