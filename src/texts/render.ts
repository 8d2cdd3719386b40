// Finds the words for a text in the best language there is. Parameters are data: they are never read as a message,
// as markup or as HTML (A42).
import { IntlMessageFormat } from 'intl-messageformat';
import type { Command, IdentifyBy, Method } from '../domain/messages';
import { commands } from '../domain/messages';
import { de } from './de';
import { en } from './en';
import { es } from './es';
import { fr } from './fr';
import type {
  CodeTextRequest, Language, NoticeTextRequest, StepUpTextRequest, TextRequest, VoiceTextRequest,
} from './keys';

type AnyRequest = TextRequest | CodeTextRequest | NoticeTextRequest | VoiceTextRequest | StepUpTextRequest;

/** Every language that Doorman speaks; English first, as the last resort. */
export const languages: readonly Language[] = [en, de, es, fr];

export interface TextOptions {
  /** Name of the company, as it stands in texts. */
  readonly organisation: string;
  /** The organisation's own language, as a BCP 47 tag: spoken where the wanted one is not. */
  readonly language: string;
  /** How codes travel here; by SMS alone when it is not said. */
  readonly methods?: readonly Method[];
  /** What people are asked for; an employee ID or a work e-mail when it is not said. */
  readonly identifyBy?: IdentifyBy;
}

export interface Texts {
  /** The words for a text. `language` is any tag: `de-AT` and `de_DE` find `de`, an unknown one the organisation's. */
  render(request: AnyRequest, language: string): string;
  /** The language and region in which a voice has to speak what `render` gives for this language: `de-DE`. */
  voiceTag(language: string): string;
  /** What a person may type to steer the conversation, in this language and in English. */
  vocabulary(language: string): Readonly<Record<Command, readonly string[]>>;
  /** Words that announce an employee ID or e-mail address, in this language and in English. */
  identifierCues(language: string): readonly string[];
}

interface Spoken {
  readonly messages: ReadonlyMap<string, IntlMessageFormat>;
  readonly vocabulary: Readonly<Record<Command, readonly string[]>>;
  readonly cues: readonly string[];
}

/** Reads all messages at once, so that a broken one stops the start and not a conversation. */
export function createTexts(
  { organisation, language: organisationLanguage, methods = ['sms'], identifyBy = 'employeeId' }: TextOptions,
): Texts {
  const spoken = new Map(languages.map((language) => [language.tag, speak(language)]));
  const own = matchTag(organisationLanguage) ?? en.tag;
  const tagOf = (language: string) => matchTag(language) ?? own;
  const name = plainName(organisation);
  const ways = {
    by: identifyBy,
    only: methods.length === 1 ? methods[0]! : 'several',
    call: methods.includes('call') ? 'yes' : 'no', email: methods.includes('email') ? 'yes' : 'no',
  };
  return {
    render(request, language) {
      const tag = tagOf(language);
      const message = spoken.get(tag)!.messages.get(request.key)!; // every language has every key
      const inSms = request.key.startsWith('sms');
      const inChat = !inSms && !/^(mail|voice)/.test(request.key);
      return String(message.format({
        ...ways,
        ...request.params,
        ...durations({ ...request.params }, tag, inSms ? 'short' : 'long'),
        organisation: inChat ? withoutMarkup(name) : name,
      }));
    },
    voiceTag: (language) => languages.find(({ tag }) => tag === tagOf(language))!.voiceTag, // a tag of ours
    vocabulary: (language) => spoken.get(tagOf(language))!.vocabulary,
    identifierCues: (language) => spoken.get(tagOf(language))!.cues,
  };
}

function speak(language: Language): Spoken {
  const read = (message: string) => new IntlMessageFormat(message, language.tag, undefined, { ignoreTag: true });
  const words = (command: Command) => [...new Set([...language.commands[command], ...en.commands[command]])];
  return {
    messages: new Map(Object.entries(language.texts).map(([key, message]) => [key, read(message)])),
    vocabulary: Object.fromEntries(commands.map((command) => [command, words(command)])) as Record<Command, string[]>, // cast: fromEntries forgets the keys
    cues: [...new Set([...language.cues, ...en.cues])],
  };
}

/** The language that a tag asks for, whatever its region and script; undefined when we do not speak it. */
function matchTag(wanted: string): string | undefined {
  const tag = canonicalTag(wanted.replaceAll('_', '-')).split('-')[0];
  return languages.find((language) => language.tag === tag)?.tag;
}

function canonicalTag(tag: string): string {
  try {
    // `deu` and `DE` are `de`.
    return Intl.getCanonicalLocales(tag)[0] ?? '';
  } catch {
    // What HR typed is no tag at all.
    return '';
  }
}

/** Rounded up, in the unit that people would use: seconds up to 90, then minutes, from two hours on hours. */
function durations(
  { minutes, seconds }: Readonly<Record<string, string | number>>, tag: string, unitDisplay: 'long' | 'short',
): Record<string, string> {
  const say = (duration: number) => {
    const [count, unit] = duration <= 90 && duration !== 60 ? [duration, 'second']
      : duration < 7_200 ? [duration / 60, 'minute'] : [duration / 3_600, 'hour'];
    const words = new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay }).format(Math.max(1, Math.ceil(count)));
    // The GSM alphabet has no other space than the plain one.
    return words.replace(/\p{Zs}/gu, ' ');
  };
  return {
    ...(minutes === undefined ? {} : { minutes: say(Number(minutes) * 60) }),
    ...(seconds === undefined ? {} : { seconds: say(Number(seconds)) }),
  };
}

/** One line without invisible and control characters, which could reorder or break what stands around the name. */
function plainName(organisation: string): string {
  return organisation.normalize('NFC').replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').replace(/\p{Cf}/gu, '').trim();
}

// WhatsApp cannot escape its markup, so the marks are shown by characters that look like them and mean nothing to it.
const harmless: Readonly<Record<string, string>> = { '*': '\u2217', _: '\u02CD', '~': '\u223C', '`': '\u02CB' };

function withoutMarkup(name: string): string {
  return name.replace(/[*_~`]/g, (mark) => harmless[mark]!);
}
