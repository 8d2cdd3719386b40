// What becomes of a partner's request: is it genuine, what does it say, was it here before; then it is applied to the
// directory, or stored to be forwarded. Whoever hears of success hears it after the commit.
import { createHash, randomUUID } from 'node:crypto';
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Note } from '../audit/auditedTransaction';
import type { Pool, Queryable } from '../db/pool';
import type { DirectoryEvent, EventApplied } from '../directory/changes';
import type { Countries } from '../directory/phoneNumber';
import type { Keyring } from '../keys/keyring';
import type { Log } from '../log';
import { readEventId, readPersonEvent, readSubject } from './eventReading';
import type { FieldName, PersonEvent, Unreadable } from './eventReading';
import { claimEvent, eventKey, isUnreadable, keptMs, noteState, sealForwarded, subjectHash } from './events';
import type { NewEvent, SettledState } from './events';
import { keysOf } from './partnerSettings';
import type { Partner } from './partnerSettings';
import { createRefusals } from './refusals';
import { checkSignature, isOver } from './signature';
import type { Doubt, Headers, SignatureRules } from './signature';
import { readStrictJson } from './strictJson';
import type { Json } from './strictJson';

export interface PartnerRequest {
  /** As the path names it. */
  readonly partner: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

export type PartnerAnswer =
  /** Not that partner's. `reason` is for the log alone. */
  | { readonly outcome: 'refused'; readonly reason: Doubt | 'partner' }
  /** Genuine, and no JSON that can be read in one way only. */
  | { readonly outcome: 'malformed' }
  | Unreadable
  /** Had its effect before. */
  | { readonly outcome: 'duplicate' }
  | { readonly outcome: 'stored' }
  /** `without`: fields that were left out, because they could not be used. */
  | { readonly outcome: SettledState; readonly without: readonly FieldName[] };

export interface PartnersDeps {
  readonly pool: Pool;
  readonly keys: Pick<Keyring, 'lookup' | 'storage'>;
  readonly partners: readonly Partner[];
  /** That codes go to. */
  readonly countries: Countries;
  /** Applies an event to the directory, in the transaction that remembers it. */
  applyEvent(tx: Queryable, note: Note, event: Omit<DirectoryEvent, 'notices'>): Promise<EventApplied>;
  /** Hears of an event that was stored to be forwarded. */
  tell(event: { partner: string; subject: string; id: string }): void;
  count(partner: string, outcome: PartnerAnswer['outcome'] | 'sha1'): void;
  readonly log: Pick<Log, 'warn'>;
  readonly now?: () => Date;
}

export interface Partners {
  /** Rejects only when nothing came of the request, and it is to be sent again. */
  receive(request: PartnerRequest): Promise<PartnerAnswer>;
  /** Writes what is noted in memory only. */
  drain(): Promise<void>;
}

/** Left to the process that stored it; then the sweep tells of it. */
const tellAfterMs = 5_000;

/**
 * The part of each person's key that keeps partners to their own people, or to those of the source that is configured.
 * No configured source can be named as the former are.
 */
export const sourceOf = ({ name, source }: Pick<DirectoryPartner, 'name' | 'source'>): string =>
  source ?? `partner:${name}`;

export function createPartners(deps: PartnersDeps): Partners {
  const { pool, keys: { lookup, storage }, log, now = () => new Date() } = deps;
  const known = new Map(deps.partners.map((partner) => [partner.name, { partner, rules: rulesOf(partner) }]));
  const refusals = createRefusals(pool, log);
  warnOfSha1(deps.partners, now(), log);

  async function receive({ partner: name, headers, body }: PartnerRequest): Promise<PartnerAnswer> {
    const receivedAt = now();
    const found = known.get(name);
    if (found === undefined) return refuse('unknown', 'partner');
    const verdict = checkSignature(found.rules, headers, body, receivedAt);
    if (!verdict.isGenuine) return refuse(name, verdict.reason);
    if (found.rules.sha1Until !== undefined) deps.count(name, 'sha1');
    const document = readStrictJson(body);
    if (document === undefined) return { outcome: 'malformed' };
    return take(found.partner, { headers, body, document, receivedAt, signedId: verdict.id });
  }

  function refuse(name: string, reason: Doubt | 'partner'): PartnerAnswer {
    refusals.note(name);
    return { outcome: 'refused', reason };
  }

  async function take(partner: Partner, request: GenuineRequest): Promise<PartnerAnswer> {
    const id = request.signedId ?? readEventId(partner.mapping.id, request.document);
    if (typeof id === 'object') return unreadable(newEvent(partner, request, undefined), id);
    const event = newEvent(partner, request, id);
    return partner.deliver === 'directory'
      ? applyToDirectory(partner, event, request) : storeForwarded(partner, event, { ...request, signedId: id });
  }

  function newEvent(
    { name, signature }: Partner, { body, receivedAt }: GenuineRequest, id: string | undefined,
  ): NewEvent {
    const kept = signature.timestampHeader === undefined ? keptMs.untimed : keptMs.timed;
    const key = id === undefined ? eventKey(lookup, name, 'body', digestOf(body)) : eventKey(lookup, name, 'id', id);
    const keepUntil = new Date(receivedAt.getTime() + kept);
    return { id: randomUUID(), partner: name, key, subject: null, receivedAt, keepUntil };
  }

  async function applyToDirectory(
    partner: DirectoryPartner, event: NewEvent, { document, receivedAt }: GenuineRequest,
  ): Promise<PartnerAnswer> {
    const { name, mapping, country } = partner;
    const phones = { countries: deps.countries, defaultCountry: country };
    const reading = readPersonEvent(mapping, document, phones, receivedAt);
    if (reading.outcome === 'unreadable') return unreadable(event, reading);
    if (reading.outcome === 'ignored') {
      const isFirst = await claimEvent(pool, event, { state: 'ignored', fields: [] });
      return isFirst ? { outcome: 'ignored', without: [] } : { outcome: 'duplicate' };
    }
    const subject = subjectHash(lookup, name, reading.externalId);
    return applyOnce(sourceOf(partner), { ...event, subject }, reading);
  }

  /** The effect, what remembers it and the audit: all of it or nothing. */
  function applyOnce(
    source: string, event: NewEvent, { without, outcome: _, ...reading }: PersonEvent,
  ): Promise<PartnerAnswer> {
    return auditedTransaction(pool, async (tx, note): Promise<PartnerAnswer> => {
      if (!await claimEvent(tx, event, { state: 'applied', fields: without })) return { outcome: 'duplicate' };
      const { outcome } = await deps.applyEvent(tx, note, { ...reading, source, heardAt: event.receivedAt });
      if (outcome !== 'applied') await noteState(tx, event.id, outcome);
      const { partner, id: eventId } = event;
      if (outcome === 'unknown') note({ kind: 'partner.unknown', facts: { partner, eventId } });
      return { outcome, without };
    });
  }

  async function storeForwarded(
    partner: ForwardPartner, event: NewEvent, { document, headers, body, signedId }: GenuineRequest,
  ): Promise<PartnerAnswer> {
    const about = readSubject(partner.mapping, document);
    if (typeof about === 'object') return unreadable(event, about);
    const subject = subjectHash(lookup, partner.name, about);
    const sealed = sealForwarded(storage, event.id, {
      eventId: signedId ?? event.id, headers: headersFor(partner, headers), body,
    });
    const stored = await claimEvent(
      pool, { ...event, subject }, { state: 'waiting', fields: [], body: sealed, tellAfterMs });
    if (!stored) return { outcome: 'duplicate' };
    deps.tell({ partner: partner.name, subject: subject.toString('hex'), id: event.id });
    return { outcome: 'stored' };
  }

  /** Noted once, for HR; what it says is not kept. The partner may send it again. */
  async function unreadable(event: NewEvent, reading: Unreadable): Promise<Unreadable> {
    const { partner, id } = event;
    const { field } = reading;
    await auditedTransaction(pool, async (tx, note) => {
      const isKnown = await isUnreadable(tx, event);
      const isNoted = await claimEvent(tx, event, { state: 'unreadable', fields: [field] });
      if (isNoted && !isKnown) note({ kind: 'partner.unreadable', facts: { partner, eventId: id, field } });
    });
    return reading;
  }

  return {
    async receive(request) {
      const answer = await receive(request);
      deps.count(known.has(request.partner) ? request.partner : 'unknown', answer.outcome);
      return answer;
    },
    drain: () => refusals.flush(),
  };
}

type DirectoryPartner = Partner & { deliver: 'directory' };
type ForwardPartner = Partner & { deliver: 'forward' };

interface GenuineRequest {
  readonly headers: Headers;
  readonly body: Buffer;
  readonly document: Json;
  readonly receivedAt: Date;
  /** The partner's own id, where it is known. */
  readonly signedId: string | undefined;
}

const digestOf = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

function rulesOf(partner: Partner): SignatureRules {
  const { legacySha1, ...rules } = partner.signature;
  return { ...rules, sha1Until: legacySha1?.until, keys: keysOf(partner) };
}

/** What the target is to have of the headers: what the configuration names, and of what kind the body is. */
function headersFor({ forward }: ForwardPartner, headers: Headers): Record<string, string> {
  const named = forward.headers.flatMap((name) => headers[name]?.length === 1 ? [[name, headers[name]![0]!]] : []);
  const type = headers['content-type']?.length === 1 ? headers['content-type'][0]! : 'application/json';
  // cast: pairs, whose type flatMap forgets
  return { 'content-type': type, ...Object.fromEntries(named as [string, string][]) };
}

function warnOfSha1(partners: readonly Partner[], now: Date, log: Pick<Log, 'warn'>): void {
  for (const { name, signature: { legacySha1 } } of partners) {
    if (legacySha1 === undefined) continue;
    if (isOver(legacySha1.until, now)) log.warn('a partner is refused, its legacy time is over', { source: name });
    else log.warn('a partner signs by a legacy algorithm', { source: name });
  }
}
