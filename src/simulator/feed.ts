// What the page sees, and how it sees it live: a whole picture when it connects, then each change, by SSE.
import type { Request, Response } from 'express';
import { personas } from './demo/personas';
import type { FaultSwitches, Faults } from './faults';
import type { SimulatorOptions } from './options';
import type { Change, Exchange, SimulatorState } from './state';
import type { TwilioMessage } from './twilio/message';
import { addressOf } from './webhooks/inboundParameters';

export interface FeedDeps {
  readonly state: SimulatorState;
  readonly faults: FaultSwitches;
  readonly options: SimulatorOptions;
}

export interface Feed {
  /** Everything that the page shows. */
  snapshot(): Record<string, unknown>;
  /** Holds the connection open and sends each change. */
  follow(req: Request, res: Response): void;
  /** Ends all connections. */
  close(): void;
}

// Below the minute after which proxies cut what is silent.
const heartbeatMs = 20_000;

const people = personas.map((persona) => {
  const { sender, ...rest } = persona;
  return { ...rest, address: addressOf(sender), profileName: sender.profileName, username: sender.username ?? null };
});
// Only what concerns the people of the page is sent: a bench or a test writes from thousands of other numbers.
const shownAddresses = new Set(people.flatMap(({ address, phones }) => [address, ...phones.map(({ number }) => number)]));

export function createFeed({ state, faults, options }: FeedDeps): Feed {
  const open = new Set<Response>();
  const send = (name: string, data: unknown) => {
    for (const res of open) write(res, name, data);
  };
  const snapshot = () => ({
    people,
    organisation: options.organisation,
    senders: { whatsapp: options.account.whatsappSender, sms: options.account.smsSender },
    webhookUrl: options.publicUrl,
    temporalUi: options.temporalUi ?? null,
    faults: faults.now,
    messages: state.messages().filter(isShownMessage).map(viewOf),
    exchanges: state.exchanges().filter(isShownExchange),
  });
  const stopListening = state.onChange((change) => tell(change, send, snapshot));
  faults.onChange((now: Faults) => send('faults', now));
  const heartbeat = setInterval(() => {
    for (const res of open) res.write(': still here\n\n');
  }, heartbeatMs);
  return {
    snapshot,
    follow: (_req, res) => {
      res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
      res.flushHeaders();
      res.write('retry: 1000\n\n');
      write(res, 'snapshot', snapshot());
      open.add(res);
      res.on('close', () => open.delete(res));
    },
    close: () => {
      clearInterval(heartbeat);
      stopListening();
      for (const res of open) res.end();
    },
  };
}

function tell(change: Change, send: (name: string, data: unknown) => void, snapshot: () => unknown): void {
  if (change.kind === 'message' && isShownMessage(change.message)) send('message', viewOf(change.message));
  if (change.kind === 'exchange' && isShownExchange(change.exchange)) send('exchange', change.exchange);
  if (change.kind === 'removed') send('removed', change.sid);
  if (change.kind === 'reset') send('snapshot', snapshot());
}

function write(res: Response, name: string, data: unknown): void {
  res.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

function isShownMessage(message: TwilioMessage): boolean {
  return shownAddresses.has(message.direction === 'inbound' ? message.from! : message.to);
}

// What is about nobody in particular, such as a refused log-in, everybody may see.
function isShownExchange({ about }: Exchange): boolean {
  return about.length === 0 || about.some((address) => shownAddresses.has(address));
}

function viewOf(message: TwilioMessage): Record<string, unknown> {
  const { sid, channel, direction, from, to, shown, status, createdAt, errorCode, errorMessage, inbound } = message;
  return {
    sid, channel, direction, from, to, text: shown, status, at: createdAt, errorCode, errorMessage,
    content: inbound?.content ?? null, posting: inbound?.posting ?? null, problem: inbound?.problem ?? null,
  };
}
