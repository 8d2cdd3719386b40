// The concrete adapters, made from the configuration: Twilio, the assistant, mail.
import { readFileSync } from 'node:fs';
import { createAssistant } from './assistant/createAssistant';
import type { ChatChannel } from './chat/chatChannel';
import { createTwilioWhatsApp } from './chat/twilioWhatsApp';
import type { Config } from './config';
import type { Pool } from './db/pool';
import type { DestinationRules } from './directory/contacts';
import type { Method } from './domain/messages';
import { receiptPath, statusPath } from './http/twilioStatus';
import { callPath, callStatusPath, pressedPath } from './http/voice/voiceCalls';
import type { Log } from './log';
import { createMailer } from './mail/mailer';
import type { Mailer } from './mail/mailer';
import type { Alert } from './otp/budgets';
import type { CodeCarrier } from './otp/carriers/codeCarrier';
import { createMailCarrier } from './otp/carriers/mailCarrier';
import { createSmsCarrier } from './otp/carriers/smsCarrier';
import { createHttpSms } from './otp/carriers/httpCarrier';
import type { SendSms } from './otp/carriers/smsSender';
import { createTwilioSms } from './otp/carriers/twilioSms';
import { createVerifyProvider } from './otp/verify/verifyProvider';
import type { VerifyProvider } from './otp/verify/verifyProvider';
import type { CodeCallDeps, CodeCalls } from './otp/voice/codeCalls';
import { createVoiceCarrier } from './otp/carriers/voiceCarrier';
import type { VoiceCarrierOptions } from './otp/carriers/voiceCarrier';
import { createEgress } from './outbound/egress';
import type { TextOptions, Texts } from './texts/render';
import { createTwilio } from './twilio/client';
import type { Twilio } from './twilio/client';
import type { TwilioAlert } from './twilio/errorTable';
import { createWiredCalls } from './wiredActivities';
import type { Ports } from './wiredActivities';
import { assistantAudience } from './wiring/statements';

type TellAlert = (what: TwilioAlert) => void;

function connectTwilio(config: Config, alert: TellAlert, timeoutMs?: number): Twilio {
  return createTwilio({
    alert,
    accountSid: config.TWILIO_ACCOUNT_SID,
    apiKeySid: config.TWILIO_API_KEY_SID,
    apiKeySecret: config.TWILIO_API_KEY_SECRET,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(config.TWILIO_API_URL === undefined ? {} : { apiUrl: config.TWILIO_API_URL }),
  });
}

// By itself Twilio repeats only what could not connect: a receipt that we answer with 503, or too late, would be lost.
const again = '#rc=2&rp=5xx,ct,rt';

// Without a query: our routes refuse one, because it would change how a signature is checked (A08).
const statusCallbackOf = (config: Config) => (receiptId?: string): string =>
  config.DOORMAN_PUBLIC_URL + (receiptId === undefined ? statusPath : receiptPath(receiptId)) + again;

/** How SMS are sent: by the carrier that is configured, or by Twilio, over a connection of their own. */
export function createSms(config: Config, alert: TellAlert): SendSms {
  if (config.smsCarrier !== undefined) return createHttpSms(config.smsCarrier, createEgress(config));
  const from = config.TWILIO_MESSAGING_SERVICE_SID === undefined
    ? { sender: config.TWILIO_SMS_SENDER! } // the configuration has one of the two
    : { messagingServiceSid: config.TWILIO_MESSAGING_SERVICE_SID };
  return createTwilioSms({ twilio: connectTwilio(config, alert), from, statusCallback: statusCallbackOf(config) });
}

/** How calls are placed: over a connection of their own, too. */
function voiceOptions(config: Config, alert: TellAlert): VoiceCarrierOptions {
  return {
    twilio: connectTwilio(config, alert),
    sender: config.TWILIO_VOICE_SENDER!, // the configuration has one where codes go by call
    callUrl: (receiptId) => config.DOORMAN_PUBLIC_URL + callPath(receiptId),
    statusUrl: (receiptId) => config.DOORMAN_PUBLIC_URL + callStatusPath(receiptId),
  };
}

/** What carries codes beside our own SMS and calls. */
export interface CodeProviders {
  /** Where Verify is configured, and not where it is the provider. */
  readonly verify?: VerifyProvider | undefined;
  /** Where a mail server is configured; whoever made it closes it. */
  readonly mailer?: Mailer | undefined;
}

function carrierBy(
  method: Method, config: Config, texts: Texts, alert: TellAlert, { verify, mailer }: CodeProviders,
): CodeCarrier {
  if (verify !== undefined && method !== 'email') return verify.carrier(method);
  switch (method) {
    case 'sms': return createSmsCarrier({ send: createSms(config, alert), texts });
    case 'call': return createVoiceCarrier(voiceOptions(config, alert));
    // The configuration has a mail server where codes go by mail.
    case 'email': return createMailCarrier({ mailer: mailer!, texts });
  }
}

/**
 * The chat, over connections of its own: one that a code has just opened would let the reply to somebody known come
 * sooner than the reply to an unknown one (A35), and codes that hang would hold up the chat.
 */
