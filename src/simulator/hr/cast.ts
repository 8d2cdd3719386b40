// Whom one can be on the page: the personas, with the telephones and mailboxes that HR has of them by now, and whoever
// HR has told of besides.
import { employeeSuggestions, personas } from '../demo/personas';
import type { Persona, Phone } from '../demo/personas';
import type { HrPerson } from './person';

/** Everybody of the page, as HR's list now is. */
export function castOf(staff: readonly HrPerson[]): Persona[] {
  const registered = registeredContacts(staff);
  const played = new Set(personas.map(({ employeeId }) => employeeId));
  const others = staff.filter(({ id, version }) => version > 0 && !played.has(id));
  return [
    ...personas.map((persona) => inHrsWords(persona, staff.find(({ id }) => id === persona.employeeId))),
    ...others.filter(({ numbers }) => numbers.length > 0).map(personaOf),
  ].map((persona) => ({
    ...persona,
    phones: persona.phones.map((phone) => ({ ...phone, registered: registered.has(phone.number) })),
    mailboxes: persona.mailboxes.map((mailbox) => ({ ...mailbox, registered: registered.has(mailbox.address) })),
  }));
}

/** The one of that id, if there is one. */
export function findInCast(staff: readonly HrPerson[], id: string): Persona | undefined {
  return castOf(staff).find((persona) => persona.id === id);
}

/** Where codes can arrive: numbers and addresses that HR has of somebody who works here. */
function registeredContacts(staff: readonly HrPerson[]): ReadonlySet<string> {
  const here = staff.filter(({ employment }) => employment === 'here');
  return new Set(here.flatMap(({ mobile, email }) => [mobile, email]));
}

/** A persona with the telephones that came since; what is special about them is what HR did, if it did anything. */
function inHrsWords(persona: Persona, person: HrPerson | undefined): Persona {
  if (person === undefined || person.version === 0) return persona;
  const added = person.numbers.filter((number) => !persona.phones.some((phone) => phone.number === number));
  return {
    ...persona, about: aboutOf(person),
    phones: [...persona.phones, ...added.map((number) => telephone(person, number, true))],
  };
}

function personaOf(person: HrPerson): Persona {
  const { id, givenName, familyName, email, numbers, language } = person;
  const name = `${givenName} ${familyName}`;
  return {
    id: `hr-${id}`, employeeId: id, name, about: aboutOf(person),
    // WhatsApp stays on the number that it was set up with.
    sender: { profileName: name, number: numbers[0]! }, // castOf leaves out who has none
    phones: numbers.map((number, at) => telephone(person, number, at > 0)),
    mailboxes: email === '' ? [] : [{ address: email, registered: false }],
    suggestions: employeeSuggestions(id, language),
  };
}

function telephone({ givenName }: HrPerson, number: string, isLater: boolean): Phone {
  const label = isLater ? `${givenName}’s phone ending ${number.slice(-4)}` : `${givenName}’s phone`;
  return { number, registered: false, label };
}

function aboutOf({ id, employment, isHired, numbers }: HrPerson): string {
  if (employment === 'left') return `Was employee ${id} and has left the company.`;
  if (employment === 'absent') return `Employee ${id}, on leave.`;
  if (numbers.length > 1) return `Employee ${id}, whose number HR has changed.`;
  return isHired ? `Employee ${id}, hired by HR on this page.` : `Employee ${id}, of whom HR has told here.`;
}
