// What a signed form says, once it is certain that it says only that: the strict field checks of R39 (A03 to A06).
// Refuses what is not ours or contradicts itself; marks what the provider has to confirm before anything acts on it.
import { bsuidForm, phoneForm } from '../domain/messages';
import type { MessageKind } from '../domain/messages';
import type { IncomingMessage } from '../inbox/inbox';
import { isCarriedBy, messageSidForm, messageTypes, parameterRules } from './twilioParameters';
import type { ParameterRule } from './twilioParameters';
import type { Parameters } from './twilioForm';

/** The account and the WhatsApp sender that messages have to be for. */
export interface TwilioIdentity {
  readonly accountSid: string;
  /** `whatsapp:+…` */
  readonly recipient: string;
}

/** Names the field, never its value: reasons are logged. */
export type RefusalReason = 'missing' | 'account' | 'recipient' | 'messageId' | 'sender' | 'waId' | 'externalUserId';

export type Reading =
  /** `doubts` is empty when the form can be read in this way only. */
  | { readonly outcome: 'message'; readonly message: IncomingMessage; readonly doubts: readonly string[] }
  | { readonly outcome: 'refused'; readonly reason: RefusalReason };

export function readMessage(parameters: Parameters, ours: TwilioIdentity): Reading {
  const reason = refusalOf(parameters, ours);
  if (reason !== undefined) return { outcome: 'refused', reason };
  const from = parameters.From!;
  const [bsuid] = bsuidsOf(parameters);
  const addresses = phoneForm.test(from) ? { phone: from, ...(bsuid === undefined ? {} : { bsuid }) } : { bsuid: from };
  return {
    outcome: 'message',
    message: {
      messageId: parameters.MessageSid!,
      kind: kindOf(parameters),
      text: parameters.Body!,
      addresses,
      writtenFrom: from,
    },
    doubts: doubtsOf(parameters),
  };
}

const requiredNames = [...parameterRules].filter(([, rule]) => rule.presence === 'required').map(([name]) => name);

function refusalOf(parameters: Parameters, { accountSid, recipient }: TwilioIdentity): RefusalReason | undefined {
  if (requiredNames.some((name) => !(name in parameters))) return 'missing';
  const { AccountSid, To, From, MessageSid, SmsMessageSid, SmsSid, WaId } = parameters;
  if (AccountSid !== accountSid) return 'account';
  if (To !== recipient) return 'recipient';
  if (!messageSidForm.test(MessageSid!)) return 'messageId';
  if ([SmsMessageSid, SmsSid].some((sid) => sid !== undefined && sid !== MessageSid)) return 'messageId';
  const isPhone = phoneForm.test(From!);
  if (!isPhone && !bsuidForm.test(From!)) return 'sender';
  // The digits stand at the end of the signed string, where nothing that a person writes can be moved to.
  if (isPhone && `whatsapp:+${WaId}` !== From) return 'waId';
  const bsuids = isPhone ? bsuidsOf(parameters) : [From!, ...bsuidsOf(parameters)];
  return bsuids.every((id) => id === bsuids[0] && bsuidForm.test(id)) ? undefined : 'externalUserId';
}

/** Twilio announced one name and sends the other; an empty one says that there is none. */
function bsuidsOf({ ExternalUserId, ExternalUserIdentifier }: Parameters): string[] {
  return [ExternalUserId ?? '', ExternalUserIdentifier ?? ''].filter((id) => id !== '');
}

/**
 * What keeps this form from being the only possible reading of its signature, by rule and parameter name; empty when
 * nothing does. Names may come from a forger: they are stored with the message, and logged only once it is confirmed.
 */
function doubtsOf(parameters: Parameters): string[] {
  const type = parameters.MessageType ?? 'text';
  const names = Object.keys(parameters).sort();
  const vocabulary = vocabularyOf(type);
  const usual = [...vocabulary].filter(([, rule]) => rule.presence === 'usual').map(([name]) => name);
  const found = [
    ...marked('unknown', names.filter((name) => !vocabulary.has(name))),
    ...marked('missing', usual.filter((name) => !(name in parameters))),
    ...marked('value', names.filter((name) => vocabulary.get(name)?.isValue(parameters[name]!) === false)),
    ...marked('ambiguous', names.filter((name, place) => isAmbiguous(name, names[place + 1], parameters, vocabulary))),
  ];
  // Nobody says yet what WaId holds for somebody who hides the number.
  if (!phoneForm.test(parameters.From!) && (parameters.WaId ?? '') !== '') found.push('value:WaId');
  return found;
}

const marked = (rule: string, names: readonly string[]): string[] => names.map((name) => `${rule}:${name}`);

type Vocabulary = ReadonlyMap<string, ParameterRule>;

const vocabularies = new Map<string, Vocabulary>(Object.keys(messageTypes).map((type) => [type, rulesOf(type)]));
const vocabularyOfOthers = rulesOf('');

function vocabularyOf(type: string): Vocabulary {
  return vocabularies.get(type) ?? vocabularyOfOthers;
}

function rulesOf(type: string): Vocabulary {
  return new Map([...parameterRules].filter(([, rule]) => isCarriedBy(rule, type)));
}

// An identity field's name, followed by what its value begins with: a boundary was moved past the genuine field.
const swallowedIdentity = /(?:From|To|ExternalUserId(?:entifier)?)whatsapp:|MessageSid(?:SM|MM)[0-9a-f]|WaId\d/;

/**
 * Whether the value may have swallowed a parameter: it holds the name of one that is absent and would have stood right
 * after it, or an identity field with the beginning of its value. Both are how A04 and A05 look from here.
 */
function isAmbiguous(
  name: string, next: string | undefined, parameters: Parameters, vocabulary: Vocabulary,
): boolean {
  const value = parameters[name]!;
  if (swallowedIdentity.test(value)) return true;
  for (const absent of vocabulary.keys()) {
    if (absent > name && (next === undefined || absent < next) && value.includes(absent)) return true;
    // Or the name of one lies across the cut: what follows then is named by its end.
    if (next !== undefined && !(absent in parameters) && liesAcross(absent, value, next)) return true;
  }
  return false;
}

const liesAcross = (name: string, value: string, next: string): boolean =>
  `${value}${next}`.includes(name) && !value.includes(name) && !next.includes(name);

const messageKindsByType = new Map<string, MessageKind>(Object.entries(messageTypes));
const marksOfGroup = /^(?:Group|Participant)/;
const marksOfEdit = /^(?:Edit|OriginalEdit)/;
const marksOfButton = ['ButtonPayload', 'ButtonText', 'ListId', 'InteractiveData', 'FlowData'];

/** Only what is certainly a text typed for us, now, alone, is `text`: nothing else can ever be a code (A14, A15). */
function kindOf(parameters: Parameters): MessageKind {
  const names = Object.keys(parameters);
  if (names.some((name) => marksOfGroup.test(name))) return 'group';
  if (names.some((name) => marksOfEdit.test(name))) return 'edited';
  const type = parameters.MessageType ?? 'text';
  const kind = messageKindsByType.get(type) ?? 'unsupported';
  if (kind !== 'text') return kind;
  if (parameters.NumMedia !== '0' || 'MediaUrl0' in parameters) return 'media';
  if ('Latitude' in parameters) return 'location';
  if (marksOfButton.some((name) => name in parameters)) return 'button';
  if (parameters.Forwarded === 'true' || parameters.FrequentlyForwarded === 'true') return 'unsupported';
  return 'text';
}
