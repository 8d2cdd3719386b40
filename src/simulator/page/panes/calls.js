// The calls of a person's telephones: each rings, is accepted or declined, is heard word by word, and takes keys.
import { byId, el, icon, paths, shownNumber } from '../dom.js';
import { phonesNote } from './sms.js';

const endings = {
  completed: 'Call ended', busy: 'Declined', 'no-answer': 'Missed call', failed: 'Could not be reached',
  canceled: 'The caller gave up',
};
const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const keyNames = { '*': 'Star', '#': 'Hash' };

// Six or more digits, one by one, as a code is spoken.
const spokenDigits = /(?<!\d)\d(?: \d){5,}(?!\d)/;

/** The code that a call has spoken, even when it was said twice in one breath. */
export function codeHeard(transcript) {
  const said = transcript.filter(({ kind }) => kind === 'said').map(({ text }) => spokenDigits.exec(text)?.[0]);
  const digits = said.find((text) => text !== undefined)?.replaceAll(' ', '');
  if (digits === undefined) return undefined;
  const half = digits.slice(0, digits.length / 2);
  return digits.length >= 12 && half + half === digits ? half : digits;
}

/** `act(sid, action, body)` does something with a call, `take(code)` puts a code into the chat. */
export function createCalls({ act, take }) {
  const list = byId('calls');
  // The card of each telephone that was called, by its number.
  const cards = new Map();
  const dismissed = new Set();
  let phones = [];

  const upsert = (call) => {
    const phone = phones.find(({ number }) => number === call.to);
    if (phone === undefined || dismissed.has(call.sid)) return;
    const known = cards.get(call.to);
    if (known !== undefined && known.at > call.at) return;
    if (known?.sid === call.sid) return known.refresh(call);
    known?.element.remove();
    const card = createCard(phone, call, { act, take, dismiss: () => dismiss(call) });
    cards.set(call.to, card);
    list.prepend(card.element);
    card.refresh(call);
    if (call.status === 'ringing') list.parentElement.scrollTo({ top: 0 });
  };
  const dismiss = ({ sid, to }) => {
    dismissed.add(sid);
    cards.get(to)?.element.remove();
    cards.delete(to);
  };
  return {
    /** Draws a person's calls anew, the newest of each phone. */
    show(person, calls) {
      phones = person.phones;
      byId('call-note').textContent = phonesNote(person);
      cards.clear();
      list.replaceChildren();
      [...calls].sort((a, b) => a.at - b.at).forEach(upsert);
    },
    upsert,
  };
}

function createCard(phone, { sid, at, from }, { act, take, dismiss }) {
  const state = el('strong', { role: 'status', tabindex: -1 });
  const transcript = createTranscript(phone);
  const actions = el('div', { class: 'actions' });
  const keypad = createKeypad((pressed) => act(sid, 'keys', { keys: pressed }));
  const close = el('button', { type: 'button', class: 'close', 'aria-label': 'Remove this call', onclick: dismiss }, icon(paths.close));
  const hangUp = el('button', { type: 'button', class: 'decline', onclick: () => act(sid, 'hangup') }, 'Hang up');
  const element = el('section', { class: 'call', 'aria-label': `Call on ${phone.label}` },
    el('header', {}, el('span', { class: 'bell' }, icon(paths.call)),
      el('div', {}, state, el('span', {}, `${shownNumber(from)} · ${phone.label}`)), hangUp, close),
    el('div', { class: 'line' }, transcript.element, keypad.element), actions);

  const button = (label, name, onclick) => el('button', { type: 'button', class: name, onclick }, label);
  const buttons = {
    accept: button('Accept', 'accept', () => act(sid, 'answer')),
    decline: button('Decline', 'decline', () => act(sid, 'decline')),
  };
  let shown = '';
  const refresh = (call) => {
    transcript.refresh(call.transcript);
    keypad.setListening(call.isListening);
    if (call.status === shown) return;
    shown = call.status;
    const hadFocus = element.contains(document.activeElement);
    element.dataset.state = stateOf(call);
    state.textContent = sentenceOf(call);
    keypad.element.hidden = call.status !== 'in-progress';
    hangUp.hidden = call.status !== 'in-progress';
    close.hidden = ['queued', 'ringing', 'in-progress'].includes(call.status);
    actions.replaceChildren(...actionsOf(call, buttons, take));
    // A button that is gone takes the focus with it: whoever used it stays at this call.
    if (hadFocus && !element.contains(document.activeElement)) state.focus();
  };
  return { element, sid, at, refresh };
}

function stateOf({ status }) {
  if (status === 'in-progress') return 'talking';
  return status === 'queued' || status === 'ringing' ? 'ringing' : 'over';
}

function sentenceOf({ status, startedAt, endedAt }) {
  if (status === 'queued' || status === 'ringing') return 'Incoming call';
  if (status === 'in-progress') return 'In a call';
  return startedAt === null ? endings[status] : `${endings[status]} · ${Math.round((endedAt - startedAt) / 1_000)} s`;
}

function actionsOf({ status, transcript }, { accept, decline }, take) {
  if (status === 'queued' || status === 'ringing') return [decline, accept];
  if (status === 'in-progress') return [];
  const code = codeHeard(transcript);
  return code === undefined ? []
    : [el('button', { type: 'button', class: 'use', onclick: () => take(code) }, 'Use ', el('b', {}, code), ' in the chat')];
}

/** What is said grows at its end, so that it can be read out as it is spoken. */
function createTranscript({ label }) {
  const element = el('ol', { role: 'log', 'aria-live': 'polite', 'aria-relevant': 'additions text', 'aria-label': `What was said on ${label}`, tabindex: 0, hidden: true });
  const lines = [];
  const add = ({ kind, language }) => {
    const text = el('span', { class: 'words', lang: kind === 'said' ? language : null });
    const item = el('li', { class: kind }, kind === 'pressed' ? el('span', { class: 'hidden' }, 'You pressed ') : null, text);
    element.append(item);
    return { text, shown: '' };
  };
  return {
    element,
    refresh(transcript) {
      element.hidden = transcript.length === 0;
      transcript.forEach((line, at) => {
        lines[at] ??= add(line);
        const known = lines[at];
        if (line.text === known.shown) return;
        if (line.text.startsWith(known.shown)) known.text.append(line.text.slice(known.shown.length));
        else known.text.textContent = line.text;
        known.shown = line.text;
        element.scrollTo({ top: element.scrollHeight });
      });
    },
  };
}

/** Keys of a telephone; the computer's own keys work while one of them has the focus. */
function createKeypad(press) {
  const element = el('div', {
    class: 'keypad', role: 'group', 'aria-label': 'Keypad', hidden: true,
    onkeydown: (event) => {
      if (!keys.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      press(event.key);
    },
  }, ...keys.map((key) => el('button', { type: 'button', 'aria-label': keyNames[key] ?? null, onclick: () => press(key) }, key)));
  return {
    element,
    setListening: (isListening) => element.classList.toggle('listening', isListening),
  };
}
