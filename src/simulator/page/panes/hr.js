// HR's system: whom it knows, and what it does about them. Each act is told to Doorman by its signed webhook, and what
// Doorman answered stands beside it.
import { byId, el, shownNumber } from '../dom.js';

const states = { here: 'works here', absent: 'on leave', left: 'has left' };
// What became of each act: taken by Doorman, or not.
const outcomes = {
  hire: ['Hired', 'Not hired'], number: ['Number changed', 'Number not changed'], absent: ['On leave', 'Not on leave'],
  back: ['Back from leave', 'Not back'], leave: ['Has left', 'Has not left'], rehire: ['Hired again', 'Not hired again'],
};
const held = 'Codes to the new number are held for 72 hours, unless two operators confirm it. Both numbers are told by SMS.';
const languageNames = new Intl.DisplayNames(['en'], { type: 'language' });
const languages = ['en', 'de', 'es', 'fr'];

const nameOf = ({ givenName, familyName }) => `${givenName} ${familyName}`;
const factsOf = ({ id, mobile, language }) =>
  [id, mobile === '' ? 'no number' : shownNumber(mobile), language === '' ? null : languageNames.of(language)].filter(Boolean).join(' · ');

/** `ask(method, path, body)` asks HR, and gives nothing when that failed; `write(person)` opens somebody's chat. */
export function createHr({ ask, write }) {
  const list = byId('staff');
  const cards = new Map();
  const form = createHireForm(ask);
  byId('hire').replaceChildren(form.element);

  return {
    /** `staff` is null when HR is not connected: then there is no such view. */
    show(staff, people) {
      for (const tab of document.querySelectorAll('button[data-view="hr"]')) tab.hidden = staff === null;
      if (staff === null) return;
      form.begin();
      byId('hr-note').textContent = noteOf(staff);
      // Who was hired last stands first; everybody keeps their place.
      const ordered = [...staff.filter(({ isHired }) => isHired).reverse(), ...staff.filter(({ isHired }) => !isHired)];
      const ids = new Set(ordered.map(({ id }) => id));
      for (const [id, card] of cards) {
        if (ids.has(id)) continue;
        card.element.remove();
        cards.delete(id);
      }
      ordered.forEach((person, at) => {
        if (!cards.has(person.id)) cards.set(person.id, createCard(person, { ask, write }));
        const card = cards.get(person.id);
        card.refresh(person, people.find(({ employeeId }) => employeeId === person.id));
        // Only what is new is put in: an element that is moved loses the focus.
        if (list.children[at] !== card.element) list.insertBefore(card.element, list.children[at] ?? null);
      });
    },
  };
}

function noteOf(staff) {
  const count = (state) => staff.filter(({ employment }) => employment === state).length;
  return `${count('here')} work here, ${count('absent')} on leave, ${count('left')} have left`;
}

function createCard({ id, ...first }, { ask, write }) {
  const name = nameOf(first);
  const title = el('strong', { tabindex: -1 }, name);
  const facts = el('span', { class: 'facts' });
  const mark = el('span');
  const answer = el('p', { class: 'answer', role: 'status' });
  let persona;
  let isBusy = false;
  const act = async (action, body) => {
    if (isBusy) return undefined;
    isBusy = true;
    element.setAttribute('aria-busy', 'true');
    const told = await ask('POST', `people/${id}/${action}`, body);
    isBusy = false;
    element.removeAttribute('aria-busy');
    return told;
  };
  const change = createNumberForm(name, {
    propose: async () => (await ask('GET', 'number'))?.mobile,
    change: (mobile) => act('number', { mobile }),
    close: () => buttons.number.focus(),
  });
  const button = (label, onclick, attributes = {}) => el('button', { type: 'button', onclick, ...attributes }, label);
  const buttons = {
    number: button('Change number', () => change.open(), { 'aria-expanded': 'false' }),
    absent: button('On leave', () => act('absent')),
    back: button('Back', () => act('back')),
    leave: button('Leave', () => act('leave'), { class: 'danger' }),
    rehire: button('Hire again', () => act('rehire')),
  };
  const chat = button('Open chat', () => write(persona));
  const shownIn = {
    number: ['here', 'absent'], absent: ['here'], back: ['absent'], leave: ['here', 'absent'], rehire: ['left'],
  };
  const element = el('li', { class: 'staffer', 'aria-label': name },
    el('header', {}, el('div', {}, title, facts), el('div', { class: 'side' }, mark, chat)),
    el('div', { class: 'acts', role: 'group', 'aria-label': `What HR does about ${name}` }, ...Object.values(buttons)),
    change.element, answer);
  return {
    element,
    refresh(person, itsPersona) {
      persona = itsPersona;
      const focused = document.activeElement;
      element.dataset.state = person.employment;
      facts.textContent = factsOf(person);
      mark.className = person.employment === 'here' ? 'mark good' : 'mark';
      mark.textContent = states[person.employment];
      for (const [action, where] of Object.entries(shownIn)) buttons[action].hidden = !where.includes(person.employment);
      chat.hidden = persona === undefined;
      if (person.employment === 'left') change.element.hidden = true;
      showAnswer(answer, person.answer);
      // A button that is gone takes the focus with it: whoever used it stays with this person.
      if (element.contains(focused) && focused.getClientRects().length === 0) title.focus();
    },
  };
}

