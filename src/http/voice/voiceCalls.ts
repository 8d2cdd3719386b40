// POST /webhooks/twilio/voice/:receiptId and what is below it: Twilio asks what to say in a call of ours, tells which
// keys were pressed, and what became of it. Always 200 and TwiML for a genuine question, whatever it asks for.
import type { Request, RequestHandler, Response } from 'express';
import type { CallStatus, CodeCall, CodeCalls } from '../../otp/voice/codeCalls';
import { Problem } from '../problem';
import { signedParameters } from '../twilioGuards';
import type { TwilioIdentity } from '../twilioMessage';

export interface VoiceDeps {
  readonly twilio: Pick<TwilioIdentity, 'accountSid'>;
  readonly calls: CodeCalls;
}

/** Where Twilio asks what to say; the id stands in the path, since our routes refuse a query (A08). */
export const callPath = (receiptId: string): string => `/webhooks/twilio/voice/${receiptId}`;
/** Where it tells which keys were pressed. */
export const pressedPath = (receiptId: string): string => `${callPath(receiptId)}/pressed`;
/** Where it reports what becomes of the call. */
export const callStatusPath = (receiptId: string): string => `${callPath(receiptId)}/status`;

const callSidForm = /^CA[0-9a-f]{32}$/;

const callStatuses: readonly CallStatus[] = [
  'queued', 'initiated', 'ringing', 'in-progress', 'completed', 'busy', 'no-answer', 'failed', 'canceled',
];

/** The routes, each with its handler. A status that we do not know says nothing. */
export function voiceRoutes(deps: VoiceDeps): readonly (readonly [path: string, handle: RequestHandler])[] {
  const { calls } = deps;
  return [
    [callPath(':receiptId'), async (request, response) => {
      await answer(response, calls.ask(callOf(deps, request, response)));
    }],
    [pressedPath(':receiptId'), async (request, response) => {
      const { Digits = '' } = signedParameters(response);
      await answer(response, calls.press(callOf(deps, request, response), Digits));
    }],
    [callStatusPath(':receiptId'), async (request, response) => {
      const call = callOf(deps, request, response);
      const { CallStatus } = signedParameters(response);
      const status = callStatuses.find((known) => known === CallStatus);
      if (status !== undefined) await calls.report(call, status).catch(unavailable);
      response.status(204).end();
    }],
  ];
}

function callOf({ twilio }: VoiceDeps, { params: { receiptId } }: Request, response: Response): CodeCall {
  const { AccountSid, CallSid, To = '' } = signedParameters(response);
  if (AccountSid !== twilio.accountSid) throw new Problem('not-genuine', 'account');
  if (CallSid === undefined || !callSidForm.test(CallSid)) throw new Problem('not-genuine', 'callId');
  return { receiptId: String(receiptId), callId: CallSid, to: To };
}

async function answer(response: Response, twiml: Promise<string>): Promise<void> {
  response.status(200).type('text/xml').send(await twiml.catch(unavailable));
}

function unavailable(error: unknown): never {
  throw new Problem('unavailable', 'notKnown', { headers: { 'Retry-After': '5' }, cause: error });
}
