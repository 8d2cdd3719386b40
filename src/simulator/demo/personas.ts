// Who a person can be on the page: a chat address, phones and mailboxes, and what to try.
import type { Sender } from '../webhooks/inboundParameters';

export interface Phone {
  readonly number: string;
  /** Whether HR has this number for an employee who is still here: only then can a code arrive on it. */
  readonly registered: boolean;
  readonly label: string;
}

export interface Mailbox {
  readonly address: string;
  /** As for a phone. */
  readonly registered: boolean;
}

export interface Persona {
  readonly id: string;
  /** Whom HR knows by it; a stranger has none. */
  readonly employeeId?: string;
  readonly name: string;
  /** One line on what is special about this person. */
  readonly about: string;
  readonly sender: Sender;
  readonly phones: readonly Phone[];
  readonly mailboxes: readonly Mailbox[];
  /** What to write, in this order. */
  readonly suggestions: readonly string[];
}

/** A question, and the answer to who asks. */
export function employeeSuggestions(id: string, language: string): string[] {
  return language === 'de'
    ? ['Wie ist der Stand der Bestellung 4500000001?', `Meine Personalnummer ist ${id}`]
    : ['What is the status of purchase order 4500000001?', `my id is ${id}`];
}

const mayasPhone: Phone = { number: '+12025550123', registered: true, label: 'Maya’s work phone' };
const mayasMailbox: Mailbox = { address: 'maya.lindqvist@example.com', registered: true };

export const personas: readonly Persona[] = [
  {
    id: 'employee',
    employeeId: '144133',
    name: 'Maya Lindqvist',
    about: 'Employee 144133, on the number that HR knows.',
    sender: { profileName: 'Maya Lindqvist', number: '+12025550123' },
    phones: [mayasPhone],
    mailboxes: [mayasMailbox],
    suggestions: employeeSuggestions('144133', 'en'),
  },
  {
    id: 'private',
    employeeId: '144133',
    name: 'Maya, private phone',
    about: 'Employee 144133 on a number that HR has never seen.',
    sender: {
      profileName: 'maya ✨', number: '+12025550171', businessScopedId: 'US.2000000000000042', username: 'maya.l',
    },
    phones: [mayasPhone, { number: '+12025550171', registered: false, label: 'Maya’s private phone' }],
    mailboxes: [mayasMailbox],
    suggestions: employeeSuggestions('144133', 'en'),
  },
  {
    id: 'departed',
    employeeId: '152760',
    name: 'Noel Adeyemi',
    about: 'Was employee 152760 and has left the company.',
    sender: { profileName: 'Noel A.', number: '+12025550160' },
    phones: [{ number: '+12025550160', registered: false, label: 'Noel’s phone' }],
    mailboxes: [{ address: 'noel.adeyemi@example.com', registered: false }],
    suggestions: employeeSuggestions('152760', 'en'),
  },
  {
    id: 'stranger',
    name: 'A stranger',
    about: 'Never worked here, but has heard of ID 144133.',
    sender: { profileName: 'J. Doe', number: '+12025550199' },
    phones: [{ number: '+12025550199', registered: false, label: 'The stranger’s phone' }],
    mailboxes: [],
    suggestions: employeeSuggestions('144133', 'en'),
  },
  {
    id: 'username',
    employeeId: '144207',
    name: 'Tomás Ferreira',
    about: 'Employee 144207 who hides the number: only a BSUID arrives.',
    sender: { profileName: 'Tomás', businessScopedId: 'PT.3100000000000077', username: 'tomas.f' },
    phones: [{ number: '+12025550107', registered: true, label: 'Tomás’s work phone' }],
    mailboxes: [{ address: 'tomas.ferreira@example.com', registered: true }],
    suggestions: employeeSuggestions('144207', 'en'),
  },
  {
    id: 'german',
    employeeId: '150322',
    name: 'Jonas Weidmann',
    about: 'Employee 150322, whose language is German.',
    sender: { profileName: 'Jonas Weidmann', number: '+491713920042' },
    phones: [{ number: '+491713920042', registered: true, label: 'Jonas’s phone' }],
    mailboxes: [{ address: 'jonas.weidmann@example.com', registered: true }],
    suggestions: employeeSuggestions('150322', 'de'),
  },
  {
    id: 'phoneless',
    employeeId: '160255',
    name: 'Daniel Novak',
    about: 'Employee 160255, for whom HR has a mailbox and no number.',
    sender: { profileName: 'Daniel', number: '+12025550132' },
    phones: [{ number: '+12025550132', registered: false, label: 'Daniel’s phone, unknown to HR' }],
    mailboxes: [{ address: 'daniel.novak@example.com', registered: true }],
    suggestions: employeeSuggestions('160255', 'en'),
  },
];

/** The persona of that id, as the demo begins. */
export function findPersona(id: string): Persona | undefined {
  return personas.find((persona) => persona.id === id);
}
