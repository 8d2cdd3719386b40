// The WhatsApp chat of one person: bubbles with ticks, suggestions, and the box to write in.
import { byId, dayOf, el, icon, paths, shownNumber, timeOf } from './dom.js';
import { appearance } from './people.js';

const isArrived = (message) => ['delivered', 'read', 'received'].includes(message.status);

/** `send(content)` writes as the person, `resend(sid)` posts again, `setStatus(sid, status, error)` plays the phone. */
export function createChat({ send, resend, setStatus }) {
  const list = byId('messages');
  const talk = byId('talk');
  const draft = byId('draft');
  const bubbles = new Map();
  let latest = null;
  let lastDay = '';
  let typingEnd;

  // Whoever reads the newest message goes on seeing it: when another comes, and when a keyboard or a suggestion takes room.
  let isAtEnd = true;
  const scrollToEnd = () => talk.scrollTo({ top: talk.scrollHeight });
  talk.addEventListener('scroll', () => {
    isAtEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80;
  });
  new ResizeObserver(() => isAtEnd && scrollToEnd()).observe(talk);

  const add = (message) => {
    const day = dayOf(message.at);
    if (day !== lastDay) list.append(el('li', { class: 'day' }, el('span', {}, day)));
    const side = message.direction === 'inbound' ? 'mine' : 'theirs';
    const isFirst = latest?.direction !== message.direction || day !== lastDay;
    lastDay = day;
    latest = message;
    const meta = el('span', { class: 'meta' });
    const problem = el('div', { class: 'problem', hidden: true });
    const item = el('li', { class: `bubble ${side}${isFirst ? ' first' : ''}`, 'data-sid': message.sid },
      el('div', { class: 'body' }, el('span', { class: 'hidden' }, side === 'mine' ? 'You: ' : 'Doorman: '),
        ...contentOf(message), meta), problem);
    bubbles.set(message.sid, { item, meta, problem });
    list.append(item);
  };
  const refresh = (message) => {
    const { item, meta, problem } = bubbles.get(message.sid);
    const isMine = message.direction === 'inbound';
    meta.replaceChildren(timeOf(message.at), ticks(message), ...(isMine ? [] : [statusMenu(message, setStatus)]));
    const sentence = problemOf(message);
    item.classList.toggle('pending', !isMine && !isArrived(message));
    item.classList.toggle('failed', sentence !== null);
    problem.hidden = sentence === null;
    problem.replaceChildren(sentence ?? '',
      ...(isMine && sentence !== null ? [el('button', { type: 'button', onclick: () => resend(message.sid) }, 'Resend')] : []));
  };
  const upsert = (message) => {
    const follows = isAtEnd || message.direction === 'inbound';
    if (!bubbles.has(message.sid)) add(message);
    refresh(message);
    if (follows) scrollToEnd();
  };

  prepareComposer(draft, send, () => latestTheirs(list));
  return {
    show(person, messages, senders, organisation) {
      list.replaceChildren();
      bubbles.clear();
      latest = null;
      lastDay = '';
      byId('chat-title').textContent = organisation;
      byId('chat-number').textContent = shownNumber(senders.whatsapp);
      byId('chat-as').replaceChildren('You are seen as ', el('strong', {}, appearance(person)));
      if (messages.length === 0) list.append(el('li', { class: 'empty' }, 'No messages yet. Ask something: Doorman wants to know who you are first.'));
      messages.forEach(upsert);
      scrollToEnd();
    },
    upsert(message) {
      list.querySelector('.empty')?.remove();
      upsert(message);
    },
    /** Puts words into the box, for the person to send. */
    draft(text) {
      draft.value = text;
      draft.dispatchEvent(new Event('input'));
      draft.focus();
    },
    /** Shows that Doorman is typing, until then; a time that is over or a message ends it. */
    typing(until) {
      clearTimeout(typingEnd);
      const leftMs = until - Date.now();
      byId('typing').replaceChildren(...(leftMs <= 0 ? [] : [
        el('span', { class: 'dots', 'aria-hidden': 'true' }, el('i'), el('i'), el('i')), 'typing…']));
      if (leftMs > 0) typingEnd = setTimeout(() => this.typing(0), leftMs);
    },
    suggest(suggestions) {
      byId('chips').replaceChildren(...suggestions.map(({ text, source }) => el('button', {
        type: 'button', onclick: () => send({ kind: 'text', text }),
      }, source === undefined ? null : el('small', {}, source), text)));
    },
  };
}

function latestTheirs(list) {
  return [...list.querySelectorAll('.theirs')].at(-1)?.dataset.sid;
}

const formats = /(\*[^*\n]+\*|_[^_\n]+_|~[^~\n]+~)/;
const formatNames = { '*': 'strong', _: 'em', '~': 's' };

/** WhatsApp's own marks for bold, italic and struck-out words; everything else is plain text. */
export function formatted(text) {
  return text.split(formats).map((part, at) => (at % 2 === 0 ? part : el(formatNames[part[0]], {}, part.slice(1, -1))));
}

