// The words of a call that carries a code, in order, as TwiML: the question, the code twice, the goodbye.
import type { Texts } from '../../texts/render';
import { askTwiml, sayTwiml } from '../../twilio/voiceTwiml';
import type { CodeToCarry } from '../carriers/codeCarrier';

type Words = Pick<Texts, 'render' | 'voiceTag'>;

/** Asks for two keys; which they were is told to `actionUrl`. Says nothing that an answering machine must not hear. */
export function codeQuestion(
  texts: Words, { language, keys, actionUrl }: { language: string; keys: string; actionUrl: string },
): string {
  const [first = '', second = ''] = keys;
  const words = texts.render({ key: 'voiceAsk', params: { first, second } }, language);
  return askTwiml({ words, language: texts.voiceTag(language), keys: keys.length, actionUrl });
}

/** Speaks a code twice, who asked for it, how long it counts and a warning. */
export function spokenCode(
  texts: Words, { code, language, requestedBy, minutesLeft }: Omit<CodeToCarry, 'to' | 'receiptId' | 'challengeId'>,
): string {
  return sayTwiml(texts.voiceTag(language), [
    { words: texts.render({ key: 'voiceCode', params: {} }, language), characters: code },
    { words: texts.render({ key: 'voiceCodeAgain', params: {} }, language), characters: code },
    { words: texts.render({ key: 'voiceAsker', params: {} }, language), characters: requestedBy },
    { words: texts.render({ key: 'voiceWarning', params: { minutes: minutesLeft } }, language) },
  ]);
}

export function goodbye(texts: Words, language: string): string {
  return sayTwiml(texts.voiceTag(language), [{ words: texts.render({ key: 'voiceGoodbye', params: {} }, language) }]);
}
