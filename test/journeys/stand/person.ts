// A person at a phone: writes, reads replies one after the other, and finds codes among the SMS.
import { findPersona } from '../../../src/simulator/demo/personas';
import { addressOf } from '../../../src/simulator/webhooks/inboundParameters';
import { words } from './phones';
import type { Phones, Shown, Who } from './phones';
import type { TextRequest } from '../../../src/texts/keys';

export class Person {
  /** Where replies to this person go. */
  readonly address: string;
  private repliesRead = 0;

  /** `mobile` is where the codes of the employee that this person claims to be arrive. */
  constructor(readonly phones: Phones, readonly who: Who, readonly mobile?: string) {
    this.address = addressOf(typeof who === 'string' ? findPersona(who)!.sender : who);
  }

  /** Writes; the webhook must take it. */
  async say(text: string): Promise<Shown> {
    const message = await this.phones.say(this.who, text);
    if (message.posting !== 'taken') throw new Error(`a message was not taken: ${message.problem}`);
    return message;
  }

  /** Everything that Doorman has said so far. */
  replies(): string[] {
    return this.phones.to(this.address).map(({ text }) => text);
  }

  /** Waits for the next replies, which must be these words. */
  async reads(...expected: readonly string[]): Promise<void> {
    const from = this.repliesRead;
    this.repliesRead += expected.length;
    const areThere = () => this.replies().length >= this.repliesRead || undefined;
    await this.phones.until(`the reply "${expected.at(-1)}"`, areThere);
    expect(this.replies().slice(from, this.repliesRead)).toEqual(expected);
  }

  async readsText(key: TextRequest['key'], params: object = {}, language = 'en'): Promise<void> {
    await this.reads(words(key, params, language));
  }

  /** How many SMS came to the registered number so far. */
  smsCount(): number {
    return this.sms().length;
  }

  sms(): Shown[] {
    return this.mobile === undefined ? [] : this.phones.to(this.mobile);
  }

  /** The code of the first SMS after the first `after` ones. */
  async code(after = 0): Promise<string> {
    const sms = await this.phones.until(`an SMS to ${this.mobile}`, () => this.sms()[after]);
    return codeIn(sms.text);
  }
}

/** The code in an SMS. */
export function codeIn(sms: string): string {
  const code = /\b\d{6,10}\b/.exec(sms)?.[0];
  if (code === undefined) throw new Error('there is no code in this SMS');
  return code;
}

/** A guess of the same length that is wrong; `nth` gives different ones. */
export function wrongCode(code: string, nth = 1): string {
  const value = (BigInt(code) + BigInt(nth)) % (10n ** BigInt(code.length));
  return value.toString().padStart(code.length, '0');
}
