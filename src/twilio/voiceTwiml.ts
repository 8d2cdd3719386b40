// TwiML of a call: a question that waits for keys, and words that are spoken before it ends. Knows no words of its
// own; the SDK escapes those that it is given (A42).
import VoiceResponse from 'twilio/lib/twiml/VoiceResponse';

export interface Spoken {
  readonly words: string;
  /** Spoken after the words, one by one: a code, or the end of a number. */
  readonly characters?: string;
}

/** How long the question waits for each key, in seconds: time to take the telephone from the ear. */
const keySeconds = 6;
/** Between two characters: time to write one down. */
const pause = '600ms';

/** Asks, and tells `actionUrl` which keys were pressed, or that none was: only that decides what is said then. */
export function askTwiml(question: { words: string; language: string; keys: number; actionUrl: string }): string {
  const response = new VoiceResponse();
  const gather = response.gather({
    input: ['dtmf'], numDigits: question.keys, timeout: keySeconds, actionOnEmptyResult: true,
    action: question.actionUrl, method: 'POST',
  });
  gather.say({ language: asSaid(question.language) }, question.words);
  return response.toString();
}

/** Speaks, and hangs up. */
export function sayTwiml(language: string, spoken: readonly Spoken[]): string {
  const response = new VoiceResponse();
  for (const { words, characters = '' } of spoken) {
    const say = response.say({ language: asSaid(language) }, words);
    for (const character of characters) {
      // A voice that does not know the marks still finds single characters, and not one great number.
      say.addText(' ');
      say.sayAs({ 'interpret-as': /\d/.test(character) ? 'digits' : 'characters' }, character);
      say.break({ time: pause });
    }
  }
  response.hangup();
  return response.toString();
}

type SayLanguage = NonNullable<VoiceResponse.SayAttributes['language']>;

function asSaid(language: string): SayLanguage {
  return language as SayLanguage; // cast: a language with its region, from src/texts
}
