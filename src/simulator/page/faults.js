// The switches that make the simulated Twilio and the mail server misbehave.
import { byId, el } from './dom.js';

const delays = [[0, 'no'], [1000, '1 s'], [5000, '5 s'], [14000, '14 s'], [60000, '60 s']];
const copies = [[1, 'once'], [2, 'twice'], [5, 'five times']];

const groups = [
  ['Telephones', [
    ['deliver', 'Phones are off', 'Messages are accepted but not delivered until this is turned back.', 'inverse'],
    ['smsError', 'SMS', 'What the carrier reports of each.', [[null, 'arrive'], [30003, 'fail: phone off (30003)'], [30005, 'fail: unknown number (30005)'], [30006, 'fail: landline (30006)'], [30007, 'fail: filtered (30007)']]],
    ['telephones', 'Calls', 'What happens when a phone is called.', [['person', 'ring'], ['busy', 'busy'], ['no-answer', 'nobody answers'], ['failed', 'cannot be reached'], ['voicemail', 'voicemail answers']]],
    ['blockedPrefix', 'Countries', 'Whether Twilio may text and call there (21408, 21215).', [[null, 'all allowed'], ['+1', 'not +1'], ['+49', 'not +49']]],
  ]],
  ['WhatsApp’s rules', [
    ['windowSeconds', 'Who wrote may be answered', 'Later messages fail with 63016, told by callback.', [[86400, 'for 24 hours'], [60, 'for a minute'], [0, 'never'], [null, 'for ever']]],
    ['pairBurst', 'Messages to one person', 'Then one in 6 s; more fail with 63018.', [[45, '45 at once'], [3, '3 at once'], [null, 'any number']]],
    ['sandbox', 'The sender is a Sandbox', 'Only who wrote “join …” may be answered (63015).'],
  ]],
  ['Twilio’s API', [
    ['apiStatus', 'Twilio’s API answers', 'Instead of doing what it was asked.', [[null, 'normally'], [400, '400 Bad request'], [401, '401 Unauthorised'], [429, '429 Too Many Requests'], [500, '500 Internal error'], [503, '503 Unavailable']]],
    ['apiRetryAfterSeconds', 'Retry-After of a 429', 'How long Doorman is asked to wait.', [[1, '1 s'], [5, '5 s'], [30, '30 s']]],
    ['apiDelayMs', 'Twilio’s API is slow', 'Each call waits first.', delays],
    ['apiLosesAnswers', 'Twilio’s answers get lost', 'The call is done, but Doorman cannot know.'],
  ]],
  ['What Doorman is told', [
    ['webhookCopies', 'Messages arrive', 'How often each webhook is posted.', copies],
    ['webhookDropped', 'Webhooks are dropped', 'Twilio has the message, Doorman is not told.'],
    ['webhookDelayMs', 'Webhooks are late', 'Each message waits first.', delays],
    ['webhookReordered', 'Webhooks change places', 'Of two messages, the later arrives first.'],
    ['statusCopies', 'Statuses are told', 'How often each callback is posted.', [...copies, [0, 'never']]],
    ['statusDelayMs', 'Statuses are late', 'Each callback waits first.', delays],
    ['statusReordered', 'Statuses change places', 'Of two callbacks, the later arrives first.'],
    ['statusSkipped', 'Statuses are skipped', 'Read without delivered, delivered without sent.'],
    ['webhookBadSignature', 'Signatures are wrong', 'Doorman has to answer 403.'],
  ]],
  ['Mail', [
    ['mail', 'The mail server', 'What it does with a code or notice by e-mail.', [[null, 'takes it'], ['noMailbox', 'knows no mailbox: 550'], ['greylist', 'wants it a second time: 451'], ['busy', 'is busy: 421'], ['login', 'refuses the login: 535'], ['silent', 'takes it, then is silent'], ['lost', 'takes it, then hangs up']]],
  ]],
];

/** `change(faults)` asks the simulator; `clear()` turns everything back. */
export function createFaults(change, clear) {
  const dialog = byId('faults');
  const controls = new Map();
  byId('open-faults').addEventListener('click', () => dialog.showModal());
  byId('clear-faults').addEventListener('click', clear);
  const rowOf = ([name, label, about, kind]) => {
    const control = Array.isArray(kind) ? choice(name, kind, change) : toggle(name, kind === 'inverse', change);
    controls.set(name, control);
    return el('label', { class: 'switch' }, el('span', {}, el('strong', {}, label), el('span', {}, about)), control.element);
  };
  byId('fault-switches').append(...groups.map(([title, fields]) =>
    el('fieldset', {}, el('legend', {}, title), ...fields.map(rowOf))));
  return {
    show(faults) {
      let active = 0;
      for (const [name, control] of controls) if (control.set(faults[name]) && name !== 'apiRetryAfterSeconds') active += 1;
      byId('fault-count').hidden = active === 0;
      byId('fault-count').textContent = String(active);
      byId('open-faults').classList.toggle('on', active > 0);
    },
  };
}

function toggle(name, isInverse, change) {
  const element = el('input', { type: 'checkbox', role: 'switch', onchange: () => change({ [name]: element.checked !== isInverse }) });
  return {
    element,
    set(value) {
      element.checked = value !== isInverse;
      return element.checked;
    },
  };
}

function choice(name, options, change) {
  const element = el('select', { onchange: () => change({ [name]: options[element.selectedIndex][0] }) },
    ...options.map(([, label]) => el('option', {}, label)));
  return {
    element,
    set(value) {
      element.selectedIndex = Math.max(0, options.findIndex(([option]) => option === value));
      return element.selectedIndex > 0;
    },
  };
}
