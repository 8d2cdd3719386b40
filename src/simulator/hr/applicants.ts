// Invented people to hire, so that one click is enough: with an ID and a number that nobody has. The numbers are of the
// range that the North American plan reserves for fiction.
import { randomInt } from 'node:crypto';
import { languages } from './person';
import type { HrPerson, Particulars } from './person';

const givenNames = ['Amara', 'Bilal', 'Clara', 'Dmitri', 'Elif', 'Farid', 'Greta', 'Hugo', 'Ines', 'Jamal', 'Kenji',
  'Lena', 'Mateo', 'Nadia', 'Oscar', 'Paloma', 'Rania', 'Simon', 'Thea', 'Yusuf'] as const;
const familyNames = ['Adler', 'Bauer', 'Castillo', 'Dubois', 'Eriksen', 'Fischer', 'Garnier', 'Haddad', 'Ivanov',
  'Jensen', 'Keller', 'Laurent', 'Mbeki', 'Nakamura', 'Okafor', 'Petrov', 'Quintana', 'Romero', 'Silva',
  'Weber'] as const;
const areas = ['202', '212', '312', '415', '617', '713'] as const;

/** Somebody who could be hired. `taken` are numbers of telephones of others. */
export function inventApplicant(staff: readonly HrPerson[], taken: ReadonlySet<string>): Particulars {
  const ids = new Set(staff.map(({ id }) => id));
  const givenName = oneOf(givenNames);
  const familyName = oneOf(familyNames);
  const id = firstNew(() => String(randomInt(170_000, 200_000)), ids);
  return {
    id, givenName, familyName,
    // Of two with the same name, each has a mailbox.
    email: `${givenName}.${familyName}.${id.slice(-3)}@example.com`.toLowerCase(),
    mobile: inventNumber(taken), language: oneOf(languages),
  };
}

/** A number that nobody has. */
export function inventNumber(taken: ReadonlySet<string>): string {
  return firstNew(() => `+1${oneOf(areas)}55501${String(randomInt(100)).padStart(2, '0')}`, taken);
}

const triesMax = 10_000;

function firstNew(invent: () => string, taken: ReadonlySet<string>): string {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const invented = invent();
    if (!taken.has(invented)) return invented;
  }
  throw new RangeError('there are no more numbers for invented people');
}

function oneOf<T>(values: readonly T[]): T {
  return values[randomInt(values.length)]!; // there is at least one
}
