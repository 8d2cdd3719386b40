// The switches that make the simulated Twilio misbehave.
import { byId, el } from './dom.js';

const fields = [
  ['deliver', 'Phones are off', 'Messages are accepted but not delivered until this is turned back.', 'inverse'],
  ['apiStatus', 'Twilio’s API answers', 'Instead of doing what it was asked.', [[null, 'normally'], [429, '429 Too Many Requests'], [500, '500 Internal error'], [503, '503 Unavailable']]],
  ['apiRetryAfterSeconds', 'Retry-After of a 429', 'How long Doorman is asked to wait.', [[1, '1 s'], [5, '5 s'], [30, '30 s']]],
  ['apiDelayMs', 'Twilio’s API is slow', 'Each call waits first.', [[0, 'no'], [1000, '1 s'], [5000, '5 s'], [12000, '12 s']]],
  ['apiLosesAnswers', 'Twilio’s answers get lost', 'The call is done, but Doorman cannot know.'],
  ['webhookCopies', 'Messages arrive', 'How often each webhook is posted.', [[1, 'once'], [2, 'twice'], [5, 'five times']]],
  ['webhookDropped', 'Webhooks are dropped', 'Twilio has the message, Doorman is not told.'],
  ['webhookBadSignature', 'Signatures are wrong', 'Doorman has to answer 403.'],
];

/** `change(faults)` asks the simulator; `clear()` turns everything back. */
export function createFaults(change, clear) {
  const dialog = byId('faults');
  const controls = new Map();
  byId('open-faults').addEventListener('click', () => dialog.showModal());
  byId('clear-faults').addEventListener('click', clear);
  byId('fault-switches').append(...fields.map(([name, label, about, kind]) => {
    const control = Array.isArray(kind) ? choice(name, kind, change) : toggle(name, kind === 'inverse', change);
    controls.set(name, control);
    return el('label', { class: 'switch' }, el('span', {}, el('strong', {}, label), el('span', {}, about)), control.element);
  }));
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
