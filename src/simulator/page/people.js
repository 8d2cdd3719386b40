// "Who are you?": the list of people, who of them is chosen, and for whom something new has come.
import { byId, el, face, shownNumber } from './dom.js';

/** Draws the list. `choose` is called with the person that somebody picks. */
export function createPeople(choose) {
  const now = byId('person-now');
  const options = byId('person-options');
  const setOpen = (open) => {
    byId('people').classList.toggle('open', open);
    now.setAttribute('aria-expanded', String(open));
  };
  now.addEventListener('click', () => setOpen(now.getAttribute('aria-expanded') !== 'true'));
  document.addEventListener('keydown', (event) => event.key === 'Escape' && setOpen(false));
  document.addEventListener('click', (event) => byId('people').contains(event.target) || setOpen(false));
  const badges = new Map();

  return {
    draw(people, chosen) {
      badges.clear();
      options.replaceChildren(...people.map((person) => {
        const badge = el('b', { class: 'badge', hidden: true });
        badges.set(person.id, badge);
        const radio = el('input', {
          type: 'radio', name: 'person', value: person.id, checked: person.id === chosen.id,
          onchange: () => choose(person),
          // Arrow keys click as well, but with no pointer: they leave the list open and the focus where it is.
          onclick: ({ detail }) => {
            if (detail === 0) return;
            setOpen(false);
            if (matchMedia('(pointer: fine)').matches) byId('draft').focus();
          },
        });
        return el('label', { class: 'person' }, radio, face(person.name, person.id),
          el('span', { class: 'who' }, el('strong', {}, person.name), el('span', {}, person.about)), badge);
      }));
    },
    show(person) {
      now.replaceChildren(face(person.name, person.id),
        el('span', { class: 'who' }, el('strong', {}, person.name), el('span', {}, person.about)),
        el('span', { class: 'caret', 'aria-hidden': 'true' }));
      now.setAttribute('aria-label', `You are ${person.name}. ${person.about} Change`);
      const radio = options.querySelector(`input[value="${CSS.escape(person.id)}"]`);
      if (radio !== null) radio.checked = true;
      this.badge(person.id, 0);
    },
    /** Says how much is new for a person who is not looked at. */
    badge(id, count) {
      const badge = badges.get(id);
      if (badge === undefined) return;
      badge.hidden = count === 0;
      badge.textContent = count === 0 ? '' : String(count);
      badge.title = `${count} new`;
    },
  };
}

/** How a person is seen by Doorman. */
export function appearance(person) {
  if (!/\+\d/.test(person.address)) return `${person.username ?? person.profileName} · number hidden`;
  return shownNumber(person.address);
}
