// A whole Doorman in one test process: real Postgres, real worker on a server that skips time; fakes only at the ports.
import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assistant, AssistantAnswer, Turn, TurnMemory } from '../../src/assistant/assistant';
import type { ChatChannel, OutgoingText, SendOutcome } from '../../src/chat/chatChannel';
import type { Pool } from '../../src/db/pool';
import type { DestinationRules } from '../../src/directory/contacts';
import type { Method } from '../../src/domain/messages';
import { defaultPolicy } from '../../src/domain/policy';
import type { Policy } from '../../src/domain/policy';
import { storeMessage } from '../../src/inbox/inbox';
import type { IncomingMessage } from '../../src/inbox/inbox';
import { parseKeyring } from '../../src/keys/keyring';
import type { Keyring } from '../../src/keys/keyring';
import type { CarryOutcome, CodeCarrier, CodeToCarry } from '../../src/otp/carriers/codeCarrier';
import { createTexts } from '../../src/texts/render';
import type { Texts } from '../../src/texts/render';
import { createWiredActivities } from '../../src/wiredActivities';
import type { Ports } from '../../src/wiredActivities';

/** Things that happened, in order, which a test can wait for. */
export class Events<T> {
  readonly all: T[] = [];
  // As many wait as a test has people.
  private readonly events = new EventEmitter().setMaxListeners(0);

  push(item: T): void {
    this.all.push(item);
    this.events.emit('item');
  }

  /** Resolves with the first item (from `from` on) that fits; the test's own time limit ends a wait in vain. */
  async next(fits: (item: T) => boolean, from = 0): Promise<T> {
    for (;;) {
      const found = this.all.slice(from).find(fits);
      if (found !== undefined) return found;
      await once(this.events, 'item');
    }
  }

  clear(): void {
    this.all.length = 0;
  }

  async count(count: number): Promise<T[]> {
    while (this.all.length < count) await once(this.events, 'item');
    return this.all;
  }
}

export class FakeChannel implements ChatChannel {
  readonly sent = new Events<OutgoingText>();
  /** Messages for which the indicator was shown. */
  readonly typing = new Events<string>();
  /** Consulted before each send: throws a Fault, or answers undeliverable, to play the provider's moods. */
  before: (text: OutgoingText) => SendOutcome | undefined = () => undefined;
  /** Ids of texts that were taken and then given up. */
  readonly lost = new Set<string>();
  /** Called when a text was taken, before the answer: what the provider does meanwhile. */
  after: (text: OutgoingText) => Promise<void> = async () => undefined;
  /** None is configured unless a test does. */
  sendTemplate?: NonNullable<ChatChannel['sendTemplate']>;

  async sendText(text: OutgoingText): Promise<SendOutcome> {
    const refused = this.before(text);
    if (refused !== undefined) return refused;
    this.sent.push(text);
    const providerId = `SMout${this.sent.all.length}`;
    await this.after(text);
    return { outcome: 'accepted', providerId };
  }

  async findSent({ to, text }: { to: string; text: string }): Promise<readonly string[]> {
    return this.sent.all.flatMap((one, index) => one.to === to && one.text === text ? [`SMout${index + 1}`] : [])
      .filter((id) => !this.lost.has(id));
  }

  async fetchMessage(): Promise<undefined> {
    return undefined;
  }

  async *listReceived(): AsyncGenerator<never> {
    // Nobody asks: what comes in, the tests store themselves.
  }

  async showTyping(messageId: string): Promise<void> {
    this.typing.push(messageId);
  }
}

export class FakeCarrier implements CodeCarrier {
  readonly carried = new Events<CodeToCarry>();
  before: (code: CodeToCarry) => CarryOutcome | undefined = () => undefined;

  constructor(readonly method: Method = 'sms') {}

  async carry(code: CodeToCarry): Promise<CarryOutcome> {
    const refused = this.before(code);
    if (refused !== undefined) return refused;
    this.carried.push(code);
    return { outcome: 'accepted', providerId: `${this.method}${this.carried.all.length}` };
  }
}

export class FakeAssistant implements Assistant {
  readonly turns = new Events<Turn>();
  /** Of those that want to be told payloads. */
  hasPayloads?: true;
  answerTo: (turn: Turn, signal: AbortSignal, memory: TurnMemory) => Promise<AssistantAnswer> | AssistantAnswer =
    ({ text }) => ({ replies: [{ text: `echo: ${text}` }], endTurn: true });

