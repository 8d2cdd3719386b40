// Builds elements. Text only ever becomes a text node: nothing that somebody wrote is read as markup.

/** An element: `el('p', { class: 'x', onclick: f }, 'text', child)`. Members that are null or false are left out. */
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** An icon of the size of its surroundings, from path data. */
export function icon(path, attributes = {}) {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  const shape = document.createElementNS(namespace, 'path');
  shape.setAttribute('d', path);
  svg.append(shape);
  return fill(svg, { viewBox: '0 0 24 24', 'aria-hidden': 'true', class: 'icon', ...attributes }, []);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const clockWithSeconds = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

export const timeOf = (at) => clock.format(at);
export const secondOf = (at) => clockWithSeconds.format(at);

/** "Today", "Yesterday", or the date. */
export function dayOf(at) {
  const day = new Date(at).toDateString();
  if (day === new Date().toDateString()) return 'Today';
  return day === new Date(Date.now() - 86_400_000).toDateString() ? 'Yesterday' : calendar.format(at);
}

const callingCodes = [[/^(\+44)(\d{4})(\d+)$/, '$1 $2 $3'], [/^(\+1)(\d{3})(\d{3})(\d{4})$/, '$1 $2 $3 $4'], [/^(\+49)(\d{3})(\d+)$/, '$1 $2 $3']];

/** A chat address or number as people write it. */
export function shownNumber(address) {
  const bare = (address ?? '').replace(/^whatsapp:/, '');
  const [form, groups] = callingCodes.find(([pattern]) => pattern.test(bare)) ?? [];
  return form === undefined ? bare : bare.replace(form, groups);
}

/** Two letters and a hue for a person's round picture. */
export function face(name, id) {
  const letters = name.replace(/[^\p{L}\s]/gu, '').split(/\s+/).map((word) => word[0]).join('').slice(0, 2).toUpperCase();
  return el('span', { class: `face face-${id}`, 'aria-hidden': 'true' }, letters);
}

export const paths = {
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zm0 3v5l3.2 2',
  one: 'M5 12.5l4.5 4.5L19 7',
  two: 'M2.5 12.5L7 17l9-10M12 16l1 1 9-10',
  alert: 'M12 4.5v9.5M12 18.8v.4',
  send: 'M4 12l16-8-6 16-2.8-6.8z',
  plus: 'M12 5v14M5 12h14',
  image: 'M4 6h16v12H4zM4 16l5-5 4 4 3-2.5 4 3.5M15.5 9.5v.01',
  place: 'M12 21c4-4.5 6-7.8 6-10.500a6 6 0 1 0-12 0C6 13.200 8 16.500 12 21zM12 10.500v.01',
  person: 'M12 12a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM5 20c.8-3.600 3.600-5.200 7-5.200s6.200 1.600 7 5.200',
  button: 'M5 8h14v8H5zM9 12h6',
  call: 'M6.5 4h3l1.500 4-2 1.500a11 11 0 0 0 5.500 5.500l1.500-2 4 1.500v3a2 2 0 0 1-2.200 2A16 16 0 0 1 4.500 6.200 2 2 0 0 1 6.500 4z',
  close: 'M6 6l12 12M18 6L6 18',
};
