// Whether a request is its partner's: one spelling of one signature, made with one algorithm over the bytes as they came.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { partnerSettings, keysOf } from '../../src/partners/partnerSettings';
import { checkSignature, isOver } from '../../src/partners/signature';
import type { SignatureRules, Verdict } from '../../src/partners/signature';
import { mutationsOf } from './mutations';
import { directoryPartner, headersOf, keyOf, partnersOf, personEvent, secretOf, signed } from './partnerRequests';
import type { Manner, SignedRequest } from './partnerRequests';

const now = new Date('2026-11-26T09:00:00Z');
const manners: readonly Manner[] = ['plain', 'hub', 'standard', 'timed', 'sha1'];

const rules = new Map(partnersOf(
  ...manners.flatMap((manner) => [directoryPartner(manner, manner), directoryPartner(`${manner}-other`, manner)]),
).map((partner): [string, SignatureRules] => {
  const { legacySha1, ...signature } = partner.signature;
  return [partner.name, { ...signature, sha1Until: legacySha1?.until, keys: keysOf(partner) }];
}));

const check = (request: SignedRequest, at = now, more: Partial<SignatureRules> = {}): Verdict =>
  checkSignature({ ...rules.get(request.partner)!, ...more }, headersOf(request), request.body, at);
const body = personEvent('hired', 1);
const request = (manner: Manner, options: Parameters<typeof signed>[3] = {}) => signed(manner, manner, body, { at: now, ...options });

test.each(manners)('a request that is signed as %s partners sign is genuine', (manner) => {
  const id = manner === 'standard' ? { id: 'event-1' } : {};
  expect(check(request(manner))).toEqual({ isGenuine: true, ...id });
});

test('the example that GitHub gives is genuine', () => {
  const headers = { 'x-hub-signature-256': ['sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'] };
  const keys = [Buffer.from("It's a Secret to Everybody")];
  expect(checkSignature({ ...rules.get('hub')!, keys }, headers, Buffer.from('Hello, World!'), now)).toEqual({ isGenuine: true });
});

test('what the library of Standard Webhooks signs is genuine, beside a signature with another key and one of another kind', () => {
  const signature = new Webhook(secretOf('standard')).sign('event-1', now, body);
  const foreign = new Webhook(secretOf('other')).sign('event-1', now, body);
  const { headers } = request('standard');
  const sent = (value: string): SignedRequest => ({
    partner: 'standard', body: Buffer.from(body), headers: [...headers.slice(0, 2), ['webhook-signature', value]] });
  expect(check(sent(signature)).isGenuine).toBe(true);
  expect(check(sent(`${foreign} ${signature} v1a,${Buffer.alloc(64).toString('base64')}`)).isGenuine).toBe(true);
  expect(check(sent(foreign))).toEqual({ isGenuine: false, reason: 'signature' });
  expect(check(sent(Array(5).fill(signature).join(' ')))).toEqual({ isGenuine: false, reason: 'form' });
});

test('A64 A65 A66 A67 of 100,000 changes of signed requests none is accepted', () => {
  const accepted: string[] = [];
  const reasons = new Map<string, number>();
  for (const [index, manner] of manners.entries()) {
    for (const changed of mutationsOf(request(manner), `${manner}-other`, 20_000, 1_000 + index)) {
      const verdict = check(changed);
      if (verdict.isGenuine) accepted.push(`${manner} ${JSON.stringify(changed.headers)} ${changed.body.toString()}`);
      else reasons.set(verdict.reason, (reasons.get(verdict.reason) ?? 0) + 1);
    }
  }
  expect(accepted).toEqual([]);
  // Each way to refuse is gone.
  expect([...reasons.keys()].sort()).toEqual(['form', 'header', 'signature']);
});

