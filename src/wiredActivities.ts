// The activities, what is said in calls and what an assistant pushes, over a pool, keys, words and ports: the same in
// production, in tests and in the bench.
import { setTimeout as delay } from 'node:timers/promises';
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { createActivities } from '../activities';
import type { Activities, ActivityDeps } from '../activities';
import type { Assistant } from './assistant/assistant';
import { createPushes } from './assistant/pushes';
import type { PushDeps, Pushes } from './assistant/pushes';
import type { ChatChannel } from './chat/chatChannel';
import type { Pool } from './db/pool';
import { findContact, usualRules } from './directory/contacts';
import type { DestinationRules } from './directory/contacts';
import { findByPhone, findEmployee, numbersOf } from './directory/employees';
import { spellingsOf } from './directory/phoneNumber';
import type { IdentifyBy, Method } from './domain/messages';
import { defaultPolicy } from './domain/policy';
import type { Policy } from './domain/policy';
import { splitText } from './domain/splitText';
import { messageAgeMs, ownNumbers, sendersFrom, writesFrom } from './inbox/senderLookup';
import { phoneAddresses, replyAddress } from './inbox/senders';
import { lookupHash } from './keys/box';
import type { Keyring } from './keys/keyring';
import type { Alert } from './otp/budgets';
import { codePurpose } from './otp/challenges';
import type { Challenge } from './otp/challenges';
import type { CodeCarrier } from './otp/carriers/codeCarrier';
import { deriveCode, sameCode } from './otp/codes';
import type { ProviderGuess } from './otp/verify/managedCheck';
import { callKeys } from './otp/voice/callKeys';
import { createCodeCalls } from './otp/voice/codeCalls';
import type { CodeCallDeps, CodeCalls } from './otp/voice/codeCalls';
import { storeTexts } from './outbox/outbox';
import type { OnBehalf } from './services/onBehalf';
import { findOpenSession } from './sessions/sessions';
import { createStatements } from './statements/statements';
import { keyTimes } from './statements/times';
import { languages } from './texts/render';
import type { Texts } from './texts/render';

/** The adapters that a test replaces; everything else is the real thing. */
export interface Ports {
  readonly channel: ChatChannel;
  /** By how a code travels; the best way first. */
  readonly carriers: ReadonlyMap<Method, CodeCarrier>;
  readonly assistant: Assistant;
  /** Where people are asked for their work e-mail alone, and where they need an account besides. */
  readonly identifyBy?: IdentifyBy;
  readonly hasAccount?: (employeeId: string) => Promise<boolean>;
  /** Where replies are read while their turn goes on. */
  readonly say?: Pushes['say'];
  /** Where the assistant is asked in employees' own names. */
  readonly onBehalf?: OnBehalf;
  /** By whom and for whom statements are made; without, for nobody. */
  readonly parties?: { readonly issuer: string; readonly audience: string; readonly policy: Policy };
  /** Where a provider makes the codes: it compares them, too. */
  readonly checkCode?: (guess: ProviderGuess) => Promise<boolean>;
}

// No verifier expects these names (RFC 6761).
const nobody = { issuer: 'https://doorman.invalid', audience: 'https://assistant.invalid', policy: defaultPolicy };

