// The local Twilio, phones, mailboxes and the chat page, in one process. Never loads in production: see options.ts.
import { setMaxListeners } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { RequestListener } from 'node:http';
import { createDemoAssistant } from '../assistant/demo/demoAssistant';
import type { Orders } from '../assistant/demo/orders';
import { createStatementReader } from '../assistant/demo/statement';
import { createS4Orders } from '../assistant/demo/s4/s4Orders';
import { closeServer, listen, stopRequested } from '../process';
import { createAdmin } from './admin';
import { createSimulatorApp } from './app';
import { FaultSwitches } from './faults';
import { createFeed } from './feed';
import { findInCast } from './hr/cast';
import { createHr } from './hr/hr';
import { openJournal } from './journal';
import type { ReceivedMail } from './mail/mail';
import { startMailServer } from './mail/mailServer';
import { readSimulatorOptions } from './options';
import type { SimulatorOptions } from './options';
import { createS4 } from './s4/s4';
import type { S4 } from './s4/s4';
import { SimulatorState } from './state';
import { createApi, createApiOfVersion2 } from './twilio/api';
import { createChannelRules } from './twilio/channelRules';
import { createDelivery } from './twilio/delivery';
import type { TwilioMessage } from './twilio/message';
import { createMessagesApi } from './twilio/messagesApi';
import { createTypingApi } from './twilio/typingApi';
import { createVerify } from './twilio/verify';
import type { Verify } from './twilio/verify';
import type { TwilioCall } from './twilio/voice/call';
import { createCallsApi } from './twilio/voice/callsApi';
import { createSwitchboard } from './twilio/voice/switchboard';
import type { Switchboard } from './twilio/voice/switchboard';
import { createInbound } from './webhooks/inbound';
import type { Content, Sender } from './webhooks/inboundParameters';
import type { Limits } from './webhooks/limits';
import { createPoster } from './webhooks/poster';

export interface SimulatorParts {
  /** Stands behind /assistant, in place of the demo's own. */
  readonly assistant?: RequestListener;
  /** In place of Twilio's own limits, for tests of them. */
  readonly limits?: Limits;
  /** The clock of Verify, whose verifications last ten minutes, and of HR. */
  readonly now?: () => number;
}

export interface RunningSimulator {
  /** Its origin: TWILIO_API_URL, the page, and where the assistant stands. */
  readonly url: string;
  /** What Doorman sends mail by; undefined when no mail server was asked for. */
  readonly smtpUrl: string | undefined;
  readonly state: SimulatorState;
  readonly faults: FaultSwitches;
  readonly verify: Verify;
  /** What people do with their telephones. */
  readonly switchboard: Switchboard;
  /** Writes on WhatsApp as a persona or anybody else; resolves when the webhook was answered or given up. */
  write(who: string | Sender, what: string | Content): Promise<TwilioMessage>;
  /** Posts an inbound message once more. */
  rewrite(sid: string): Promise<TwilioMessage>;
  /** What Doorman sent to an address or number, oldest first, once there are `count` texts; rejects if too late. */
  textsTo(address: string, count?: number, withinMs?: number): Promise<string[]>;
  /** The mails in a mailbox, likewise. */
  mailsTo(address: string, count?: number, withinMs?: number): Promise<ReceivedMail[]>;
  /** The latest call to a number, once it is as `isReady` says: ringing, unless it says otherwise. */
  callTo(number: string, isReady?: (call: TwilioCall) => boolean, withinMs?: number): Promise<TwilioCall>;
  close(): Promise<void>;
}

// Longer than clients keep an idle connection: they close it, and no request meets one that is just being closed.
const keepAliveTimeout = 65_000;

/** Starts a simulator; port 0 takes a free one. */
export async function startSimulator(
  options: SimulatorOptions, { limits, now, assistant }: SimulatorParts = {},
): Promise<RunningSimulator> {
  const { account, publicUrl, webhookUrl, pace, allowRemote } = options;
  const closing = new AbortController();
  // Each posting under way listens, and there may be any number.
  setMaxListeners(0, closing.signal);
  const state = new SimulatorState(options.statePath === undefined ? undefined : openJournal(options.statePath));
  const faults = new FaultSwitches();
  const { signal } = closing;
  const post = createPoster({ state, faults, account, publicUrl, webhookUrl, limits, signal });
  let url = '';
  const inbound = createInbound({ state, faults, account, publicUrl, post, origin: () => url });
  const delivery = createDelivery({ state, faults, account, pace, post, rules: createChannelRules({ state, faults }) });
  const switchboard = createSwitchboard({ state, faults, account, pace, post });
  const feed = createFeed({ state, faults, options });
  const hr = options.hr && createHr({ state, faults, options: options.hr, signal, now });
  const verify = createVerify({ state, account, organisation: options.organisation, now });
  const door = { state, faults, account };
  const s4 = options.accountsToken === undefined ? undefined : createS4({ accountsToken: options.accountsToken, now });
  const app = createSimulatorApp({
    api: createApi(door, [createMessagesApi({ ...door, delivery }), createCallsApi({ ...door, switchboard })]),
    apiOfVersion2: createApiOfVersion2(door, [createTypingApi(door), verify.router]),
    admin: createAdmin({ state, faults, inbound, delivery, switchboard, feed, hr }),
    feed,
    allowRemote,
    s4: s4?.router,
    ...assistantOf(assistant ?? demoAssistant(options, s4, () => url)),
  });
  const server = await listen(app, options.port, options.host, { keepAliveTimeout });
  url = originOf(server.address() as AddressInfo, options.host); // cast: it listens on a port, not on a pipe
  const mailServer = options.mail && await startMailServer({ state, faults, options: options.mail });
  giveUpUnposted(state);
  delivery.resume();
  switchboard.resume();
  return {
    url, state, faults, verify, switchboard,
    smtpUrl: mailServer?.url,
    write: async (who, what) =>
      inbound.write(senderOf(state, who), typeof what === 'string' ? { kind: 'text', text: what } : what).posted,
    rewrite: async (sid) => inbound.repost(sid)?.posted ?? Promise.reject(new RangeError('there is no such message')),
    textsTo: (address, count = 1, withinMs = 10_000) => soMany(state, () => textsTo(state, address), count, withinMs),
    mailsTo: (address, count = 1, withinMs = 10_000) =>
      soMany(state, () => state.mails().filter(({ to }) => to.includes(address)), count, withinMs),
    callTo: (number, isReady = isRinging, withinMs = 10_000) => callTo(state, number, isReady, withinMs),
    close: async () => {
      closing.abort();
      inbound.stop();
      delivery.stop();
      switchboard.stop();
      feed.close();
      const closed = closeServer(server);
      server.closeAllConnections();
      await Promise.all([closed, mailServer?.close()]);
    },
  };
}

