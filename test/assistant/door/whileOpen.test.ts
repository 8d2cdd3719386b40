// A turn leaves while its session is open, however long something was waited for before.
import type { Assistant, Turn, TurnMemory } from '../../../src/assistant/assistant';
import { DoorClosed, whileOpen } from '../../../src/assistant/door/whileOpen';
import { createOnBehalf } from '../../../src/services/onBehalf';
import { newMemory } from '../../ports/assistant.suite';

const turn: Turn = {
  turnId: 'SM1', conversationId: 'c-1', subject: 's-1', verifiedAt: new Date(0), assurance: 'standard', locale: 'en',
  text: 'hello',
};
const { signal } = new AbortController();

let isOpen: boolean;
let heard: string[];
let notes: string[];
let memory: TurnMemory;
/** As one that has to get a token of its own before it gives the turn, once. */
let ownToken: () => void;
const assistant: Assistant = {
  async answer({ authorization = 'nobody' }, _signal, { give }) {
    ownToken();
    await give();
    heard.push(authorization);
    return { replies: [], endTurn: true };
  },
};

beforeEach(() => {
  isOpen = true;
  heard = [];
  notes = [];
  ownToken = () => undefined;
  const plain = newMemory();
  memory = { ...plain, give: () => { notes.push('given'); return plain.give(); } };
});

const open = () => whileOpen(assistant, async () => isOpen);

test('a turn of an open session is given', async () => {
  await open().answer(turn, signal, memory);
  expect([heard, notes]).toEqual([['nobody'], ['given']]);
});

test('a turn is not given when the session ends while the speaker\'s token is waited for', async () => {
  const onBehalf = createOnBehalf({
    provider: { authorization: async () => { isOpen = false; return 'Bearer hers'; }, refused: () => undefined },
    findHolder: async (employeeId) => ({ employeeId, employeeNumber: '1', workEmail: undefined, returnedAt: null }),
  });
  const speaking = {
    employeeId: 'e-1', sessionId: 'c-1', method: 'sms', assurance: 'standard', verifiedAt: new Date(0),
  } as const;
  await expect(onBehalf(speaking, (authorization = '') => open().answer({ ...turn, authorization }, signal, memory)))
    .rejects.toThrow(DoorClosed);
  expect([heard, notes]).toEqual([[], []]);
});

test('nor when it ends while the assistant\'s own token is, and it can be given later', async () => {
  ownToken = () => { isOpen = false; };
  await expect(open().answer(turn, signal, memory)).rejects.toThrow(DoorClosed);
  expect([heard, notes]).toEqual([[], []]);
});

test('while it cannot be known, nothing is given', async () => {
  const unknown = whileOpen(assistant, () => Promise.reject(new Error('no database')));
  await expect(unknown.answer(turn, signal, memory)).rejects.toThrow('no database');
  expect([heard, notes]).toEqual([[], []]);
});
