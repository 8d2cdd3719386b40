// Invented employees, each writing from the number that the directory has: known senders, who get six digits.
import { writeFileSync } from 'node:fs';

export interface Person {
  readonly employeeId: string;
  /** E.164. */
  readonly number: string;
}

/** What the directory says of somebody. */
export interface Listed extends Person {
  /** Whether they work here: true by default. */
  readonly active?: boolean;
  /** Whether a code can reach them, by telephone or e-mail: true by default. */
  readonly reachable?: boolean;
}

export interface People {
  readonly all: readonly Person[];
  /** The next one who has not written yet. */
  next(): Person;
}

// 07400 000000 and on: British mobile numbers by their form; nothing is ever sent to them.
const firstNumber = 447_400_000_000;
const firstId = 100_000;

/** `count` people from the `first`-th on: two services that share a telephone network get different ones. */
export function createPeople(first: number, count: number): People {
  const all = Array.from({ length: count }, (_, index) => ({
    employeeId: String(firstId + first + index), number: `+${firstNumber + first + index}` }));
  let taken = 0;
  return {
    all,
    next() {
      const person = all[taken++];
      if (person === undefined) throw new Error(`all ${count} invented people have written already`);
      return person;
    },
  };
}

/** Writes the directory that `doorman directory import` reads. */
export function writeDirectory(path: string, people: readonly Listed[]): void {
  const rows = people.map(({ employeeId, number, active = true, reachable = true }) => {
    const contacts = reachable ? `jo.tester.${employeeId}@example.com,${number}` : ',';
    return `${employeeId},Jo,Tester,${contacts},en,${active}
`;
  });
  writeFileSync(path, `employee_id,given_name,family_name,email,mobile,language,active
${rows.join('')}`);
}