/** The form in which a new number is given: one that nobody has is there already. */
function createNumberForm(name, { propose, change, close }) {
  const input = el('input', { type: 'tel', name: 'mobile', autocomplete: 'off', 'aria-label': `New number of ${name}` });
  const hide = () => {
    element.hidden = true;
    opener()?.setAttribute('aria-expanded', 'false');
  };
  const opener = () => element.parentElement?.querySelector('[aria-expanded]');
  const element = el('form', {
    class: 'number', hidden: true, novalidate: true,
    onsubmit: async (event) => {
      event.preventDefault();
      const told = await change(input.value.replace(/[\s()-]/g, ''));
      if (told?.answer.isTaken !== true) return;
      hide();
      close();
    },
    onkeydown: (event) => {
      if (event.key !== 'Escape') return;
      hide();
      close();
    },
  },
  el('div', { class: 'line-of' }, input, el('button', { type: 'submit', class: 'main' }, 'Change'),
    el('button', { type: 'button', onclick: () => { hide(); close(); } }, 'Keep')),
  el('p', { class: 'aside' }, held));
  return {
    element,
    async open() {
      const mobile = await propose();
      if (mobile !== undefined) input.value = mobile;
      element.hidden = false;
      opener()?.setAttribute('aria-expanded', 'true');
      input.focus();
      input.select();
      element.scrollIntoView({ block: 'nearest' });
    },
  };
}

const fields = [
  ['givenName', 'Given name', 'text'], ['familyName', 'Family name', 'text'], ['id', 'Employee ID', 'text'],
  ['mobile', 'Mobile number', 'tel'], ['email', 'E-mail', 'email'],
];

/** One click hires whom HR proposes; everything about them can be changed before. */
function createHireForm(ask) {
  const inputs = new Map(fields.map(([name, , type]) => [name, el('input', { type, name, autocomplete: 'off' })]));
  inputs.set('language', el('select', { name: 'language' },
    ...languages.map((code) => el('option', { value: code }, languageNames.of(code)))));
  const title = el('strong');
  const facts = el('span', { class: 'facts' });
  const answer = el('p', { class: 'answer', role: 'status' });
  const applicant = () => Object.fromEntries([...inputs].map(([name, input]) => [name, input.value.trim()]));
  const drawGist = () => {
    const known = applicant();
    title.textContent = nameOf(known);
    facts.textContent = factsOf(known);
  };
  const renew = async () => {
    const proposed = await ask('GET', 'applicant');
    if (proposed === undefined) return;
    for (const [name, input] of inputs) input.value = proposed[name];
    drawGist();
  };
  let isBusy = false;
  const hire = async () => {
    if (isBusy) return;
    isBusy = true;
    const known = applicant();
    const told = await ask('POST', 'people', { ...known, mobile: known.mobile.replace(/[\s()-]/g, '') });
    isBusy = false;
    if (told === undefined) return;
    showAnswer(answer, told.answer, told.person === undefined ? undefined : nameOf(told.person));
    if (told.person !== undefined) await renew();
  };
  const element = el('form', {
    class: 'applicant', novalidate: true, oninput: drawGist,
    onsubmit: (event) => { event.preventDefault(); void hire(); },
  },
  el('header', {}, el('div', {}, title, facts), el('button', { type: 'submit', class: 'main' }, 'Hire')),
  el('details', {}, el('summary', {}, 'Change before hiring'),
    el('div', { class: 'fields' }, ...[...fields, ['language', 'Language']].map(([name, label]) =>
      el('label', {}, el('span', {}, label), inputs.get(name)))),
    el('button', { type: 'button', onclick: () => void renew() }, 'Somebody else')),
  answer);
  let hasBegun = false;
  return {
    element,
    begin() {
      if (hasBegun) return;
      hasBegun = true;
      void renew();
    },
  };
}

/** What Doorman said, and how long it took. Said once: what stands there already is not read out again. */
function showAnswer(element, answer, who) {
  const key = answer === null ? '' : `${answer.at} ${answer.action} ${answer.answerMs}`;
  if (element.dataset.shown === key) return;
  element.dataset.shown = key;
  element.className = answer === null ? 'answer' : `answer ${answer.isTaken ? 'good' : 'bad'}`;
  if (answer === null) return element.replaceChildren();
  const { action, isTaken, status, answerMs, sentence } = answer;
  const what = outcomes[action][isTaken ? 0 : 1];
  element.replaceChildren(
    el('strong', {}, who === undefined ? what : `${what}: ${who}`),
    ` · ${status ?? 'no answer'} in ${answerMs} ms. ${sentence}`,
    isTaken && action === 'number' ? ` ${held}` : '');
}
