// What journeys of assistants share that do twice what they are told twice.
import { readFileSync } from 'node:fs';
import type { Stack } from '../stack';
import { Person } from '../stand/person';
import { employees } from '../stand/story';

export const { people, csv } = employees(3);
// A try that follows a killed one must not say that it takes long just before it says that there is no answer.
export const policy = { replyQuantumMs: 0, stillWorkingAfterMs: 60_000 };

export async function verified(stack: Stack, nth: number): Promise<Person> {
  const { id, number } = people[nth]!;
  const person = new Person(stack.phones, { profileName: id, number }, number);
  await person.say(`my id is ${id}`);
  await person.readsText('codeSent', { minutes: 5 });
  await person.say(await person.code());
  await person.readsText('verified');
  return person;
}

/** Something that is held until it is let go, and tells when it was reached. */
export function gate() {
  let reach = () => {};
  let open = () => {};
  const reached = new Promise<void>((resolve) => { reach = resolve; });
  const opened = new Promise<void>((resolve) => { open = resolve; });
  return { reached, open: () => open(), pass: () => { reach(); return opened; } };
}

/** The person writes, and the worker dies while the assistant thinks; what was read of it in the end. */
export async function killedWhileThinking(stack: Stack, person: Person, thinking: ReturnType<typeof gate>): Promise<string[]> {
  const before = person.replies().length;
  await person.say('cancel my order');
  await thinking.reached;
  await stack.parts.worker.kill();
  await stack.parts.worker.start();
  await person.readsText('assistantUnavailable');
  thinking.open();
  await stack.atRest();
  return person.replies().slice(before);
}

export const numbered = (count: number) => Array.from({ length: count }, (_, n) => `reply ${n}`);
export const logsOf = (stack: Stack) => stack.logFiles().map((file) => readFileSync(file, 'utf8')).join('\n');
