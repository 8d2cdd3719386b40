// What Twilio refuses to call, and the call that it makes of what it accepts.
// Source: https://www.twilio.com/docs/voice/api/call-resource and https://www.twilio.com/docs/iam/test-credentials
import type { Parameters } from '../../webhooks/signature';
import { newSid } from '../message';
import { e164, isWebUrl } from '../messageRules';
import type { Circumstances } from '../messageRules';
import { twilioError } from '../twilioError';
import type { TwilioError, TwilioErrorCode } from '../twilioError';
import { callEvents } from './call';
import type { CallEvent, TwilioCall } from './call';

/** Numbers of Twilio's test credentials: what happens is decided by the number. */
const refusedCallees: Readonly<Record<string, TwilioErrorCode>> = {
  '+15005550001': 21217, '+15005550002': 21214, '+15005550003': 21215, '+15005550004': 21216,
};
const refusedCallers: Readonly<Record<string, TwilioErrorCode>> = { '+15005550001': 21212 };
const willingCaller = '+15005550006';

/** Twilio's limit, in characters. */
const twimlLengthMax = 4_000;
const timeout = { default: 60, max: 600 };
const timeLimit = { default: 14_400, max: 14_400 };

/** The new call, or why there is none. */
export function composeCall(form: Parameters, circumstances: Circumstances): TwilioCall | TwilioError {
  const first = (name: string) => form.find(([given]) => given === name)?.[1] ?? '';
  return refusalOf(first, form, circumstances) ?? callOf(first, form, circumstances.now);
}

type First = (name: string) => string;

function refusalOf(first: First, form: Parameters, circumstances: Circumstances): TwilioError | undefined {
  const [to, from, statusCallback] = [first('To'), first('From'), first('StatusCallback')];
  if (to === '') return twilioError(21201);
  if (from === '') return twilioError(21213);
  const event = eventsOf(form).find((given) => !callEvents.some((known) => known === given));
  return refusalOfCaller(from, circumstances) ?? refusalOfCallee(to, from, circumstances) ?? refusalOfTwiml(first)
    ?? refusalOfNumber('Timeout', first, timeout.max) ?? refusalOfNumber('TimeLimit', first, timeLimit.max)
    ?? (statusCallback !== '' && !isWebUrl(statusCallback) ? twilioError(21609, statusCallback) : undefined)
    ?? (event === undefined ? undefined : twilioError(21626, event));
}

function refusalOfCaller(from: string, { account }: Circumstances): TwilioError | undefined {
  if ([account.voiceSender ?? account.smsSender, account.smsSender, willingCaller].includes(from)) return undefined;
  return twilioError(refusedCallers[from] ?? (e164.test(from) ? 21210 : 21212), from);
}

function refusalOfCallee(to: string, from: string, { blockedPrefix }: Circumstances): TwilioError | undefined {
  if (!e164.test(to)) return twilioError(21211, to);
  if (to === from) return twilioError(21266, to);
  const code = refusedCallees[to];
  if (code !== undefined) return twilioError(code, to);
  return blockedPrefix !== null && to.startsWith(blockedPrefix) ? twilioError(21215, to) : undefined;
}

function refusalOfTwiml(first: First): TwilioError | undefined {
  const [url, twiml] = [first('Url'), first('Twiml')];
  if (url === '' && twiml === '') return twilioError(21205);
  if (url !== '' && !isWebUrl(url)) return twilioError(21205, url);
  // TwiML is fetched by POST alone here, which is what Twilio does unless it is told otherwise.
  if (!['', 'POST'].includes(first('Method').toUpperCase())) return twilioError(20001, 'Method');
  return twiml.length > twimlLengthMax ? twilioError(20001, 'Twiml') : undefined;
}

function refusalOfNumber(name: string, first: First, max: number): TwilioError | undefined {
  const given = first(name);
  const isFine = given === '' || (/^\d{1,5}$/.test(given) && Number(given) >= 1 && Number(given) <= max);
  return isFine ? undefined : twilioError(20001, name);
}

function callOf(first: First, form: Parameters, now: number): TwilioCall {
  const [url, statusCallback] = [first('Url'), first('StatusCallback')];
  const events = eventsOf(form) as CallEvent[]; // cast: all others were refused
  return {
    sid: newSid('CA'),
    from: first('From'),
    to: first('To'),
    status: 'queued',
    createdAt: now,
    updatedAt: now,
    startedAt: null,
    endedAt: null,
    url: url === '' ? null : url,
    // Twilio ignores it where there is a URL.
    twiml: url === '' ? first('Twiml') : null,
    timeoutSeconds: Number(first('Timeout') || timeout.default),
    limitSeconds: Number(first('TimeLimit') || timeLimit.default),
    statusCallback: statusCallback === '' ? null : statusCallback,
    statusEvents: events.length === 0 ? ['completed'] : events,
    events: 0,
    transcript: [],
    isListening: false,
  };
}

// One parameter for each event; several in one, apart by spaces, are taken as well.
function eventsOf(form: Parameters): string[] {
  return form.filter(([name]) => name === 'StatusCallbackEvent')
    .flatMap(([, value]) => value.split(' ').filter((event) => event !== ''));
}
