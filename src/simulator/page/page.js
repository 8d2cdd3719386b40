// Puts the page together: what is known of the simulator, who is looking, and which part shows what of it.
import { createChat } from './chat.js';
import { byId } from './dom.js';
import { createFaults } from './faults.js';
import { ask, follow } from './live.js';
import { notify } from './notice.js';
import { codeHeard, createCalls } from './panes/calls.js';
import { createHr } from './panes/hr.js';
import { codeInMail, createMail } from './panes/mail.js';
import { codeAnswer, codeIn, createSms } from './panes/sms.js';
import { createPeople } from './people.js';
import { markTab, markUnlooked } from './tabs.js';
import { createWire } from './wire.js';

const known = {
  people: [], messages: new Map(), mails: new Map(), exchanges: new Map(), calls: new Map(), typing: new Map(), stopped: new Set(),
  senders: {}, organisation: 'Doorman', hr: null,
};
// What stands in one place beside the chat, and is a view of its own on a phone.
const panes = ['call', 'sms', 'mail', 'hr'];
let person = null;
// What arrived for a person since that person was last looked at.
const unseen = new Map();

const attempt = (asking) => asking.catch((error) => notify(error.message));
const chat = createChat({
  send: (content) => attempt(ask('POST', 'messages', { persona: person.id, content })),
  resend: (sid) => attempt(ask('POST', `messages/${sid}/resend`)),
  setStatus: (sid, status, error) => attempt(ask('POST', `messages/${sid}/status`, { status, ...(error && { error }) })),
});
const answerWith = (code) => {
  showView('chat');
  chat.draft(codeAnswer(code));
};
const sms = createSms({
  take: answerWith,
  text: (number, text) => attempt(ask('POST', `telephones/${encodeURIComponent(number)}/texts`, { text })),
});
const calls = createCalls({ act: (sid, action, body) => attempt(ask('POST', `calls/${sid}/${action}`, body)), take: answerWith });
const mail = createMail(answerWith);
const hr = createHr({
  ask: (method, path, body) => attempt(ask(method, `hr/${path}`, body)),
  write: (as) => {
    choose(as);
    showView('chat');
  },
});
const wire = createWire((sid) => attempt(ask('POST', `messages/${sid}/resend`)));
const people = createPeople((chosen) => choose(chosen));
const faults = createFaults((changes) => attempt(ask('PUT', 'faults', changes)), () => attempt(ask('DELETE', 'faults')));

const isInChat = (message, { address }) => message.channel === 'whatsapp' && (message.from === address || message.to === address);
const isOnPhone = (message, { phones }) => message.channel === 'sms' && phones.some(({ number }) => number === message.to);
const isOnLine = (call, { phones }) => phones.some(({ number }) => number === call.to);
const isInMailbox = ({ to }, { mailboxes }) => mailboxes.some(({ address }) => to.includes(address));
const isAbout = ({ about }, { address, phones }) =>
  about.length === 0 || about.some((other) => other === address || phones.some(({ number }) => number === other));
const inOrder = (items) => [...items].sort((a, b) => a.at - b.at);

function choose(chosen) {
  person = chosen;
  history.replaceState(null, '', `#${chosen.id}`);
  unseen.set(chosen.id, new Set());
  draw();
}

function draw() {
  const messages = inOrder(known.messages.values());
  people.show(person);
  chat.show(person, messages.filter((message) => isInChat(message, person)), known.senders, known.organisation);
  wire.show(inOrder(known.exchanges.values()).filter((exchange) => isAbout(exchange, person)));
  chat.typing(known.typing.get(person.address) ?? 0);
  drawContacts();
  for (const pane of panes) markTab(pane, 0);
  if (callsOf(person).some(({ status }) => status === 'ringing')) ring();
}

/** Telephones and mailboxes with what came there. */
function drawContacts() {
  drawPhones();
  calls.show(person, callsOf(person));
  mail.show(person, inOrder(known.mails.values()).filter((one) => isInMailbox(one, person)));
}