test('two keys are active in a rotation, and only these', () => {
  const [partner] = partnersOf(directoryPartner('plain', 'plain', { secretNext: secretOf('next') }));
  const rotating = { keys: keysOf(partner!) };
  expect(['plain', 'next', 'former'].map((name) => check(request('plain', { key: keyOf(name) }), now, rotating).isGenuine))
    .toEqual([true, true, false]);
});

test('A65 SHA-1 is taken where it is configured, and only until its last day is over', () => {
  const at = (time: string) => check(request('sha1'), new Date(time));
  expect(at('2026-12-31T23:59:59.999Z')).toEqual({ isGenuine: true });
  expect(at('2027-01-01T00:00:00Z')).toEqual({ isGenuine: false, reason: 'legacy' });
  const sha1 = createHmac('sha1', keyOf('plain')).update(body).digest('base64');
  expect(check({ ...request('plain'), headers: [['X-Signature', sha1]] })).toEqual({ isGenuine: false, reason: 'form' });
  expect(isOver('2026-12-31', new Date('2026-12-31T12:00:00Z'))).toBe(false);
});

test.each(['standard', 'timed'] as const)('A68 a copy of a %s request is none five minutes before or after it was made', (manner) => {
  const after = (seconds: number) => check(request(manner), new Date(now.getTime() + seconds * 1_000));
  expect([-300, 0, 300].map((seconds) => after(seconds).isGenuine)).toEqual([true, true, true]);
  for (const seconds of [-301, 301, 3 * 86_400]) expect(after(seconds)).toEqual({ isGenuine: false, reason: 'time' });
});

test.each([
  ['no time at all', ['webhook-timestamp', '']], ['a time in milliseconds', ['webhook-timestamp', '1795683600000']],
  ['a time with a sign', ['webhook-timestamp', '+179568360']], ['an id with what parts the signed text', ['webhook-id', 'a.1']],
  ['an id without end', ['webhook-id', 'x'.repeat(201)]],
] as const)('%s is refused before anything is compared', (_what, [name, value]) => {
  const { headers, ...rest } = request('standard');
  const changed = headers.map(([one, former]): [string, string] => [one, one === name ? value : former]);
  expect(check({ ...rest, headers: changed })).toEqual({ isGenuine: false, reason: 'form' });
});

test('hexadecimal signatures have one case', () => {
  const upper = signed('timed', 'timed', body, { at: now });
  const lower = upper.headers.map(([name, value]): [string, string] => [name, value.toLowerCase()]);
  expect(check({ ...upper, headers: lower })).toEqual({ isGenuine: false, reason: 'form' });
});

test('the example of docs/partners.md is genuine in all three manners', () => {
  const page = readFileSync(join(__dirname, '../../docs/partners.md'), 'utf8');
  const [, secret] = /^```\n(\S{44})\n```$/m.exec(page)!;
  const [, example] = /^```json\n(\{"id".*)\n```$/m.exec(page)!;
  const keys = [Buffer.from(secret!, 'base64')];
  const [plain, hub, standard] = ['base64 \\| `(\\S+)`', '(sha256=\\S{64})`', '(v1,\\S{44})` \\|']
    .map((form) => new RegExp(form).exec(page)![1]!);
  const checked = (manner: Manner, headers: SignedRequest['headers']) =>
    check({ partner: manner, headers, body: Buffer.from(example!) }, new Date('2026-11-26T08:00:00Z'), { keys }).isGenuine;
  expect([
    checked('plain', [['X-Signature', plain!]]), checked('hub', [['X-Hub-Signature-256', hub!]]),
    checked('standard', [['webhook-id', 'evt-20260'], ['webhook-timestamp', '1795680000'], ['webhook-signature', standard!]]),
  ]).toEqual([true, true, true]);
});

test('settings parse with the defaults that are safest', () => {
  const { partners: [partner] } = partnerSettings.parse({ partners: [directoryPartner('plain', 'plain')] });
  expect(partner!.signature).toEqual({ header: 'x-signature', encoding: 'base64', prefix: '', several: false, content: 'body' });
});
