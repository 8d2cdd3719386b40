// Twilio Verify v2, as far as codes are carried and compared by it: verifications are begun or repeated, looked at,
// ended, and checked. Ten minutes, five sends, five guesses, by a clock that a test may turn. Of a number there is one
// at a time, whoever asks, and its code stays the same; what was approved is forgotten. Memory only.
import { randomBytes, randomInt } from 'node:crypto';
import express from 'express';
import type { Request, Response, Router } from 'express';
import type { SimulatorState } from '../state';
import type { Account } from './account';
import { concerns, formOf, pathOf, refuse } from './api';
import { newSid } from './message';
import { segmentsOf } from './segments';
import { twilioError } from './twilioError';
import type { TwilioErrorCode } from './twilioError';

export interface VerifyDeps {
  readonly state: SimulatorState;
  readonly account: Account;
  /** The service's friendly name. */
  readonly organisation: string;
  readonly now?: (() => number) | undefined;
}

export interface Verification {
  readonly sid: string;
  readonly serviceSid: string;
  readonly to: string;
  readonly channel: string;
  readonly code: string;
  readonly status: 'pending' | 'approved' | 'canceled' | 'max_attempts_reached';
  readonly sends: readonly { readonly time: string; readonly channel: string; readonly attempt_sid: string }[];
  readonly checks: number;
  readonly begunAt: number;
}

/** What an operator sets at Twilio, and how a test makes it misbehave. */
export interface VerifySettings {
  customCodes: boolean;
  codeLength: number;
  /** As many requests from now on come too close together. */
  tooClose: number;
}

export interface Verify {
  readonly router: Router;
  readonly settings: VerifySettings;
  /** All that were begun, oldest first, as they stand. */
  all(): readonly Verification[];
}

const lifetimeMs = 10 * 60_000;
const sendsMax = 5;
const checksMax = 5;

const service = /^VA[0-9a-fA-F]{32}$/;
const e164 = /^\+[1-9]\d{6,14}$/;
const customCode = /^[A-Za-z0-9]{4,10}$/;

/** As with the test credentials of messages: what happens is decided by the number. */
const refusedNumbers: Readonly<Record<string, TwilioErrorCode>> = {
  '+15005550001': 60200, '+15005550003': 60605, '+15005550004': 60410, '+15005550009': 60205,
};

// Twilio speaks some forty languages; one that it does not speak becomes English.
const words: Readonly<Record<string, (name: string, code: string) => string>> = {
  en: (name, code) => `Your ${name} verification code is: ${code}`,
  de: (name, code) => `Ihr ${name} Verifizierungscode lautet: ${code}`,
  es: (name, code) => `Su código de verificación de ${name} es: ${code}`,
  fr: (name, code) => `Votre code de vérification ${name} est : ${code}`,
};

