// One whole conversation as a script: what is written step by step, and exactly what must be read, disturbed or not.
import { replyTo } from '../../../src/assistant/demo/orderReplies';
import { Person, wrongCode } from './person';
import { words } from './phones';
import type { Phones, Shown } from './phones';

export const steps = ['question', 'id', 'wrong code', 'right code', 'relayed message', 'logout'] as const;
export type Step = (typeof steps)[number];

const firstQuestion = 'What is the status of purchase order 4500000001?';
const secondQuestion = 'and of 4500000002?';

const repliesTo: Record<Step, readonly string[]> = {
  'question': [words('askIdentifier')],
  'id': [words('codeSent', { minutes: 5 })],
  'wrong code': [words('wrongCode', { triesLeft: 4 })],
  'right code': [words('verified'), ...replyTo(firstQuestion, 'en')],
  'relayed message': replyTo(secondQuestion, 'en'),
  'logout': [words('sessionEndedByLogout')],
};

/** An employee of a test directory: the number is both the registered one and the one written from. */
export interface Employee {
  readonly id: string;
  readonly number: string;
}

/** Employees with numbers of their own, and the directory that holds them. */
export function employees(count: number): { people: Employee[]; csv: string } {
  const people = Array.from({ length: count }, (_, n) => ({ id: `E-${70_001 + n}`, number: `+1202555${2_000 + n}` }));
  const rows = people.map(({ id, number }, n) => `${id},Given${n},Family${n},person${n}@example.com,${number},en,true`);
  return { people, csv: ['employee_id,given_name,family_name,email,mobile,language,active', ...rows, ''].join('\n') };
}

export class Story {
  readonly person: Person;
  /** The message of each step that was begun. */
  readonly sids: string[] = [];
  private code: string | undefined;

  constructor(readonly phones: Phones, readonly employee: Employee) {
    this.person = new Person(phones, { profileName: employee.id, number: employee.number }, employee.number);
  }

  /** The step that comes next; undefined after the last one. */
  get next(): Step | undefined {
    return steps[this.sids.length];
  }

  /** What must have been read when every step that was begun is settled. */
  expected(): string[] {
    return steps.slice(0, this.sids.length).flatMap((step) => repliesTo[step]);
  }

  /** What the assistant must have been asked: message and words. */
  questions(): [sid: string, text: string][] {
    return [[this.sids[0]!, firstQuestion], [this.sids[steps.indexOf('relayed message')]!, secondQuestion]];
  }

  /** Goes on, undisturbed, until `step` is the next. */
  async runTo(step: Step | undefined): Promise<void> {
    while (this.next !== step) {
      await this.begin();
      await this.settle();
    }
    await this.readCode();
  }

  /** Writes the next message and does not wait for anything. */
  async begin(): Promise<Shown> {
    const message = await this.phones.write(this.person.who, this.textOf(this.next!));
    this.sids.push(message.sid);
    return message;
  }

  /** Has the last message taken, by the operator's "resend" where its webhook failed, and reads the replies to it. */
  async settle(): Promise<{ resends: number }> {
    const sid = this.sids.at(-1)!;
    let message = await this.phones.posted(sid);
    let resends = 0;
    for (; message.posting !== 'taken' && resends < 5; resends += 1) message = await this.phones.resend(sid);
    if (message.posting !== 'taken') throw new Error(`${this.stepOf(sid)}: not taken: ${message.problem}`);
    const expected = this.expected().length;
    const areThere = () => this.person.replies().length >= expected || undefined;
    await this.phones.until(`${this.employee.id}: the replies to ${this.stepOf(sid)}`, areThere);
    await this.readCode();
    return { resends };
  }

  stepOf(sid: string): Step {
    return steps[this.sids.indexOf(sid)]!;
  }

  private async readCode(): Promise<void> {
    if (this.code === undefined && this.sids.length > steps.indexOf('id')) this.code = await this.person.code();
  }

  private textOf(step: Step): string {
    switch (step) {
      case 'question': return firstQuestion;
      case 'id': return `my id is ${this.employee.id}`;
      case 'wrong code': return wrongCode(this.code!);
      case 'right code': return `${this.code!} is my otp`;
      case 'relayed message': return secondQuestion;
      case 'logout': return 'LOGOUT';
    }
  }
}
