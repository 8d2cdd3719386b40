// Takes what a person writes on WhatsApp: Twilio stores it, then posts it to Doorman, one after the other for each
// sender. What Doorman does not take stays marked, and can be posted again.
import type { FaultSwitches } from '../faults';
import type { SimulatorState } from '../state';
import type { Account } from '../twilio/account';
import { newSid } from '../twilio/message';
import type { TwilioMessage } from '../twilio/message';
import { addressOf, bodyOf, inboundParameters, mediaTypeOf } from './inboundParameters';
import type { Content, Sender } from './inboundParameters';
import { createLanes } from './lanes';
import type { Post } from './poster';

export interface InboundDeps {
  readonly state: SimulatorState;
  readonly faults: FaultSwitches;
  readonly account: Account;
  /** As Twilio has it. */
  readonly publicUrl: string;
  readonly post: Post;
  /** Where this simulator is, for the addresses of media; known once it listens. */
  readonly origin: () => string;
}

export interface Writing {
  readonly message: TwilioMessage;
  /** The message once its webhook was answered or given up; never rejects. */
  readonly posted: Promise<TwilioMessage>;
}

export interface Inbound {
  write(sender: Sender, content: Content): Writing;
  /** Posts a message once more, with the same SID; undefined when there is no such inbound message. */
  repost(sid: string): Writing | undefined;
  stop(): void;
}

export function createInbound(deps: InboundDeps): Inbound {
  const { state, faults } = deps;
  const lanes = createLanes();

  const enqueue = (message: TwilioMessage): Writing => {
    const posted = lanes.run(message.from!, () => postMessage(message.sid, deps), faults.now.webhookReordered);
    return { message, posted: posted.then(() => state.message(message.sid) ?? message) };
  };

  return {
    write: (sender, content) => enqueue(state.saveMessage(receivedMessage(sender, content, deps.account))),
    repost: (sid) => {
      const message = state.message(sid);
      return message?.inbound === undefined ? undefined : enqueue(setPosting(message, 'posting', deps));
    },
    stop: () => lanes.release(),
  };
}

function receivedMessage(sender: Sender, content: Content, account: Account): TwilioMessage {
  const now = Date.now();
  const hasMedia = mediaTypeOf(content) !== undefined;
  return {
    sid: newSid(hasMedia ? 'MM' : 'SM'),
    channel: 'whatsapp',
    direction: 'inbound',
    from: addressOf(sender),
    to: account.whatsappSender,
    body: bodyOf(content),
    shown: bodyOf(content),
    status: 'received',
    createdAt: now,
    updatedAt: now,
    sentAt: now,
    sendAt: null,
    errorCode: null,
    errorMessage: null,
    messagingServiceSid: null,
    statusCallback: null,
    mediaCount: hasMedia ? 1 : 0,
    segments: 1,
    inbound: { sender, content, posting: 'posting' },
  };
}

function setPosting(
  message: TwilioMessage, posting: 'posting' | 'taken' | 'refused', { state }: InboundDeps, problem?: string,
): TwilioMessage {
  const { sender, content } = message.inbound!;
  const inbound = { sender, content, posting, ...(problem === undefined ? {} : { problem }) };
  return state.changeMessage(message.sid, { inbound }) ?? message;
}

async function postMessage(sid: string, deps: InboundDeps): Promise<void> {
  const { state, faults, account, publicUrl, post, origin } = deps;
  const message = state.message(sid);
  if (message?.inbound === undefined) return;
  const { webhookDropped, webhookCopies, webhookDelayMs } = faults.now;
  if (webhookDropped) {
    setPosting(message, 'refused', deps, 'dropped by a fault switch');
    return;
  }
  const { sender, content } = message.inbound;
  const mediaUrl = `${origin()}/2010-04-01/Accounts/${account.sid}/Messages/${sid}/Media/ME${sid.slice(2)}`;
  const form = inboundParameters({ sid, accountSid: account.sid, to: message.to, sender, content, mediaUrl });
  const parts = {
    kind: 'inbound', url: publicUrl, form, messageSid: sid, about: [message.from!], delayMs: webhookDelayMs,
  } as const;
  let attempt = await post(parts);
  for (let copy = 1; copy < webhookCopies; copy += 1) attempt = await post(parts);
  setPosting(message, attempt.failure === undefined ? 'taken' : 'refused', deps, attempt.problem);
}