export function createChannel(config: Config, alert: TellAlert): ChatChannel {
  const { TWILIO_WHATSAPP_SENDER: sender, DOORMAN_WINDOW_TEMPLATE_SID: template } = config;
  return createTwilioWhatsApp({
    twilio: connectTwilio(config, alert),
    sender,
    statusCallback: statusCallbackOf(config),
    ...(template === undefined ? {} : { windowTemplate: template }),
  });
}

/** Who is asked for their e-mail is sent the code there, whatever is the best way otherwise. */
const inOrder = ({ DOORMAN_IDENTIFY_BY: by }: Config, methods: readonly Method[]): readonly Method[] =>
  by === 'workEmail' ? ['email', ...methods.filter((method) => method !== 'email')] : methods;

/** The chat, what carries codes and the assistant, as configured: what activities run on. */
export function createPorts(
  config: Config, texts: Texts, alert: TellAlert, { verify, mailer }: CodeProviders,
): Ports {
  const { DOORMAN_OTP_PROVIDER: provider, DOORMAN_CODE_METHODS: methods } = config;
  const other = provider === 'own' ? undefined : verify;
  return {
    channel: createChannel(config, alert),
    identifyBy: config.DOORMAN_IDENTIFY_BY,
    carriers: new Map(inOrder(config, methods).map((method) =>
      [method, carrierBy(method, config, texts, alert, { verify: other, mailer })])),
    ...other?.checkCode === undefined ? {} : { checkCode: other.checkCode },
    parties: { issuer: config.DOORMAN_PUBLIC_URL, audience: assistantAudience(config), policy: config.policy },
    assistant: createAssistant(config.assistant, { fetch: createEgress(config) }),
  };
}

/** How texts speak, as configured. */
export function textOptions(config: Config): TextOptions {
  return {
    organisation: config.DOORMAN_ORGANISATION, language: config.DOORMAN_LANGUAGE, methods: config.DOORMAN_CODE_METHODS,
    identifyBy: config.DOORMAN_IDENTIFY_BY,
  };
}

// Of the quantum after which a reply leaves: how long a check takes for everybody, and within that, what Twilio has. A
// comparison that took longer would make the reply of somebody known come later than that of an unknown one (A35).
const checkShare = 0.75;
const askShare = 0.7;
const checkWithoutQuantumMs = 1_500;

/** Twilio Verify, where there is a service; undefined where there never was one. */
export function createVerify(
  config: Config, pool: Pool, log: Log, alert: (what: Alert) => void,
): VerifyProvider | undefined {
  const { TWILIO_VERIFY_SERVICE_SID: serviceSid, DOORMAN_OTP_PROVIDER: provider, policy } = config;
  if (serviceSid === undefined) return undefined;
  const quantumMs = policy.replyQuantumMs;
  return createVerifyProvider({
    pool, log, alert, serviceSid, codes: provider === 'verifyManaged' ? 'managed' : 'custom',
    twilio: connectTwilio(config, alert),
    checkMs: checkShare * quantumMs,
    checkTwilio: connectTwilio(config, alert, quantumMs === 0 ? checkWithoutQuantumMs : askShare * quantumMs),
  });
}

/** Where codes may go, as configured. */
export function destinationRules({ countries, policy, DOORMAN_SAME_NUMBER: sameNumber }: Config): DestinationRules {
  return { countries, sameNumber, contactHoldMs: policy.contactHoldMs };
}

/** Where links to the assistant's media may lead. */
export function mediaHosts({ DOORMAN_MEDIA_HOSTS: list }: Config): ReadonlySet<string> {
  return new Set(list?.split(',').map((host) => host.trim()));
}

/** Mail as configured; undefined where there is no mail server. */
export function createMail(config: Config): Mailer | undefined {
  const { DOORMAN_SMTP_URL: url, DOORMAN_MAIL_FROM: from, DOORMAN_SMTP_CA: ca, production } = config;
  if (url === undefined || from === undefined) return undefined;
  const fromName = config.DOORMAN_ORGANISATION;
  return createMailer({ url, from, fromName, production, ...ca === undefined ? {} : { ca: readFileSync(ca) } });
}

/** What is said in the calls that carry codes. Nothing is, before it is known that the database may be relied on. */
export function createCalls(
  config: Config, pool: Pool, texts: Texts, requireSound: () => void, deps: Pick<CodeCallDeps, 'log' | 'noteReceipt'>,
): CodeCalls {
  const { ask, press, report } = createWiredCalls(pool, config.keyring, texts, {
    ...deps,
    defaultLanguage: config.DOORMAN_LANGUAGE,
    pressedUrl: (receiptId) => config.DOORMAN_PUBLIC_URL + pressedPath(receiptId),
  }, destinationRules(config));
  const whenSound = <Given extends unknown[], Said>(act: (...given: Given) => Promise<Said>) =>
    async (...given: Given): Promise<Said> => {
      requireSound();
      return act(...given);
    };
  return { ask: whenSound(ask), press: whenSound(press), report: whenSound(report) };
}