function contentOf({ content, text }) {
  switch (content?.kind) {
    case 'image': return [card(paths.image, 'Photo'), text];
    case 'location': return [card(paths.place, content.label, content.address)];
    case 'contacts': return [card(paths.person, content.name, 'Contact')];
    case 'reaction': return [el('span', { class: 'reaction' }, content.emoji), el('small', {}, 'reaction')];
    case 'button': return [card(paths.button, content.text, 'Pressed a button')];
    default: return formatted(text);
  }
}

function card(path, title, detail) {
  return el('span', { class: 'card' }, icon(path), el('span', {}, el('strong', {}, title), detail ? el('span', {}, detail) : null));
}

function ticks(message) {
  const [path, label, isRead] = tickOf(message);
  return el('span', { class: `ticks${isRead ? ' read' : ''}`, role: 'img', 'aria-label': label, title: label }, icon(path));
}

function tickOf({ direction, posting, status }) {
  if (direction === 'inbound') {
    if (posting === 'posting') return [paths.clock, 'on its way to Doorman'];
    return posting === 'taken' ? [paths.two, 'accepted by Doorman'] : [paths.alert, 'not accepted'];
  }
  if (status === 'read') return [paths.two, 'read', true];
  if (status === 'delivered') return [paths.two, 'delivered'];
  if (status === 'sent') return [paths.one, 'sent'];
  return ['failed', 'undelivered', 'canceled'].includes(status) ? [paths.alert, status] : [paths.clock, status];
}

function problemOf({ direction, posting, problem, status, errorCode, errorMessage }) {
  if (direction === 'inbound') return posting === 'refused' ? `Not accepted: ${problem ?? 'no answer'}.` : null;
  if (status !== 'failed' && status !== 'undelivered') return null;
  return `Not delivered${errorCode === null ? '' : ` (${errorCode}${errorMessage ? `, ${errorMessage}` : ''})`}.`;
}

const statusChoices = [
  ['sent', 'Sent'], ['delivered', 'Delivered'], ['read', 'Read'],
  ['undelivered', 'Undelivered', { code: 63024, message: 'invalid recipient' }],
  ['failed', 'Failed: window closed', { code: 63016, message: 'outside the allowed window' }],
];

/** Buttons that report another status to Doorman, as a phone or WhatsApp might. */
function statusMenu(message, setStatus) {
  const label = 'Report another status';
  const menu = el('details', { class: 'status', ontoggle: () => place(menu) }, el('summary', { 'aria-label': label, title: label }, '⋯'));
  menu.append(el('div', {}, ...statusChoices.map(([status, label, error]) => el('button', {
    type: 'button', onclick: () => {
      menu.open = false;
      setStatus(message.sid, status, error);
    },
  }, label))));
  return menu;
}

/** Opens a menu to the side on which there is room for it. */
function place(menu) {
  if (!menu.open) return;
  const list = menu.querySelector('div');
  const room = menu.closest('.talk').getBoundingClientRect();
  const { left, top } = menu.getBoundingClientRect();
  list.classList.toggle('leftwards', left + list.offsetWidth > room.right);
  list.classList.toggle('downwards', top - list.offsetHeight < room.top);
}

function prepareComposer(draft, send, latestSid) {
  const form = byId('composer');
  const attach = byId('attach');
  const grow = () => {
    draft.rows = Math.min(6, draft.value.split('\n').length);
    byId('send').disabled = draft.value.trim() === '';
  };
  const submit = () => {
    const text = draft.value;
    if (text.trim() === '') return;
    draft.value = '';
    grow();
    send({ kind: 'text', text });
  };
  draft.addEventListener('input', grow);
  draft.addEventListener('keydown', (event) => {
    // While an input method composes, enter accepts its suggestion.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
    draft.focus();
  });
  byId('send').append(icon(paths.send));
  attach.querySelector('summary').append(icon(paths.plus));
  byId('attachments').append(...attachments(latestSid).map(([label, path, contentNow]) => el('button', {
    type: 'button', onclick: () => {
      attach.open = false;
      const content = contentNow(draft.value);
      if (content !== null) send(content);
    },
  }, icon(path), label)));
  grow();
}

function attachments(latestSid) {
  const reply = (content) => {
    const repliedSid = latestSid();
    return repliedSid === undefined ? null : { ...content, repliedSid };
  };
  return [
    ['Photo', paths.image, (text) => ({ kind: 'image', text })],
    ['Location', paths.place, () => ({ kind: 'location', latitude: 51.5138, longitude: -0.0984, label: 'Head office', address: '1 Example Street' })],
    ['Contact', paths.person, () => ({ kind: 'contacts', name: 'A. Person' })],
    ['Reaction 👍', paths.one, () => reply({ kind: 'reaction', emoji: '👍' })],
    ['Button “Yes”', paths.button, () => reply({ kind: 'button', text: 'Yes', payload: 'yes' })],
  ];
}