const callsOf = (one) => [...known.calls.values()].filter((call) => isOnLine(call, one));

function drawPhones() {
  const texts = [...known.messages.values()].filter((message) => isOnPhone(message, person));
  sms.show(person, texts, known.stopped);
  suggest();
}

/** What could come next: the newest code that nobody answered yet, and the first thing that was not written yet. */
function suggest() {
  const messages = inOrder(known.messages.values());
  const written = messages.filter(({ direction }) => direction === 'inbound');
  const own = written.filter((message) => isInChat(message, person));
  const newest = newestCode(messages);
  const isUsed = newest === undefined || written.some(({ text, at }) => at > newest.at && text.includes(newest.code));
  const next = person.suggestions.find((suggestion) => !own.some(({ text }) => text === suggestion));
  chat.suggest([
    ...(isUsed ? [] : [{ text: codeAnswer(newest.code), source: newest.source }]),
    ...(next === undefined ? [] : [{ text: next }]),
  ]);
}

/** The code that came last, by whatever way. */
function newestCode(messages) {
  const texts = messages.filter((message) => isOnPhone(message, person) && message.status === 'delivered');
  const mails = [...known.mails.values()].filter((one) => isInMailbox(one, person));
  // Before a call is over, only a part of its code may have been said.
  const ended = [...known.calls.values()].filter((call) => isOnLine(call, person) && call.endedAt !== null);
  const codes = [
    ...texts.map(({ text, at }) => ({ code: codeIn(text), at, source: 'from SMS' })),
    ...ended.map(({ transcript, at }) => ({ code: codeHeard(transcript), at, source: 'from a call' })),
    ...mails.map((one) => ({ code: codeInMail(one), at: one.at, source: 'from mail' })),
  ];
  return inOrder(codes.filter(({ code }) => code !== undefined)).at(-1);
}

function receiveMessage(message) {
  const isNew = known.messages.get(message.sid)?.status !== message.status;
  const isFirst = !known.messages.has(message.sid);
  known.messages.set(message.sid, message);
  if (person === null) return;
  if (isFirst && message.direction === 'outbound-api') receiveTyping({ address: message.to, until: 0 });
  if (isInChat(message, person)) {
    chat.upsert(message);
    suggest();
  }
  if (isOnPhone(message, person)) {
    drawPhones();
    if (isNew && message.status === 'delivered') markUnlooked('sms');
  }
  const isSeen = isInChat(message, person) || isOnPhone(message, person);
  if (!isSeen && message.direction === 'outbound-api' && message.status === 'delivered') countUnseen(message);
}

function countUnseen(message) {
  for (const other of known.people) {
    if (isInChat(message, other) || isOnPhone(message, other)) countFor(other, message.sid);
  }
}

function receiveMail(one) {
  known.mails.set(one.id, one);
  if (person === null) return;
  if (isInMailbox(one, person)) {
    mail.add(one);
    markUnlooked('mail');
    suggest();
  } else {
    for (const other of known.people) if (isInMailbox(one, other)) countFor(other, one.id);
  }
}

function countFor(other, id) {
  const ids = unseen.get(other.id) ?? new Set();
  unseen.set(other.id, ids.add(id));
  people.badge(other.id, ids.size);
}

function receiveCall(call) {
  const isNew = known.calls.get(call.sid)?.status !== call.status && call.status === 'ringing';
  known.calls.set(call.sid, call);
  if (person === null) return;
  if (isOnLine(call, person)) {
    calls.upsert(call);
    if (isNew) ring();
    suggest();
  } else if (isNew) {
    for (const other of known.people) if (isOnLine(call, other)) countFor(other, call.sid);
  }
}

/** Beside the chat a call shows itself, on a phone its tab says that it rings. */
function ring() {
  showPane('call');
  markUnlooked('call');
}

/** A message ends the typing of its chat; what is new for others is not shown to this person. */
function receiveTyping({ address, until }) {
  known.typing.set(address, until);
  if (person?.address === address) chat.typing(until);
}

