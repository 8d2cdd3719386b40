// What the page sees, and how it sees it live: a whole picture when it connects, then each change, by SSE.
import type { Request, Response } from 'express';
import type { FaultSwitches, Faults } from './faults';
import { castOf } from './hr/cast';
import type { HrPerson } from './hr/person';
import { mailView } from './mail/mail';
import type { ReceivedMail } from './mail/mail';
import type { SimulatorOptions } from './options';
import type { Change, Exchange, SimulatorState } from './state';
import type { TwilioMessage } from './twilio/message';
import type { TwilioCall } from './twilio/voice/call';
import { addressOf } from './webhooks/inboundParameters';

export interface FeedDeps {
  readonly state: SimulatorState;
  readonly faults: FaultSwitches;
  readonly options: SimulatorOptions;
}

export interface Feed {
  /** Everything that the page shows; of everyone, also what is about nobody of the page. */
  snapshot(ofEveryone?: boolean): Record<string, unknown>;
  /** Holds the connection open and sends each change; with `?everyone` those about nobody of the page as well. */
  follow(req: Request, res: Response): void;
  /** Ends all connections. */
  close(): void;
}

// Below the minute after which proxies cut what is silent.
const heartbeatMs = 20_000;

/** Whom the page shows. */
interface Sight {
  readonly people: readonly object[];
  readonly addresses: ReadonlySet<string>;
  readonly mailboxes: ReadonlySet<string>;
}

// Only what concerns the people of the page is sent, unless everyone is asked for: a bench or a test writes from
// thousands of other numbers.
function sightOf(staff: readonly HrPerson[]): Sight {
  const people = castOf(staff).map(({ sender, ...rest }) => (
    { ...rest, address: addressOf(sender), profileName: sender.profileName, username: sender.username ?? null }));
  return {
    people,
    addresses: new Set(people.flatMap(({ address, phones }) => [address, ...phones.map(({ number }) => number)])),
    mailboxes: new Set(people.flatMap(({ mailboxes }) => mailboxes.map(({ address }) => address))),
  };
}

export function createFeed({ state, faults, options }: FeedDeps): Feed {
  // Whether each sees everyone.
  const open = new Map<Response, boolean>();
  const send: Send = (name, data, isShown = true) => {
    for (const [res, seesEveryone] of open) if (isShown || seesEveryone) write(res, name, data);
  };
  let sight = sightOf(state.staff());
  const hrView = () => options.hr === undefined ? null : state.staff();
  const snapshot = (ofEveryone = false) => ({
    people: sight.people,
    hr: hrView(),
    organisation: options.organisation,
    senders: { whatsapp: options.account.whatsappSender, sms: options.account.smsSender },
    webhookUrl: options.publicUrl,
    temporalUi: options.temporalUi ?? null,
    faults: faults.now,
    messages: state.messages().filter((message) => ofEveryone || isShownMessage(sight, message)).map(viewOf),
    exchanges: state.exchanges().filter((exchange) => ofEveryone || isShownExchange(sight, exchange)),
    calls: state.calls().filter(({ to }) => ofEveryone || sight.addresses.has(to)).map(callViewOf),
    typing: state.typing().filter(({ address }) => ofEveryone || sight.addresses.has(address)),
    stopped: state.stopped().filter((number) => ofEveryone || sight.addresses.has(number)),
    mails: state.mails().filter((mail) => ofEveryone || isShownMail(sight, mail)).map(mailView),
  });
  /** Their telephones are of the page only now: what has come there already is told late to who did not see it. */
  const tellPeople = () => {
    const before = sight;
    sight = sightOf(state.staff());
    send('people', { people: sight.people, hr: hrView() });
    const late: Send = (name, data, isShown) => {
      for (const [res, seesEveryone] of open) if (isShown === true && !seesEveryone) write(res, name, data);
    };
    for (const message of state.messages()) {
      late('message', viewOf(message), isShownMessage(sight, message) && !isShownMessage(before, message));
    }
    for (const mail of state.mails()) {
      late('mail', mailView(mail), isShownMail(sight, mail) && !isShownMail(before, mail));
    }
  };
  const stopListening = state.onChange((change) => {
    if (change.kind === 'person') return tellPeople();
    if (change.kind !== 'reset') return tell(change, sight, send);
    for (const [res, seesEveryone] of open) write(res, 'snapshot', snapshot(seesEveryone));
  });
  faults.onChange((now: Faults) => send('faults', now));
  const heartbeat = setInterval(() => {
    for (const res of open.keys()) res.write(': still here\n\n');
  }, heartbeatMs);
  return {
    snapshot,
    follow: (req, res) => {
      const seesEveryone = 'everyone' in req.query;
      res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
      res.flushHeaders();
      res.write('retry: 1000\n\n');
      write(res, 'snapshot', snapshot(seesEveryone));
      open.set(res, seesEveryone);
      res.on('close', () => open.delete(res));
    },
    close: () => {
      clearInterval(heartbeat);
      stopListening();
      for (const res of open.keys()) res.end();
    },
  };
}

type Send = (name: string, data: unknown, isShown?: boolean) => void;

function tell(change: Exclude<Change, { kind: 'reset' | 'person' }>, sight: Sight, send: Send): void {
  const { addresses } = sight;
  switch (change.kind) {
    case 'message': return send('message', viewOf(change.message), isShownMessage(sight, change.message));
    case 'exchange': return send('exchange', change.exchange, isShownExchange(sight, change.exchange));
    case 'removed': return send('removed', change.sid);
    case 'call': return send('call', callViewOf(change.call), addresses.has(change.call.to));
    case 'typing': return send('typing', change.typing, addresses.has(change.typing.address));
    case 'stopped': return tellStopped(change, addresses, send);
    case 'mail': return send('mail', mailView(change.mail), isShownMail(sight, change.mail));
  }
}

function tellStopped(
  { number, hasStopped }: { number: string; hasStopped: boolean }, addresses: Sight['addresses'], send: Send,
): void {
  send('stopped', { number, hasStopped }, addresses.has(number));
}

function write(res: Response, name: string, data: unknown): void {
  res.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

function isShownMessage({ addresses }: Sight, message: TwilioMessage): boolean {
  return addresses.has(message.direction === 'inbound' ? message.from! : message.to);
}

function isShownMail({ mailboxes }: Sight, { to }: ReceivedMail): boolean {
  return to.some((address) => mailboxes.has(address));
}

// What is about nobody in particular, such as a refused log-in, everybody may see.
function isShownExchange({ addresses }: Sight, { about }: Exchange): boolean {
  return about.length === 0 || about.some((address) => addresses.has(address));
}

function viewOf(message: TwilioMessage): Record<string, unknown> {
  const { sid, channel, direction, from, to, shown, status, createdAt, errorCode, errorMessage, inbound } = message;
  return {
    sid, channel, direction, from, to, text: shown, status, at: createdAt, errorCode, errorMessage,
    content: inbound?.content ?? null, posting: inbound?.posting ?? null, problem: inbound?.problem ?? null,
  };
}

function callViewOf(call: TwilioCall): Record<string, unknown> {
  const { sid, from, to, status, createdAt, startedAt, endedAt, transcript, isListening } = call;
  return { sid, from, to, status, at: createdAt, startedAt, endedAt, transcript, isListening };
}
