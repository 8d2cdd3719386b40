// What HR tells Doorman: an event of its own form about one person, signed over id, time and body as docs/partners.md
// says. Written from there and not from Doorman's code, so that agreement of the two means something.
import { createHmac } from 'node:crypto';
import type { Parameters } from '../webhooks/signature';
import type { HrPerson } from './person';

/** As HR names its events. */
export type EventType = 'worker.hired' | 'worker.changed' | 'worker.left' | 'worker.rehired';

/** The whole person each time, but of a leaver: there is nothing more to say. */
export function eventBody(type: EventType, person: HrPerson): string {
  const { id, givenName, familyName, email, mobile, language, version, employment } = person;
  const worker = type === 'worker.left' ? { number: id } : {
    number: id, name: { given: givenName, family: familyName }, contact: { email, mobile }, language,
    status: employment === 'absent' ? 'leave' : 'active',
  };
  return JSON.stringify({ type, version, worker });
}

/** The headers of an event, its signature among them. */
export function signEvent(secret: string, { id, at, body }: { id: string; at: number; body: string }): Parameters {
  const timestamp = String(Math.floor(at / 1_000));
  const digest = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('hex');
  return [
    ['Content-Type', 'application/json'],
    ['X-HR-Event', id],
    ['X-HR-Timestamp', timestamp],
    ['X-HR-Signature', `sha256=${digest}`],
  ];
}