/** The activities over a pool and ports: what a worker runs, in production and in tests. */
export function createWiredActivities(
  pool: Pool, keyring: Keyring, texts: Texts, ports: Ports, defaultLanguage: string,
  alert: (what: Alert) => void = () => undefined, rules = usualRules, mediaHosts: ReadonlySet<string> = new Set(),
): Activities {
  const codeOf = codeDeriver(keyring);
  const { issuer, audience, policy } = ports.parties ?? nobody;
  const statements = createStatements({ pool, keyring, issuer, times: keyTimes(policy) });
  const deps: ActivityDeps = {
    ...ports,
    // In their order.
    methods: [...ports.carriers.keys()],
    pool,
    storageKeys: keyring.storage,
    defaultLanguage,
    activeCodeKeyId: keyring.code.activeId,
    languages: languages.map(({ tag }) => tag),
    vocabulary: (language) => ({
      commands: texts.vocabulary(language ?? defaultLanguage),
      cues: texts.identifierCues(language ?? defaultLanguage),
    }),
    render: (text, language) => texts.render(text, language ?? defaultLanguage),
    split: splitText,
    mediaHosts,
    triedForMs() {
      const { attempt, scheduledTimestampMs } = activityInfo();
      return attempt === 1 ? 0 : Date.now() - scheduledTimestampMs;
    },
    findEmployee: (db, identifier) => findEmployee(db, identifier, rules.contactHoldMs),
    findContact: contactFinder(keyring, rules),
    hashIdentity: (identity) => lookupHash(keyring.lookup, 'identity', identity),
    hashDestination: (to) => lookupHash(keyring.lookup, 'destination', to),
    async findByNumbers(db, senderId) {
      const numbers = await phoneAddresses(db, keyring, senderId);
      const found: (string | undefined)[] = [];
      for (const number of numbers) {
        found.push(await findByPhone(db, number.replace(/^whatsapp:/, ''), rules.contactHoldMs));
      }
      return found.filter((employeeId) => employeeId !== undefined);
    },
    async registeredSenders(db, employeeId) {
      const numbers = await numbersOf(db, employeeId, rules.contactHoldMs);
      return sendersFrom(db, keyring.lookup, numbers.flatMap((number) => spellingsOf(number)));
    },
    alert,
    writesFrom: (db, senderId, numbers) =>
      writesFrom(db, keyring.lookup, senderId, numbers.flatMap((number) => spellingsOf(number))),
    replyAddress: (db, senderId) => replyAddress(db, keyring, senderId),
    messageAgeMs,
    deriveCode: codeOf,
    isCode: (challenge, guess) => sameCode(codeOf(challenge), guess),
    state: async (speaker, messageId) => ({
      subject: statements.subjectOf(audience, speaker),
      statement: await statements.state(speaker, { audience, messageId }),
    }),
    wait: (ms) => delay(ms, undefined, { signal: cancellationSignal() }),
  };
  return createActivities(deps);
}

/** What is said in calls that carry codes: what a web process answers, in production and in tests. */
export function createWiredCalls(
  pool: Pool, keyring: Keyring, texts: Texts,
  deps: Pick<CodeCallDeps, 'defaultLanguage' | 'log' | 'noteReceipt' | 'pressedUrl'>, rules = usualRules,
): CodeCalls {
  return createCodeCalls({
    ...deps,
    pool, texts,
    findContact: contactFinder(keyring, rules),
    replyAddress: (db, senderId) => replyAddress(db, keyring, senderId),
    deriveCode: codeDeriver(keyring),
    keysOf: ({ id: challengeId, keyId }, callId) => callKeys(keyring.code, { challengeId, keyId, callId }),
  });
}

const codeDeriver = (keyring: Keyring) => ({ id, keyId, digits }: Challenge): string =>
  deriveCode(keyring.code, { challengeId: id, keyId, digits, purpose: codePurpose });

const contactFinder = (keyring: Keyring, rules: DestinationRules): ActivityDeps['findContact'] =>
  (db, { employeeId, senderId, method }) => findContact(db, rules, {
    employeeId, method, ownNumbers: (numbers) => ownNumbers(db, keyring.lookup, senderId, numbers),
  });

/** What takes pushed replies, over the same tables: what a web process runs, in production and in tests. */
export function createWiredPushes(
  pool: Pool, keyring: Keyring, mediaHosts: ReadonlySet<string>,
  conversations: { tellNews: PushDeps['tell'] }, log: PushDeps['log'],
): Pushes {
  return createPushes({
    pool, log, mediaHosts,
    split: splitText,
    storeTexts: (tx, senderId, texts) => storeTexts(tx, keyring.storage, senderId, texts),
    isOpen: async (tx, sessionId, senderId) => await findOpenSession(tx, sessionId, senderId) !== undefined,
    tell: (turn) => conversations.tellNews(turn),
  });
}