  async answer(turn: Turn, signal: AbortSignal, memory: TurnMemory): Promise<AssistantAnswer> {
    this.turns.push(turn);
    return this.answerTo(turn, signal, memory);
  }
}

/** The person at the other end: writes messages, sees replies. */
export interface Person {
  readonly phone?: string;
  readonly bsuid?: string;
}

export const anna: Person = { phone: 'whatsapp:+447700900123' };
export const annaPrivate: Person = { phone: 'whatsapp:+447700900999' };
export const stranger: Person = { phone: 'whatsapp:+447700900555' };

/** The people of the test directory: Anna works here, Ben has left, Cleo has no mobile. */
export const employeesOfTests = [
  { number: '144133', given: 'Anna', family: 'Example', email: 'anna@acme.example', mobile: '+447700900123', language: null, active: true },
  { number: '144134', given: 'Ben', family: 'Gone', email: 'ben@acme.example', mobile: '+447700900124', language: null, active: false },
  { number: '144135', given: 'Cleo', family: 'Quiet', email: 'cleo@acme.example', mobile: null, language: null, active: true },
  { number: '144136', given: 'Dirk', family: 'Muster', email: 'dirk@acme.example', mobile: '+447700900126', language: 'de', active: true },
] as const;

export async function addEmployees(pool: Pool): Promise<void> {
  for (const person of employeesOfTests) {
    const { rows: [row] } = await pool.query<{ id: string }>(
      `INSERT INTO employees (source, external_id, employee_number, identifier, given_name, family_name, preferred_language, active, content_hash)
       VALUES ('test', $1, $1, $1, $2, $3, $4, $5, '') RETURNING id`,
      [person.number, person.given, person.family, person.language, person.active]);
    await pool.query('INSERT INTO employee_emails (employee_id, address, is_primary) VALUES ($1, $2, true)', [row!.id, person.email]);
    if (person.mobile === null) continue;
    await pool.query('INSERT INTO employee_phones (employee_id, e164, raw, is_primary) VALUES ($1, $2, $2, true)', [row!.id, person.mobile]);
  }
}

/** Keys for tests and recorded histories; made for nothing else. */
export const testKeyring: Keyring = parseKeyring(readFileSync(join(__dirname, 'testKeyring.json'), 'utf8'));

/** Policy for tests: the defaults, but replies leave at once, since nobody reports on those of a fake. */
export const testPolicy: Policy = { ...defaultPolicy, replyQuantumMs: 0, replyOrderWaitMs: 1 };

export const newMessageId = (): string => `SM${randomBytes(16).toString('hex')}`;

/** Stores a message as the webhook does. */
export async function store(pool: Pool, keyring: Keyring, person: Person, text: string, message: Partial<IncomingMessage> = {}) {
  const messageId = newMessageId();
  const addresses = {
    ...(person.phone === undefined ? {} : { phone: person.phone }), ...(person.bsuid === undefined ? {} : { bsuid: person.bsuid }) };
  const stored = await storeMessage(pool, keyring, {
    messageId, kind: 'text', text, addresses, writtenFrom: person.phone ?? person.bsuid!, ...message });
  if (stored.outcome !== 'stored') throw new Error('a fresh message id was known');
  return { messageId: message.messageId ?? messageId, senderId: stored.senderId };
}

export interface TestChoices {
  readonly rules?: DestinationRules;
  readonly texts?: Texts;
  /** How codes travel, the best way first; by SMS alone when it is not said. */
  readonly methods?: readonly Method[];
  /** Besides those that are fakes. */
  readonly ports?: (pool: Pool) => Partial<Ports>;
}

/** Fake ports and the real activities over them. `carrier` is the first way's. */
export function createTestActivities(pool: Pool, keyring: Keyring, choices: TestChoices = {}) {
  const { rules, methods = ['sms'], texts = createTexts({ organisation: 'Acme', language: 'en', methods }) } = choices;
  const channel = new FakeChannel();
  const carriers = new Map(methods.map((method) => [method, new FakeCarrier(method)]));
  const assistant = new FakeAssistant();
  const ports = { channel, carriers, assistant, ...choices.ports?.(pool) };
  const activities = createWiredActivities(pool, keyring, texts, ports, 'en', undefined, rules);
  return { channel, carriers, carrier: carriers.get(methods[0]!)!, assistant, texts, activities };
}

