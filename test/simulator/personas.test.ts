import { readFileSync } from 'node:fs';
import { demoPeopleFile } from '../../src/simulator/demo/people';
import { personas } from '../../src/simulator/demo/personas';
import { castOf } from '../../src/simulator/hr/cast';
import { demoStaff } from '../../src/simulator/hr/person';

const kindOf = ({ sender: { number, username, businessScopedId } }: (typeof personas)[number]) =>
  [number && 'number', username && 'username', businessScopedId && 'ID'].filter(Boolean).join(', ');

describe('the people of the page', () => {
  it('are senders of all kinds: with a number, with a number and a username, and with an ID alone', () => {
    const kinds = new Set(personas.map(kindOf));
    expect(kinds).toEqual(new Set(['number', 'number, username, ID', 'username, ID']));
  });

  it('have phones, of which those that HR registered are in HR’s list and belong to somebody who is still here', () => {
    const people = readFileSync(demoPeopleFile(), 'utf8').trim().split('\n').slice(1).map((line) => line.split(','));
    const registered = new Set(people.filter((fields) => fields.at(-1) === 'true').map(([, , , , mobile]) => mobile));
    for (const { number, registered: isRegistered } of personas.flatMap(({ phones }) => phones)) {
      expect([number, registered.has(number)]).toEqual([number, isRegistered]);
    }
  });

  it('are as the personas say until HR does something', () => {
    expect(castOf(demoStaff())).toEqual(personas);
  });
});
