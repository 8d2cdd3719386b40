// The mailboxes of a person: each mail as its text part says, and as its HTML part looks, in a frame that runs nothing.
import { byId, el, timeOf } from '../dom.js';
import { codeIn, marked } from './sms.js';

const link = /https?:\/\/[^\s<>"]+/g;

/** The code in a mail. What stands in a link is none. */
export function codeInMail({ text }) {
  return codeIn(text.replace(link, ' '));
}

/** `take(code)` puts the code into the chat. */
export function createMail(take) {
  const lists = new Map();
  const add = (mail) => {
    for (const address of mail.to) {
      const list = lists.get(address);
      list?.querySelector('.empty')?.remove();
      list?.prepend(mailItem(mail, take));
    }
  };
  return {
    /** Draws a person's mailboxes anew, with these mails, oldest first. */
    show({ mailboxes }, mails) {
      byId('mail-note').textContent = noteOf(mailboxes);
      lists.clear();
      byId('mailboxes').replaceChildren(...mailboxes.map(({ address, registered }) => {
        const list = el('ol', { 'aria-live': 'polite', 'aria-relevant': 'additions' },
          el('li', { class: 'empty' }, registered ? 'No mail yet. Codes arrive here when they are asked for by e-mail.' : 'No mail. Codes never come here.'));
        lists.set(address, list);
        return el('article', { class: 'phone mailbox', 'aria-label': address },
          el('header', {}, el('strong', {}, ...address.split(/(?<=@)/).flatMap((part) => [part, el('wbr')])),
            el('span', { class: registered ? 'mark good' : 'mark' }, registered ? 'registered with HR' : 'not in HR’s list')),
          list);
      }));
      mails.forEach(add);
    },
    /** A mail that has just come: what stands there already stays as it is, open frames too. */
    add,
  };
}

function noteOf(mailboxes) {
  if (mailboxes.length === 0) return 'This person has no mailbox here';
  return mailboxes.some(({ registered }) => registered) ? 'Mail goes to the address HR registered' : 'HR has no address for this person';
}

function mailItem(mail, take) {
  const code = codeInMail(mail);
  return el('li', { class: 'text mail-item' },
    el('div', { class: 'from' }, el('span', {}, mail.from), el('time', {}, timeOf(mail.at))),
    el('h3', {}, mail.subject),
    // Above the words: a mail is longer than what is seen of it beside the chat.
    code === undefined ? null
      : el('button', { type: 'button', class: 'use', onclick: () => take(code) }, 'Use ', el('b', {}, code), ' in the chat'),
    el('p', {}, ...wordsOf(mail.text.trim())),
    mail.hasHtml ? htmlPart(mail) : null);
}

/** Text with its code marked and its links to click. */
function wordsOf(text) {
  const parts = [];
  let end = 0;
  for (const { 0: url, index } of text.matchAll(link)) {
    parts.push(...marked(text.slice(end, index)), el('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, url));
    end = index + url.length;
  }
  return [...parts, ...marked(text.slice(end))];
}

/** The frame is made when it is first looked at. No scripts, no forms, no way to this page; links open beside it. */
function htmlPart({ id, subject }) {
  const frame = () => el('iframe', {
    src: `admin/mails/${id}/html`, title: `HTML part of “${subject}”`, sandbox: 'allow-popups allow-popups-to-escape-sandbox',
    referrerpolicy: 'no-referrer',
  });
  const details = el('details', {
    class: 'html',
    ontoggle: () => details.open && details.querySelector('iframe') === null && details.append(frame()),
  }, el('summary', {}, 'HTML part'));
  return details;
}
