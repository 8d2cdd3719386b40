// What Twilio posts in a call: with each request for TwiML, and when the call's status changes.
import type { Parameters } from '../../webhooks/signature';
import { rfc2822 } from '../message';
import { durationOf } from './call';
import type { CallEvent, TwilioCall } from './call';

/** What a Gather heard: digits, which may be none, and the key that ended it, if one did. */
export interface Gathered {
  readonly digits: string;
  readonly finishedOn: string;
}

/** The parameters of a request for TwiML. */
export function twimlParameters(call: TwilioCall, accountSid: string, gathered?: Gathered): Parameters {
  const heard: Parameters = gathered === undefined
    ? [] : [['Digits', gathered.digits], ['FinishedOnKey', gathered.finishedOn], ['msg', 'Gather End']];
  return [...heard, ...commonParameters(call, accountSid, call.status)];
}

/** The parameters of a status callback; `sequence` counts the call's events from 0. */
export function eventParameters(call: TwilioCall, accountSid: string, event: CallEvent, sequence: number): Parameters {
  const status = event === 'initiated' || event === 'ringing' ? event : call.status;
  const seconds = durationOf(call);
  const ended: Parameters = event !== 'completed' || seconds === null ? [] : [
    ['CallDuration', String(seconds)],
    // In begun minutes, as they are billed.
    ['Duration', String(Math.ceil(seconds / 60))],
    ['SipResponseCode', sipCodes[call.status] ?? '200'],
  ];
  return [
    ...commonParameters(call, accountSid, status),
    ['CallbackSource', 'call-progress-events'],
    ['SequenceNumber', String(sequence)],
    ['Timestamp', rfc2822(call.updatedAt)],
    ...ended,
  ];
}

const sipCodes: Readonly<Record<string, string>> = { busy: '486', 'no-answer': '487', canceled: '487', failed: '404' };

function commonParameters({ sid, from, to }: TwilioCall, accountSid: string, status: string): Parameters {
  return [
    ['Called', to], ['ToState', ''], ['CallerCountry', countryOf(from)], ['Direction', 'outbound-api'],
    ['CallerState', ''], ['ToZip', ''], ['CallSid', sid], ['To', to], ['CallerZip', ''], ['ToCountry', countryOf(to)],
    ['ApiVersion', '2010-04-01'], ['CalledZip', ''], ['CalledCity', ''], ['CallStatus', status], ['From', from],
    ['AccountSid', accountSid], ['CalledCountry', countryOf(to)], ['CallerCity', ''], ['ToCity', ''],
    ['FromCountry', countryOf(from)], ['Caller', from], ['FromCity', ''], ['CalledState', ''], ['FromZip', ''],
    ['FromState', ''],
  ];
}

// Where the people of the demo live; of others Twilio would know more.
const countries = [['+1', 'US'], ['+44', 'GB'], ['+49', 'DE']] as const;

function countryOf(number: string): string {
  return countries.find(([prefix]) => number.startsWith(prefix))?.[1] ?? '';
}
