// Every text of a call, with values that it may be given.
import type { VoiceTextRequest } from '../../src/texts/keys';

export const spoken: readonly VoiceTextRequest[] = [
  { key: 'voiceAsk', params: { first: '4', second: '7' } }, { key: 'voiceCode', params: {} }, { key: 'voiceCodeAgain', params: {} },
  { key: 'voiceAsker', params: {} }, { key: 'voiceWarning', params: { minutes: 5 } }, { key: 'voiceGoodbye', params: {} },
];
