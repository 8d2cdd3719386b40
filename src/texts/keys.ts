// The names of all texts and what each is told. Keys only grow: a running conversation may name any of them.
import type { Command } from '../domain/messages';

/** A text that needs to be told nothing. */
export type Nothing = Readonly<Record<string, never>>;
/** Durations are rounded and put in words by src/texts/render.ts. */
export interface Minutes { readonly minutes: number }
export interface Seconds { readonly seconds: number }

/** What is said in the chat. A conversation names the key; the words are chosen when it is sent (decision 9). */
export interface ChatTexts {
  askIdentifier: Nothing;
  askIdentifierAgain: Nothing;
  severalIdentifiers: Nothing;
  codeSent: Minutes;
  askCode: Nothing;
  severalCodes: Nothing;
  wrongCode: { readonly triesLeft: number };
  codeTooSoon: Seconds;
  codeResent: Nothing;
  codeByCall: Nothing;
  codeByMail: Nothing;
  resendTooSoon: Seconds;
  resendExhausted: Nothing;
  methodUnavailable: Nothing;
  codeExpired: Nothing;
  cancelled: Nothing;
  notMe: Nothing;
  locked: Minutes;
  lockedNotice: Minutes;
  /** Without a name: it would be one more thing to leak, and nobody needs it. */
  verified: Nothing;
  heldLost: Nothing;
  /** Nothing of why, nor of whose it was. */
  heldDropped: Nothing;
  sessionEndedByLogout: Nothing;
  sessionEndedIdle: Nothing;
  sessionEndedAge: Nothing;
  sessionEndedByOperator: Nothing;
  sessionEndedOther: Nothing;
  sessionEndedStepUp: Nothing;
  textOnly: Nothing;
  assistantUnavailable: Nothing;
  flood: Nothing;
  stillWorking: Nothing;
}

/** What the assistant's own words stand in, or instead of. Apart, so that no conversation can name one. */
export interface StepUpTexts {
  /** `action` is the assistant's: data between quotation marks. */
  sessionEndedStepUpFor: { readonly action: string };
  stepUpImpossible: Nothing;
}

/** What carries a code. Apart from the chat's texts, so that no conversation can name one (R21). */
export interface CodeTexts {
  /** `last4` are the last characters of the address that asked (R22). */
  smsCode: Minutes & { readonly code: string; readonly last4: string };
}

/** What carries a code that another application asked for. Without a word of that application's (R47). */
export interface ApplicationTexts {
  smsVerification: Minutes & { readonly code: string };
}

/** What carries a code by mail. The subject holds no code: it is shown where the mail is not. */
export interface MailCodeTexts {
  mailCodeSubject: Nothing;
  /** `last4` as in an SMS. */
  mailCode: CodeTexts['smsCode'];
}

/** What is told to a telephone or a mailbox and not in the chat, without anybody asking. */
export interface NoticeTexts {
  /** To the former contact and to the new one alike, and to those that stay: it names none. */
  smsNumberChanged: Nothing;
  mailContactChangedSubject: Nothing;
  mailContactChanged: Nothing;
  /** `last4` are the last characters of the address that the session was opened from (R30). */
  smsSessionOpened: { readonly last4: string };
  mailSessionOpenedSubject: Nothing;
  /** `link` says NOT ME. */
  mailSessionOpened: { readonly last4: string; readonly link: string };
}

/** What is said in a call that carries a code. Apart from the chat's texts, as `CodeTexts` are. */
export interface VoiceTexts {
  /** Before the two keys are pressed that it names, and so perhaps to an answering machine. */
  voiceAsk: { readonly first: string; readonly second: string };
  /** The code follows, character by character. */
  voiceCode: Nothing;
  voiceCodeAgain: Nothing;
  /** The last characters of the address that asked follow (R22). */
  voiceAsker: Nothing;
  voiceWarning: Minutes;
  voiceGoodbye: Nothing;
}

type RequestOf<Texts> = { [Key in keyof Texts]: { readonly key: Key; readonly params: Texts[Key] } }[keyof Texts];

export type TextKey = keyof ChatTexts;
export type CodeTextRequest = RequestOf<CodeTexts> | RequestOf<MailCodeTexts> | RequestOf<ApplicationTexts>;
export type NoticeTextRequest = RequestOf<NoticeTexts>;
export type StepUpTextRequest = RequestOf<StepUpTexts>;
export type VoiceTextRequest = RequestOf<VoiceTexts>;
/** The keys whose texts need to be told nothing: any of them goes with `params: {}`. */
export type PlainTextKey = { [Key in TextKey]: ChatTexts[Key] extends Nothing ? Key : never }[TextKey];
// As one: the compiler compares no more than 25 members one by one.
interface PlainTextRequest { readonly key: PlainTextKey; readonly params: Nothing }
export type TextRequest = PlainTextRequest | RequestOf<Omit<ChatTexts, PlainTextKey>>;

/** One language. A missing key does not compile: each language `satisfies` this. */
export interface Language {
  /** BCP 47 tag without region. */
  readonly tag: string;
  /** The language and region that a voice speaks it in. */
  readonly voiceTag: string;
  /**
   * ICU messages; each may also use {organisation}, {only} (the one way that codes go, or `several`), {call} and
   * {email} (`yes` where codes go by them), and {by} (`workEmail` where people are asked for that alone).
   */
  readonly texts: Readonly<Record<
    TextKey | keyof CodeTexts | keyof ApplicationTexts | keyof MailCodeTexts | keyof NoticeTexts | keyof VoiceTexts
    | keyof StepUpTexts, string
  >>;
  /** What a person may type to steer the conversation; the first is the word that the texts use. */
  readonly commands: Readonly<Record<Command, readonly string[]>>;
  /** Words after which an employee ID or work e-mail stands. */
  readonly cues: readonly string[];
}
