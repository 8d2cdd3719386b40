// SMS over any provider with an HTTP API, as DOORMAN_SMS_CARRIER describes it. Keeps nothing and logs nothing. What is
// sent is data in a template, encoded by whoever encodes the whole: it can add no field and end no value.
import { askFor, parsed } from '../../outbound/answer';
import type { Answer } from '../../outbound/answer';
import { faultOfAnswer, faultOfThrown } from '../../outbound/httpFaults';
import { createTokens } from '../../outbound/tokens';
import type { CarryOutcome } from './codeCarrier';
import type { HttpCarrierSettings, Placeholder } from './httpCarrierSettings';
import { isTelephone, noTelephone } from './smsSender';
import type { SendSms, Sms } from './smsSender';

const who = 'the SMS carrier';
const dependency = 'smsCarrier';
const bytesMax = 64 * 1024;
// It was looked who may have the code before the token is waited for: beyond this it is looked again, by another try.
const tokenMsMax = 4_000;

/**
 * `fetch`: the guarded one; redirects are refused here. A text leaves once a try, whatever the answer: a 401 says that
 * nothing was done, but it may come so late that the try is given up and another one is at work already.
 */
export function createHttpSms(settings: HttpCarrierSettings, fetch: typeof globalThis.fetch): SendSms {
  const authorize = authorization(settings, fetch);
  return async (sms) => {
    if (!isTelephone(sms.to)) return noTelephone;
    const { authorization: value, forget } = await authorize();
    const answer = await post(settings, fetch, requestOf(settings, sms, value));
    // It may have ended before its time, or been taken back: the next try has a new one.
    if (answer.status === 401) forget?.();
    return outcomeOf(settings, sms, answer);
  };
}

interface Authorized {
  readonly authorization?: string;
  forget?(): void;
}

function authorization(
  { auth, allowInsecure, timeoutMs }: HttpCarrierSettings, fetch: typeof globalThis.fetch,
): () => Promise<Authorized> {
  switch (auth?.kind) {
    case undefined: return async () => ({});
    case 'bearer': return async () => ({ authorization: `Bearer ${auth.token}` });
    case 'basic': {
      const value = Buffer.from(`${auth.user}:${auth.password}`).toString('base64');
      return async () => ({ authorization: `Basic ${value}` });
    }
    case 'oauth': {
      const { tokenUrl, clientId, clientSecret, scope } = auth;
      const tokens = createTokens({
        tokenUrl, clientId, clientSecret, allowInsecure, fetch, timeoutMs: Math.min(timeoutMs, tokenMsMax),
        ...scope === undefined ? {} : { parameters: () => ({ scope }) },
      });
      return async () => {
        const token = await tokens.bearer().catch((error: unknown) => { throw faultOfThrown(dependency, error); });
        return { authorization: `Bearer ${token}`, forget: () => tokens.forget(token) };
      };
    }
  }
}

async function post(
  { url, timeoutMs }: HttpCarrierSettings, get: typeof fetch, request: RequestInit,
): Promise<Answer> {
  let signal: AbortSignal | null | undefined;
  const watched: typeof fetch = (input, init) => {
    ({ signal } = init ?? {});
    return get(input, init);
  };
  try {
    return await askFor(who, url, request, { timeoutMs, bytesMax }, watched);
  } catch (error) {
    throw faultOfThrown(dependency, error, signal?.aborted === true ? 'timeout' : undefined);
  }
}

function requestOf({ method, headers, body }: HttpCarrierSettings, sms: Sms, authorized?: string): RequestInit {
  const values: Record<Placeholder, string> = {
    to: sms.to, toDigits: sms.to.slice(1), text: sms.text, id: sms.receiptId ?? '',
  };
  const sent = new Headers(headers);
  if (authorized !== undefined) sent.set('authorization', authorized);
  const filled = fill(body.template, values);
  if (body.type === 'form') {
    // cast: its schema takes nothing else
    return { method, headers: sent, body: new URLSearchParams(filled as Record<string, string>) };
  }
  sent.set('content-type', 'application/json; charset=utf-8');
  return { method, headers: sent, body: JSON.stringify(filled) };
}

/** In one go: what is filled in is not looked at again. */
function fill(template: unknown, values: Record<Placeholder, string>): unknown {
  if (typeof template === 'string') {
    return template.replace(/\{(to|toDigits|text|id)\}/g, (_whole, name: Placeholder) => values[name]);
  }
  if (Array.isArray(template)) return template.map((one) => fill(one, values));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([name, value]) => [name, fill(value, values)]));
}

function outcomeOf({ accepted, idPointer, refused }: HttpCarrierSettings, sms: Sms, answer: Answer): CarryOutcome {
  const { status } = answer;
  const json = parsed(answer.body);
  for (const rule of refused) {
    if (rule.status !== status) continue;
    if (rule.pointer === undefined) return { outcome: 'undeliverable', code: `http ${status}`, class: 'permanent' };
    const said = valueAt(json, rule.pointer);
    // A value of the configuration, and not of the answer.
    const code = rule.equals?.find((value) => value === said || String(value) === said);
    if (code !== undefined) return { outcome: 'undeliverable', code: String(code), class: 'permanent' };
  }
  if (accepted.includes(status)) {
    const id = idPointer === undefined ? undefined : valueAt(json, idPointer);
    return { outcome: 'accepted', providerId: isId(id) ? String(id) : `unnamed-${sms.receiptId ?? ''}` };
  }
  throw faultOfAnswer(dependency, answer);
}

/** It took the message: an id that nobody can read must not make it send another. */
const isId = (id: unknown): id is string | number =>
  (typeof id === 'string' && /^[\x21-\x7e]{1,128}$/.test(id)) || Number.isSafeInteger(id);

/** RFC 6901; undefined where there is nothing. */
function valueAt(json: unknown, pointer: string): unknown {
  const steps = pointer.split('/').slice(1).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return steps.reduce<unknown>((at, step) => {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    return (at as Record<string, unknown>)[step]; // cast: it has one of its own
  }, json);
}