function receiveStopped({ number, hasStopped }) {
  known.stopped[hasStopped ? 'add' : 'delete'](number);
  if (person !== null) drawPhones();
}

/** HR has done something: there may be somebody new, and whose number is whose may have changed. */
function receivePeople({ people: cast, hr: staff }) {
  Object.assign(known, { people: cast, hr: staff });
  hr.show(staff, cast);
  if (person === null) return;
  person = cast.find(({ id }) => id === person.id) ?? cast[0];
  people.draw(cast, person);
  people.show(person);
  for (const [id, ids] of unseen) if (id !== person.id) people.badge(id, ids.size);
  drawContacts();
}

function receiveExchange(exchange) {
  known.exchanges.set(exchange.id, exchange);
  if (person !== null && isAbout(exchange, person)) wire.upsert(exchange);
}

function receiveSnapshot(snapshot) {
  Object.assign(known, {
    people: snapshot.people,
    senders: snapshot.senders,
    organisation: snapshot.organisation,
    hr: snapshot.hr,
    messages: new Map(snapshot.messages.map((message) => [message.sid, message])),
    mails: new Map(snapshot.mails.map((one) => [one.id, one])),
    exchanges: new Map(snapshot.exchanges.map((exchange) => [exchange.id, exchange])),
    calls: new Map(snapshot.calls.map((call) => [call.sid, call])),
    typing: new Map(snapshot.typing.map(({ address, until }) => [address, until])),
    stopped: new Set(snapshot.stopped),
  });
  const wanted = person?.id ?? location.hash.slice(1);
  const chosen = known.people.find(({ id }) => id === wanted) ?? known.people[0];
  const temporal = byId('temporal');
  temporal.hidden = snapshot.temporalUi === null;
  if (snapshot.temporalUi !== null) temporal.href = snapshot.temporalUi;
  faults.show(snapshot.faults);
  people.draw(known.people, chosen);
  hr.show(known.hr, known.people);
  choose(chosen);
}

function removeMessage(sid) {
  known.messages.delete(sid);
  if (person !== null) draw();
}

function showView(view) {
  document.body.dataset.view = view;
  if (panes.includes(view)) showPane(view);
  press('.tabs', view);
  markTab(view, 0);
}

/** Which of them is seen beside the chat. */
function showPane(pane) {
  document.body.dataset.pane = pane;
  press('.panes', pane);
}

function press(bar, view) {
  for (const tab of document.querySelectorAll(`${bar} button`)) tab.setAttribute('aria-pressed', String(tab.dataset.view === view));
}

for (const tab of document.querySelectorAll(':is(.tabs, .panes) button')) tab.addEventListener('click', () => showView(tab.dataset.view));
for (const button of document.querySelectorAll('[data-close]')) button.addEventListener('click', () => button.closest('dialog').close());
byId('open-reset').addEventListener('click', () => byId('reset').showModal());
byId('do-reset').addEventListener('click', () => {
  byId('reset').close();
  void attempt(ask('POST', 'reset'));
});
// A menu closes when something else is clicked, or by the escape key.
function closeMenus(except) {
  for (const menu of document.querySelectorAll('details.status[open], details.attach[open]')) {
    if (!menu.contains(except)) menu.open = false;
  }
}
document.addEventListener('click', (event) => closeMenus(event.target));
document.addEventListener('keydown', (event) => event.key === 'Escape' && closeMenus(null));
addEventListener('hashchange', () => {
  const chosen = known.people.find(({ id }) => id === location.hash.slice(1));
  if (chosen !== undefined && chosen !== person) choose(chosen);
});

follow({
  snapshot: receiveSnapshot,
  message: receiveMessage,
  removed: removeMessage,
  exchange: receiveExchange,
  mail: receiveMail,
  call: receiveCall,
  typing: receiveTyping,
  stopped: receiveStopped,
  people: receivePeople,
  faults: (now) => faults.show(now),
}, (state) => {
  const connection = byId('connection');
  connection.dataset.state = state;
  connection.textContent = state === 'live' ? 'Live' : 'Reconnecting';
});