export function createVerify({ state, account, organisation, now = Date.now }: VerifyDeps): Verify {
  const settings: VerifySettings = { customCodes: true, codeLength: 6, tooClose: 0 };
  const verifications = new Map<string, Verification>();

  const keep = (verification: Verification) => {
    verifications.set(verification.sid, verification);
    return verification;
  };
  const isOver = ({ begunAt }: Verification) => now() >= begunAt + lifetimeMs;
  /** The one that Twilio still knows: neither over nor approved. */
  const known = (found: Verification | undefined) =>
    found === undefined || isOver(found) || found.status === 'approved' ? undefined : found;
  const pendingTo = (serviceSid: string, to: string) => [...verifications.values()].find((one) =>
    one.serviceSid === serviceSid && one.to === to && known(one) !== undefined && one.status !== 'canceled');
  const show = (res: Response, verification: Verification, status = 200) =>
    void res.status(status).json(resource(verification, account.sid, now()));

  function deliver({ to, channel, code }: Verification, locale: string): void {
    const say = words[locale] ?? words.en!;
    const text = channel === 'call' ? `☎ ${say(organisation, [...code].join(' '))}` : say(organisation, code);
    const at = now();
    state.saveMessage({
      sid: newSid('SM'), channel: 'sms', direction: 'outbound-api', from: 'Verify', to, body: '', shown: text,
      status: 'delivered', createdAt: at, updatedAt: at, sentAt: at, sendAt: null, errorCode: null, errorMessage: null,
      messagingServiceSid: null, statusCallback: null, mediaCount: 0, segments: segmentsOf(text),
    });
  }

  function begin(req: Request, res: Response): void {
    const form = new Map(formOf(req));
    const [to, channel, custom] = [form.get('To') ?? '', form.get('Channel') ?? '', form.get('CustomCode')];
    const serviceSid = String(req.params.serviceSid);
    const code = refusalOf(to, channel, custom, settings);
    if (code !== undefined) return refuse(res, twilioError(code, e164.test(to) ? 'Channel' : 'To'));
    const former = pendingTo(serviceSid, to);
    // Guesses that are used up leave no room for another code before it is ended, or over.
    if (former?.status === 'max_attempts_reached') return refuse(res, twilioError(60202));
    if (former !== undefined && former.sends.length >= sendsMax) return refuse(res, twilioError(60203));
    const begun = keep({
      ...former ?? {
        sid: sidOf('VE'), serviceSid, to, code: custom ?? codeOf(settings.codeLength), checks: 0,
        status: 'pending' as const, begunAt: now(),
      },
      channel,
      sends: [...former?.sends ?? [], { time: iso(now()), channel, attempt_sid: sidOf('VL') }],
    });
    deliver(begun, form.get('Locale') ?? 'en');
    show(res, begun, 201);
  }

  function update(req: Request, res: Response, verification: Verification): void {
    const status = new Map(formOf(req)).get('Status');
    if (status !== 'approved' && status !== 'canceled') return refuse(res, twilioError(60200, 'Status'));
    if (verification.status === 'canceled') return refuse(res, twilioError(20404, pathOf(req)));
    show(res, keep({ ...verification, status }));
  }

  function check(req: Request, res: Response): void {
    const form = new Map(formOf(req));
    const [guess, to, sid] = [form.get('Code') ?? '', form.get('To'), form.get('VerificationSid')];
    const serviceSid = String(req.params.serviceSid);
    if (!customCode.test(guess)) return refuse(res, twilioError(60200, 'Code'));
    if (sid === undefined && to === undefined) return refuse(res, twilioError(60200, 'To'));
    const named = sid === undefined ? pendingTo(serviceSid, to!) : known(verifications.get(sid));
    if (named === undefined || named.serviceSid !== serviceSid || named.status === 'canceled') {
      return refuse(res, twilioError(20404, pathOf(req)));
    }
    concerns(res, null, named.to);
    if (named.checks >= checksMax) {
      keep({ ...named, status: 'max_attempts_reached' });
      return refuse(res, twilioError(60202));
    }
    const status = guess === named.code ? 'approved' : 'pending';
    const checked = keep({ ...named, checks: named.checks + 1, status });
    const { sid: id, service_sid, account_sid, to: number, channel, ...times } = resource(checked, account.sid, now());
    const { date_created, date_updated, valid } = times;
    res.json({
      sid: id, service_sid, account_sid, to: number, channel, status, valid, amount: null, payee: null, date_created,
      date_updated,
    });
  }

  const router = express.Router({ caseSensitive: true });
  router.use('/Services/:serviceSid', (req, res, next) => {
    if (!service.test(String(req.params.serviceSid))) return refuse(res, twilioError(20404, pathOf(req)));
    if (settings.tooClose === 0) return next();
    settings.tooClose -= 1;
    refuse(res, twilioError(60212));
  });
  // Each route of one verification starts by finding it.
  const one = (use: (req: Request, res: Response, verification: Verification) => void) =>
    (req: Request, res: Response) => {
      const found = known(verifications.get(String(req.params.sid)));
      if (found === undefined || found.serviceSid !== req.params.serviceSid) {
        return refuse(res, twilioError(20404, pathOf(req)));
      }
      concerns(res, null, found.to);
      use(req, res, found);
    };
  router.post('/Services/:serviceSid/Verifications', (req, res) => {
    concerns(res, null, new Map(formOf(req)).get('To'));
    begin(req, res);
  });
  router.get('/Services/:serviceSid/Verifications/:sid', one((_req, res, verification) => show(res, verification)));
  router.post('/Services/:serviceSid/Verifications/:sid', one(update));
  router.post('/Services/:serviceSid/VerificationCheck', check);
  return { router, settings, all: () => [...verifications.values()] };
}

function refusalOf(
  to: string, channel: string, custom: string | undefined, settings: VerifySettings,
): TwilioErrorCode | undefined {
  // Of Twilio's channels those that carry a code to a telephone; the others need what a simulator does not have.
  if (!e164.test(to) || !['sms', 'call'].includes(channel)) return 60200;
  const refused = refusedNumbers[to];
  // A landline can be called.
  if (refused !== undefined && !(refused === 60205 && channel === 'call')) return refused;
  if (custom === undefined) return undefined;
  if (!settings.customCodes) return 60204;
  return customCode.test(custom) ? undefined : 60200;
}

function resource(verification: Verification, accountSid: string, now: number) {
  const { sid, serviceSid, to, channel, status, sends, begunAt } = verification;
  return {
    sid, service_sid: serviceSid, account_sid: accountSid, to, channel, status, valid: status === 'approved',
    lookup: {}, amount: null, payee: null, send_code_attempts: sends,
    date_created: iso(begunAt), date_updated: iso(now), sna: null,
    url: `https://verify.twilio.com/v2/Services/${serviceSid}/Verifications/${sid}`,
  };
}

const iso = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
const sidOf = (prefix: 'VE' | 'VL'): string => prefix + randomBytes(16).toString('hex');
const codeOf = (length: number): string => Array.from({ length }, () => randomInt(10)).join('');
