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
  readonly name: string;
  /** One line on what is special about this person. */
  readonly about: string;
  readonly sender: Sender;
  readonly phones: readonly Phone[];
  readonly mailboxes: readonly Mailbox[];
  /** What to write, in this order. */
  readonly suggestions: readonly string[];
}

const question = 'What is the status of purchase order 4500000001?';
const mayasPhone: Phone = { number: '+12025550123', registered: true, label: 'Maya’s work phone' };
const mayasMailbox: Mailbox = { address: 'maya.lindqvist@example.com', registered: true };

export const personas: readonly Persona[] = [
  {
    id: 'employee',
    name: 'Maya Lindqvist',
    about: 'Employee 144133, on the number that HR knows.',
    sender: { profileName: 'Maya Lindqvist', number: '+12025550123' },
    phones: [mayasPhone],
    mailboxes: [mayasMailbox],
    suggestions: [question, 'my id is 144133'],
  },
  {
    id: 'private',
    name: 'Maya, private phone',
    about: 'Employee 144133 on a number that HR has never seen.',
    sender: {
      profileName: 'maya ✨', number: '+12025550171', businessScopedId: 'US.2000000000000042', username: 'maya.l',
    },
    phones: [mayasPhone, { number: '+12025550171', registered: false, label: 'Maya’s private phone' }],
    mailboxes: [mayasMailbox],
    suggestions: [question, 'my id is 144133'],
  },
  {
    id: 'departed',
    name: 'Noel Adeyemi',
    about: 'Was employee 152760 and has left the company.',
    sender: { profileName: 'Noel A.', number: '+12025550160' },
    phones: [{ number: '+12025550160', registered: false, label: 'Noel’s phone' }],
    mailboxes: [{ address: 'noel.adeyemi@example.com', registered: false }],
    suggestions: [question, 'my id is 152760'],
  },
  {
    id: 'stranger',
    name: 'A stranger',
    about: 'Never worked here, but has heard of ID 144133.',
    sender: { profileName: 'J. Doe', number: '+12025550199' },
    phones: [{ number: '+12025550199', registered: false, label: 'The stranger’s phone' }],
    mailboxes: [],
    suggestions: [question, 'my id is 144133'],
  },
  {
    id: 'username',
    name: 'Tomás Ferreira',
    about: 'Employee 144207 who hides the number: only a BSUID arrives.',
    sender: { profileName: 'Tomás', businessScopedId: 'PT.3100000000000077', username: 'tomas.f' },
    phones: [{ number: '+12025550107', registered: true, label: 'Tomás’s work phone' }],
    mailboxes: [{ address: 'tomas.ferreira@example.com', registered: true }],
    suggestions: [question, 'my id is 144207'],
  },
  {
    id: 'german',
    name: 'Jonas Weidmann',
    about: 'Employee 150322, whose language is German.',
    sender: { profileName: 'Jonas Weidmann', number: '+491713920042' },
    phones: [{ number: '+491713920042', registered: true, label: 'Jonas’s phone' }],
    mailboxes: [{ address: 'jonas.weidmann@example.com', registered: true }],
    suggestions: ['Wie ist der Stand der Bestellung 4500000001?', 'Meine Personalnummer ist 150322'],
  },
  {
    id: 'phoneless',
    name: 'Daniel Novak',
    about: 'Employee 160255, for whom HR has a mailbox and no number.',
    sender: { profileName: 'Daniel', number: '+12025550132' },
    phones: [{ number: '+12025550132', registered: false, label: 'Daniel’s phone, unknown to HR' }],
    mailboxes: [{ address: 'daniel.novak@example.com', registered: true }],
    suggestions: [question, 'my id is 160255'],
  },
];

/** The persona of that id, if there is one. */
export function findPersona(id: string): Persona | undefined {
  return personas.find((persona) => persona.id === id);
}
