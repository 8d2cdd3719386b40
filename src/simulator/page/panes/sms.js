// The phones in a person's pocket, with the SMS that reached them. Nobody sees another person's phone.
import { byId, el, shownNumber, timeOf } from '../dom.js';

// As Doorman and most others write codes: 6 to 10 digits, perhaps in groups.
const codeForm = /(?<![\d+])\d(?:[ -]?\d){5,9}(?!\d)/;

/** The code in an SMS, without the spaces between its groups. */
export function codeIn(text) {
  return codeForm.exec(text)?.[0].replace(/\D/g, '');
}

/** What a person types to answer with a code. */
export function codeAnswer(code) {
  return `${code} is my otp`;
}

/** `take(code)` puts the code into the chat; `text(number, word)` answers an SMS. */
export function createSms({ take, text }) {
  return {
    show(person, messages, stopped) {
      byId('sms-note').textContent = phonesNote(person);
      byId('phones').replaceChildren(...person.phones.map((phone) => {
        const own = messages.filter(({ to }) => to === phone.number).sort((a, b) => b.at - a.at);
        return el('article', { class: 'phone', 'aria-label': phone.label },
          el('header', {}, el('strong', {}, phone.label), el('span', {}, shownNumber(phone.number)),
            el('span', { class: phone.registered ? 'mark good' : 'mark' }, phone.registered ? 'registered with HR' : 'not in HR’s list')),
          el('ol', { 'aria-live': 'polite', 'aria-relevant': 'additions' }, ...(own.length === 0
            ? [el('li', { class: 'empty' }, phone.registered ? 'No SMS yet. Codes arrive here.' : 'No SMS. Codes never come to this phone.')]
            : own.map((message) => smsItem(message, take)))),
          optOut(phone, stopped.has(phone.number), text));
      }));
    },
  };
}

/** Whether any of a person's phones gets codes. */
export function phonesNote({ phones }) {
  return phones.some(({ registered }) => registered) ? 'Codes go to the number HR registered' : 'HR has no number for this person';
}

/** Who answers STOP gets no more SMS from that sender until START. */
function optOut({ number, label }, hasStopped, text) {
  const word = hasStopped ? 'START' : 'STOP';
  return el('footer', {}, hasStopped ? 'This phone has texted STOP.' : null,
    el('button', { type: 'button', 'aria-label': `Text ${word} from ${label}`, onclick: () => text(number, word) }, `Text ${word}`));
}

function smsItem(message, take) {
  const code = codeIn(message.text);
  const isHere = message.status === 'delivered';
  const state = isHere ? null : el('em', {}, message.status === 'undelivered' || message.status === 'failed' ? 'not delivered' : 'on its way');
  return el('li', { class: isHere ? 'text' : 'text pending' },
    el('div', { class: 'from' }, el('strong', {}, shownNumber(message.from)), state, el('time', {}, timeOf(message.at))),
    el('p', {}, ...marked(message.text)),
    code !== undefined && isHere
      ? el('button', { type: 'button', class: 'use', onclick: () => take(code) }, 'Use ', el('b', {}, code), ' in the chat')
      : null);
}

/** A text with its code marked. */
export function marked(text) {
  const found = codeForm.exec(text);
  if (found === null) return [text];
  const end = found.index + found[0].length;
  return [text.slice(0, found.index), el('mark', {}, found[0]), text.slice(end)];
}
