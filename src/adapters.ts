// The concrete adapters, made from the configuration: Twilio, the assistant, mail.
import { readFileSync } from 'node:fs';
import { createWebhookAssistant } from './assistant/webhookAssistant';
import { createTwilioWhatsApp } from './chat/twilioWhatsApp';
import type { Config } from './config';
import type { Pool } from './db/pool';
import type { DestinationRules } from './directory/contacts';
import type { Method } from './domain/messages';
import { receiptPath, statusPath } from './http/twilioStatus';
import { callPath, callStatusPath, pressedPath } from './http/voice/voiceCalls';
import { createMailer } from './mail/mailer';
import type { Mailer } from './mail/mailer';
import type { CodeCarrier } from './otp/carriers/codeCarrier';
import { createMailCarrier } from './otp/carriers/mailCarrier';
import { createSmsCarrier } from './otp/carriers/smsCarrier';
import type { SmsCarrierOptions } from './otp/carriers/smsCarrier';
import type { CodeCallDeps, CodeCalls } from './otp/voice/codeCalls';
import { createVoiceCarrier } from './otp/carriers/voiceCarrier';
import type { VoiceCarrierOptions } from './otp/carriers/voiceCarrier';
import type { TextOptions, Texts } from './texts/render';
import { createTwilio } from './twilio/client';
import type { Twilio } from './twilio/client';
import { createWiredCalls } from './wiredActivities';
import type { Ports } from './wiredActivities';

function connectTwilio(config: Config): Twilio {
  return createTwilio({
    accountSid: config.TWILIO_ACCOUNT_SID,
    apiKeySid: config.TWILIO_API_KEY_SID,
    apiKeySecret: config.TWILIO_API_KEY_SECRET,
    ...(config.TWILIO_API_URL === undefined ? {} : { apiUrl: config.TWILIO_API_URL }),
  });
}

// By itself Twilio repeats only what could not connect: a receipt that we answer with 503, or too late, would be lost.
const again = '#rc=2&rp=5xx,ct,rt';

// Without a query: our routes refuse one, because it would change how a signature is checked (A08).
const statusCallbackOf = (config: Config) => (receiptId?: string): string =>
  config.DOORMAN_PUBLIC_URL + (receiptId === undefined ? statusPath : receiptPath(receiptId)) + again;

/** How SMS are sent: over a connection of their own. */
export function smsOptions(config: Config, texts: Texts): SmsCarrierOptions {
  const from = config.TWILIO_MESSAGING_SERVICE_SID === undefined
    ? { sender: config.TWILIO_SMS_SENDER! } // the configuration has one of the two
    : { messagingServiceSid: config.TWILIO_MESSAGING_SERVICE_SID };
  return { twilio: connectTwilio(config), from, texts, statusCallback: statusCallbackOf(config) };
}

/** How calls are placed: over a connection of their own, too. */
function voiceOptions(config: Config): VoiceCarrierOptions {
  return {
    twilio: connectTwilio(config),
    sender: config.TWILIO_VOICE_SENDER!, // the configuration has one where codes go by call
    callUrl: (receiptId) => config.DOORMAN_PUBLIC_URL + callPath(receiptId),
    statusUrl: (receiptId) => config.DOORMAN_PUBLIC_URL + callStatusPath(receiptId),
  };
}

function carrierBy(method: Method, config: Config, texts: Texts): CodeCarrier {
  switch (method) {
    case 'sms': return createSmsCarrier(smsOptions(config, texts));
    case 'call': return createVoiceCarrier(voiceOptions(config));
    // Over connections of its own, too: notices that hang would hold up codes. The configuration has a mail server.
    case 'email': return createMailCarrier({ mailer: createMail(config)!, texts });
  }
}

/** Twilio and the assistant, as configured. */
export function createPorts(config: Config, texts: Texts): Ports {
  return {
    // Chat and codes have connections of their own: one that a code has just opened would let the reply to somebody
    // known come sooner than the reply to an unknown one (A35), and codes that hang would hold up the chat.
    channel: createTwilioWhatsApp({
      twilio: connectTwilio(config), sender: config.TWILIO_WHATSAPP_SENDER, statusCallback: statusCallbackOf(config),
    }),
    carriers: new Map(config.DOORMAN_CODE_METHODS.map((method) => [method, carrierBy(method, config, texts)])),
    assistant: createWebhookAssistant({
      url: config.ASSISTANT_URL,
      secret: config.ASSISTANT_SECRET,
      production: config.production,
    }),
  };
}

/** How texts speak, as configured. */
export function textOptions(config: Config): TextOptions {
  return {
    organisation: config.DOORMAN_ORGANISATION, language: config.DOORMAN_LANGUAGE, methods: config.DOORMAN_CODE_METHODS,
  };
}

/** Where codes may go, as configured. */
export function destinationRules({ countries, policy, DOORMAN_SAME_NUMBER: sameNumber }: Config): DestinationRules {
  return { countries, sameNumber, contactHoldMs: policy.contactHoldMs };
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
  config: Config, pool: Pool, texts: Texts, isSound: () => boolean, deps: Pick<CodeCallDeps, 'log' | 'noteReceipt'>,
): CodeCalls {
  const { ask, press, report } = createWiredCalls(pool, config.keyring, texts, {
    ...deps,
    defaultLanguage: config.DOORMAN_LANGUAGE,
    pressedUrl: (receiptId) => config.DOORMAN_PUBLIC_URL + pressedPath(receiptId),
  }, destinationRules(config));
  const whenSound = <Given extends unknown[], Said>(act: (...given: Given) => Promise<Said>) =>
    async (...given: Given): Promise<Said> => {
      if (!isSound()) throw new Error('it is not known yet whether the database is sound');
      return act(...given);
    };
  return { ask: whenSound(ask), press: whenSound(press), report: whenSound(report) };
}
