// Connects calls: each rings at its telephone until somebody answers or nobody does, lasts as long as its TwiML or the
// person wants, and Doorman is told of each step that it asked for.
import type { FaultSwitches } from '../../faults';
import { createCallbacks } from '../../webhooks/callbacks';
import { endedStatuses } from './call';
import type { CallEvent, CallStatus, SpokenLine, TwilioCall } from './call';
import { eventParameters } from './callParameters';
import { createExecutor } from './executor';
import type { ExecutorDeps, Line, Source } from './executor';

export type SwitchboardDeps = ExecutorDeps & { readonly faults: FaultSwitches };

/** All of them give the call as it then is, or undefined when there is no such call. */
export interface Switchboard {
  /** Lets a new call ring. */
  start(call: TwilioCall): TwilioCall | undefined;
  /** The person answers, declines, presses keys, hangs up: nothing happens where that makes no sense now. */
  answer(sid: string): TwilioCall | undefined;
  decline(sid: string): TwilioCall | undefined;
  press(sid: string, keys: string): TwilioCall | undefined;
  hangUp(sid: string): TwilioCall | undefined;
  /** Our side ends the call before or after it was answered, or sends it to other TwiML. */
  end(sid: string): TwilioCall | undefined;
  redirect(sid: string, source: Source): TwilioCall | undefined;
  /** Takes up every call that a restart left: it rings again, or it was cut off. */
  resume(): void;
  stop(): void;
}

/** How long a machine lets ring, in seconds. */
const voicemailAfterSeconds = 4;
// Node fires timers of more than 31 bits at once.
const timerMax = 2 ** 31 - 1;

interface Connection extends Line {
  cut(): void;
  readonly isMachine: boolean;
}

export function createSwitchboard(deps: SwitchboardDeps): Switchboard {
  const { state, faults, account, pace } = deps;
  const execute = createExecutor(deps);
  const callbacks = createCallbacks(deps);
  const timers = new Map<string, NodeJS.Timeout>();
  const connections = new Map<string, Connection>();

  const after = (sid: string, seconds: number, run: () => void) => {
    clearTimeout(timers.get(sid));
    timers.set(sid, setTimeout(run, Math.min(timerMax, seconds * pace.ringSecondMs)));
  };
  const release = (sid: string) => {
    clearTimeout(timers.get(sid));
    timers.delete(sid);
    connections.get(sid)?.cut();
    connections.delete(sid);
  };
  const change = (sid: string, event: CallEvent, changes: Partial<TwilioCall>) => {
    const before = state.call(sid);
    const call = state.changeCall(sid, { ...changes, events: (before?.events ?? 0) + 1 });
    const url = call?.statusEvents.includes(event) === true ? call.statusCallback : null;
    if (call === undefined || url === null) return call;
    callbacks.tell({ sid, url, form: eventParameters(call, account.sid, event, call.events - 1), about: [call.to] });
    return call;
  };
  const finish = (sid: string, status: CallStatus) => {
    const call = state.call(sid);
    if (call === undefined || endedStatuses.has(call.status)) return call;
    release(sid);
    return change(sid, 'completed', { status, endedAt: Date.now(), isListening: false });
  };
  const connect = (sid: string, source: Source, isMachine: boolean) => {
    connections.get(sid)?.cut();
    const controller = new AbortController();
    const line: Connection = {
      sid, signal: controller.signal, onKey: undefined, isMachine, cut: () => controller.abort(),
    };
    connections.set(sid, line);
    void execute(line, source).then(() => line.signal.aborted || finish(sid, 'completed'));
  };
  const pickUp = (sid: string, isMachine: boolean) => {
    const call = change(sid, 'answered', { status: 'in-progress', startedAt: Date.now() });
    if (call === undefined) return undefined;
    after(sid, call.limitSeconds, () => finish(sid, 'completed'));
    connect(sid, sourceOf(call), isMachine);
    return state.call(sid);
  };
  const ring = (call: TwilioCall) => {
    const isMachine = faults.now.telephones === 'voicemail' && voicemailAfterSeconds < call.timeoutSeconds;
    if (isMachine) return after(call.sid, voicemailAfterSeconds, () => pickUp(call.sid, true));
    after(call.sid, call.timeoutSeconds, () => finish(call.sid, 'no-answer'));
  };
  const dial = ({ sid }: TwilioCall) => {
    change(sid, 'initiated', {});
    const { telephones } = faults.now;
    if (telephones === 'failed' || telephones === 'busy') return finish(sid, telephones);
    const ringing = change(sid, 'ringing', { status: 'ringing' });
    if (ringing !== undefined) ring(ringing);
    return ringing;
  };
  const when = (sid: string, status: CallStatus, act: (call: TwilioCall) => unknown) => {
    const call = state.call(sid);
    if (call?.status === status) act(call);
    return state.call(sid);
  };
  const hear = (sid: string, keys: string) => {
    const line = connections.get(sid);
    if (line === undefined || line.isMachine) return;
    for (const key of keys) {
      state.changeCall(sid, { transcript: withKey(state.call(sid)?.transcript ?? [], key) });
      line.onKey?.(key);
    }
  };
  const stop = () => new Set([...timers.keys(), ...connections.keys()]).forEach(release);
  state.onChange((changed) => changed.kind === 'reset' && stop());
  return {
    start: dial,
    answer: (sid) => when(sid, 'ringing', () => faults.now.telephones === 'person' && pickUp(sid, false)),
    decline: (sid) => when(sid, 'ringing', () => finish(sid, 'busy')),
    press: (sid, keys) => when(sid, 'in-progress', () => hear(sid, keys)),
    hangUp: (sid) => when(sid, 'in-progress', () => finish(sid, 'completed')),
    end: (sid) => finish(sid, state.call(sid)?.status === 'in-progress' ? 'completed' : 'canceled'),
    redirect: (sid, source) => when(sid, 'in-progress', () => connect(sid, source, false)),
    resume() {
      for (const call of state.calls()) {
        if (call.status === 'queued') dial(call);
        if (call.status === 'ringing') ring(call);
        if (call.status === 'in-progress') finish(call.sid, 'completed');
      }
    },
    stop() {
      stop();
      callbacks.release();
    },
  };
}

function sourceOf({ url, twiml }: TwilioCall): Source {
  return url === null ? { twiml: twiml ?? '' } : { url };
}

/** Keys that follow each other stand in one line. */
function withKey(transcript: readonly SpokenLine[], key: string): SpokenLine[] {
  const last = transcript.at(-1);
  if (last?.kind !== 'pressed') return [...transcript, { kind: 'pressed', text: key }];
  return [...transcript.slice(0, -1), { kind: 'pressed', text: last.text + key }];
}