/** The process: reads the environment, serves until it is told to stop. */
export async function runSimulator(options = readSimulatorOptions(), parts: SimulatorParts = {}): Promise<void> {
  const simulator = await startSimulator(options, parts);
  process.stdout.write(`simulator: ${simulator.url}\n`);
  await stopRequested();
  await simulator.close();
}

/** The demo's assistant; it asks the local S/4HANA where there is one. */
function demoAssistant(
  { assistantSecret: secret, webhookUrl, statement }: SimulatorOptions, s4: S4 | undefined, origin: () => string,
): RequestListener | undefined {
  if (secret === undefined) return undefined;
  return createDemoAssistant({
    secret, doormanUrl: new URL(webhookUrl).origin,
    ...s4 === undefined ? {} : { orders: s4OrdersAt(s4, origin) },
    ...statement === undefined ? {} : { readStatement: createStatementReader(statement) },
  });
}

/** Orders of the local S/4HANA, seen with the speaker's own token. */
function s4OrdersAt(s4: S4, origin: () => string): Orders {
  // The address is known once the server listens.
  const at = () => createS4Orders({ url: `${origin()}/s4`, auth: { kind: 'perUser' }, allowInsecure: true });
  return {
    find: (number, asker) => at().find(number, asker),
    list: (asker) => at().list(asker),
    release: async (number, asker) => await at().find(number, asker) !== undefined && s4.release(number),
  };
}

const assistantOf = (assistant: RequestListener | undefined) => assistant === undefined ? {} : { assistant };

function originOf({ port }: AddressInfo, host: string): string {
  const isEverywhere = host === '0.0.0.0' || host === '::';
  return `http://${isEverywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`;
}

function senderOf(state: SimulatorState, who: string | Sender): Sender {
  if (typeof who !== 'string') return who;
  const persona = findInCast(state.staff(), who);
  if (persona === undefined) throw new RangeError(`there is no persona ${who}`);
  return persona.sender;
}

/** A restart in the middle of a posting leaves it open whether it was taken: the person decides by sending it again. */
function giveUpUnposted(state: SimulatorState): void {
  for (const { sid, inbound } of state.messages()) {
    if (inbound?.posting !== 'posting') continue;
    const problem = 'the simulator was stopped meanwhile';
    state.changeMessage(sid, { inbound: { ...inbound, posting: 'refused', problem } });
  }
}

function textsTo(state: SimulatorState, address: string): string[] {
  const isSought = ({ to, direction }: TwilioMessage) => to === address && direction === 'outbound-api';
  return state.messages().filter(isSought).map(({ shown }) => shown);
}

/** What `look` sees, once it is so much. */
function soMany<T>(state: SimulatorState, look: () => T[], count: number, withinMs: number): Promise<T[]> {
  const enough = () => [look()].find(({ length }) => length >= count);
  return until(state, enough, withinMs, () => `${look().length} of ${count} came`);
}

function isRinging({ status }: TwilioCall): boolean {
  return status === 'ringing';
}

function callTo(
  state: SimulatorState, number: string, isReady: (call: TwilioCall) => boolean, withinMs: number,
): Promise<TwilioCall> {
  const latest = () => state.calls().findLast(({ to }) => to === number);
  const look = () => [latest()].find((call) => call !== undefined && isReady(call));
  return until(state, look, withinMs, () => `the latest call is ${latest()?.status ?? 'none'}`);
}

/** What `look` finds, looked for again after each change; rejects with `problem` when that takes too long. */
function until<T>(
  state: SimulatorState, look: () => T | undefined, withinMs: number, problem: () => string,
): Promise<T> {
  const found = look();
  if (found !== undefined) return Promise.resolve(found);
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      stop();
      settle();
    };
    const stop = state.onChange(() => {
      const later = look();
      if (later !== undefined) end(() => resolve(later));
    });
    const late = () => reject(new Error(`${problem()} within ${withinMs} ms`));
    const timer = setTimeout(() => end(late), withinMs);
  });
}
