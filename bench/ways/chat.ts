// A person at a telephone, for any service that speaks Twilio's webhooks: writes, reads the replies, types the code.
import type { FakeTwilio } from '../stand/fakeTwilio';
import type { Person } from '../stand/people';
import type { Posted, WebhookSender } from '../stand/webhook';
import { read } from './way';
import type { Verified } from './way';

export class Chat {
  /** The latest message that was answered with 200. */
  lastPosted: Posted | undefined;
  private readonly address: string;

  constructor(
    private readonly sender: WebhookSender, private readonly twilio: FakeTwilio, private readonly person: Person,
  ) {
    this.address = `whatsapp:${person.number}`;
  }

  /** Writes without waiting for a reply. Rejects unless the webhook was answered with 200. */
  async write(text: string): Promise<Posted> {
    const posted = await this.sender.post(this.person.number, text);
    if (posted.status !== 200) throw new Error(`the webhook was answered with ${posted.status}`);
    this.lastPosted = posted;
    return posted;
  }

  /** Writes, and says how long the reply took: whichever comes first, the webhook's answer or the reply. */
  async say(text: string): Promise<number> {
    const [posted, arrival] = await Promise.all([this.write(text), this.twilio.next(this.address)]);
    return arrival.at - posted.sentAt;
  }

  /** Waits for the next reply, without having written. */
  async hear(): Promise<void> {
    await this.twilio.next(this.address);
  }

  /** From the first message to success. */
  async verify(opening: string): Promise<Pick<Verified, 'repliesMs' | 'codeMs'>> {
    const first = await this.say(opening);
    await read();
    const { employeeId, number } = this.person;
    const [second, sms] = await Promise.all([this.say(`my id is ${employeeId}`), this.twilio.next(number)]);
    const code = /(?<!\d)\d{6}(?!\d)/.exec(sms.text)?.[0];
    if (code === undefined) throw new Error('the SMS holds no code of six digits');
    const codeMs = sms.at - this.lastPosted!.sentAt;
    await read();
    return { repliesMs: [first, second, await this.say(`${code} is my otp`)], codeMs };
  }
}
