// What went over the wire about one person: each request with its headers, fields, answer and time.
import { byId, el, secondOf, shownNumber } from './dom.js';

const kinds = {
  inbound: ['webhook', 'Message to Doorman'],
  status: ['status', 'Status callback to Doorman'],
  voice: ['voice', 'A call asks Doorman what to do'],
  hr: ['HR', 'HR tells Doorman of somebody'],
  rest: ['API', 'Call of Twilio’s API by Doorman'],
};

/** `again(sid)` posts an inbound message once more. */
export function createWire(again) {
  const list = byId('exchanges');
  const items = new Map();

  const draw = (exchange) => {
    const old = items.get(exchange.id);
    const item = el('li', {}, el('details', { open: old?.querySelector('details').open ?? false }, headOf(exchange), bodyOf(exchange, again)));
    items.set(exchange.id, item);
    if (old === undefined) list.prepend(item);
    else old.replaceWith(item);
  };
  return {
    show(exchanges) {
      items.clear();
      list.replaceChildren();
      exchanges.forEach(draw);
      if (exchanges.length === 0) list.append(el('li', { class: 'empty' }, 'Nothing yet. Send a message to see its webhook, its signature and the answer.'));
    },
    upsert(exchange) {
      list.querySelector('.empty')?.remove();
      draw(exchange);
    },
  };
}

function headOf(exchange) {
  const { kind, method, url, status, answerMs, problem, at, attempt } = exchange;
  const [label, title] = kinds[kind];
  const isGood = status !== null && status < 400;
  const outcome = status ?? (problem === null ? '…' : 'failed');
  return el('summary', { title },
    el('span', { class: `kind ${kind}` }, label),
    el('span', { class: 'gist' }, gistOf(exchange), attempt > 1 ? ` · attempt ${attempt}` : ''),
    el('span', { class: `outcome${status === null && problem === null ? '' : isGood ? ' good' : ' bad'}` }, String(outcome)),
    el('span', { class: 'small' }, `${method} ${pathOf(url)}`),
    el('span', { class: 'small time' }, answerMs === null ? '' : `${answerMs} ms · `, secondOf(at)));
}

/** The account is left out and SIDs are shortened: the whole URL stands inside. */
function pathOf(url) {
  const { pathname, search } = new URL(url);
  const short = pathname.replace(/^\/2010-04-01\/Accounts\/AC[0-9a-f]{32}/i, '').replace(/((SM|MM|CA)[0-9a-f]{4})[0-9a-f]{28}/gi, '$1…');
  return search === '' ? short : `${short}?…`;
}

/** What it is about, in a few words. */
function gistOf({ kind, form, method, url, body }) {
  const field = (name) => form.find(([given]) => given === name)?.[1] ?? '';
  const channelOf = (address) => (address.startsWith('whatsapp:') ? 'chat' : 'SMS');
  if (kind === 'hr') return JSON.parse(body).type;
  if (kind === 'voice') return voiceGist(field('Digits'), form);
  if (kind === 'status' && field('CallSid') !== '') return `call ${field('CallStatus')}`;
  if (kind === 'status') return `${channelOf(field('To'))} ${field('MessageStatus')}`;
  if (kind === 'inbound') return field('MessageType') === 'text' ? `“${field('Body')}”` : field('MessageType');
  if (/\/Typing\.json/.test(url)) return 'shows typing';
  if (/\/Calls/.test(url)) return callGist(method, url, field('To'));
  if (method !== 'POST') return { GET: /Messages\.json/.test(url) ? 'lists messages' : 'reads a message', DELETE: 'deletes a message' }[method] ?? method;
  return field('To') === '' ? 'changes a message' : `${channelOf(field('To'))}: “${field('Body')}”`;
}

function voiceGist(digits, form) {
  if (!form.some(([name]) => name === 'Digits')) return 'call answered: what now?';
  return digits === '' ? 'no key pressed: what now?' : `${digits} pressed: what now?`;
}

function callGist(method, url, to) {
  if (method === 'GET') return /Calls\.json/.test(url) ? 'lists calls' : 'reads a call';
  return to === '' ? 'changes a call' : `calls ${shownNumber(to)}`;
}

function bodyOf(exchange, again) {
  const { kind, url, signedUrl, headers, form, body, answerHeaders, answerBody, problem, alert, messageSid } = exchange;
  return el('div', { class: 'inside' },
    alert === null ? null : el('p', { class: 'alarm' }, `Twilio would log ${alert.code}: ${alert.message}`),
    problem === null || alert !== null ? null : el('p', { class: 'alarm' }, problem),
    el('h3', {}, 'Request'), el('p', { class: 'url' }, url),
    signedUrl === undefined ? null : el('p', { class: 'note' }, 'Signed as ', el('code', {}, signedUrl)),
    pairs('Headers', headers), form.length === 0 ? null : pairs(kind === 'rest' ? 'Parameters' : 'Form fields', form),
    body === undefined ? null : el('pre', { tabindex: 0, 'aria-label': 'Body of the request' }, body),
    el('h3', {}, 'Answer'), answerHeaders.length === 0 ? null : pairs('Headers', answerHeaders),
    el('pre', { tabindex: 0, 'aria-label': 'Body of the answer' }, answerBody === '' ? '(empty)' : answerBody),
    kind === 'inbound' && messageSid !== null
      ? el('p', {}, el('button', { type: 'button', onclick: () => again(messageSid) }, 'Post this message again'), ' Same SID: it must have no second effect.')
      : null);
}

function pairs(caption, entries) {
  return el('table', {}, el('caption', {}, caption), el('tbody', {}, ...entries.map(([name, value]) =>
    el('tr', { class: /^X-(Twilio|HR)-Signature$/.test(name) ? 'signature' : null }, el('th', { scope: 'row' }, name), el('td', {}, value)))));
}
