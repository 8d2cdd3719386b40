// Carries a code by e-mail. Keeps nothing and logs nothing: the code is in what it sends. `accepted` means that our own
// mail server answers for the mail, and is the last that is heard of it: what cannot be delivered after that comes back
// as another mail (RFC 3464) to our sender's mailbox, which nobody reads here. So silence says nothing of a mail.
import { mailHtml } from '../../mail/mailHtml';
import type { Mailer } from '../../mail/mailer';
import type { Texts } from '../../texts/render';
import type { CodeCarrier } from './codeCarrier';

export interface MailCarrierOptions {
  readonly mailer: Pick<Mailer, 'send'>;
  readonly texts: Pick<Texts, 'render'>;
}

export function createMailCarrier({ mailer, texts }: MailCarrierOptions): CodeCarrier {
  return {
    method: 'email',
    carry({ to, code, language, requestedBy, minutesLeft, receiptId }) {
      const params = { code, minutes: minutesLeft, last4: requestedBy };
      const text = texts.render({ key: 'mailCode', params }, language);
      return mailer.send({
        // A send that is repeated is the same mail, RESEND makes another one.
        key: `code:${receiptId}`,
        to,
        // Without the code: subjects stand on locked screens and in the logs of servers.
        subject: texts.render({ key: 'mailCodeSubject', params: {} }, language),
        text,
        html: mailHtml(text, language),
      });
    },
  };
}
