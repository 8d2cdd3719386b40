// Twilio's side of a webhook: the form of a WhatsApp message, signed without its SDK, over a kept connection.
import { createHmac, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { nowMs } from '../measure/spread';

/** What the bench is at Twilio. Invented, and of the right form. */
export const account = {
  sid: `AC${'0'.repeat(31)}1`,
  authToken: 'bench-auth-token-of-thirty-two-characters',
  keySid: `SK${'0'.repeat(31)}1`,
  keySecret: 'bench-key-secret-of-thirty-two-characters',
  whatsapp: 'whatsapp:+14155238886',
  sms: '+14155550100',
} as const;

const path = '/webhooks/twilio/message';

export interface Posted {
  readonly messageId: string;
  readonly status: number;
  /** As nowMs(), right before the request was written. */
  readonly sentAt: number;
  readonly answerMs: number;
}

export interface WebhookSender {
  /** Posts one text from a number and waits for the answer. Rejects when there is none. */
  post(number: string, text: string): Promise<Posted>;
  close(): void;
}

/** `port` is where the service listens on the loopback; `publicUrl` is what Twilio has signed. */
export function createWebhookSender(port: number, publicUrl: string): WebhookSender {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return {
    async post(number, text) {
      const messageId = `SM${randomBytes(16).toString('hex')}`;
      const form = formOf(messageId, number, text);
      const body = new URLSearchParams(form).toString();
      const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body),
        host: new URL(publicUrl).host,
        'user-agent': 'TwilioProxy/1.1',
        'x-twilio-signature': signatureOf(`${publicUrl}${path}`, form),
      };
      const sentAt = nowMs();
      const status = await new Promise<number>((resolve, reject) => {
        const sending = request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers }, (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode ?? 0));
        });
        sending.on('error', reject);
        sending.end(body);
      });
      return { messageId, status, sentAt, answerMs: nowMs() - sentAt };
    },
    close: () => agent.destroy(),
  };
}

function formOf(messageId: string, number: string, text: string): Record<string, string> {
  const digits = number.slice(1);
  const context = { ProfileName: 'Jo Tester', WaId: digits };
  return {
    SmsMessageSid: messageId, NumMedia: '0', ProfileName: 'Jo Tester', MessageType: 'text', SmsSid: messageId,
    WaId: digits, SmsStatus: 'received', Body: text, To: account.whatsapp, NumSegments: '1', ReferralNumMedia: '0',
    MessageSid: messageId, AccountSid: account.sid,
    ChannelMetadata: JSON.stringify({ type: 'whatsapp', data: { context } }),
    From: `whatsapp:${number}`, ApiVersion: '2010-04-01',
  };
}

function signatureOf(url: string, form: Record<string, string>): string {
  const signed = Object.keys(form).sort().map((name) => `${name}${form[name]}`).join('');
  return createHmac('sha1', account.authToken).update(`${url}${signed}`).digest('base64');
}
