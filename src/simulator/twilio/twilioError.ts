// Twilio's refusals: the number, the sentence and the HTTP status that its API answers with.
// Source: https://www.twilio.com/docs/api/errors; numbers are stable, sentences are not.

interface Entry {
  readonly status: number;
  readonly message: string | ((subject: string) => string);
}

const entries = {
  20001: { status: 400, message: (what) => `Parameter '${what}' is not valid` },
  20003: { status: 401, message: 'Authentication Error - invalid username' },
  20009: { status: 409, message: 'Cannot delete this resource before it is complete' },
  20404: { status: 404, message: (path) => `The requested resource ${path} was not found` },
  20429: { status: 429, message: 'Too Many Requests' },
  20500: { status: 500, message: 'An internal server error has occurred' },
  20503: { status: 503, message: 'Service unavailable' },
  21201: { status: 400, message: 'No \'To\' number is specified' },
  21205: { status: 400, message: (url) => (url === '' ? 'Url parameter is required.' : `Url is not valid: ${url}`) },
  21210: {
    status: 400,
    message: (from) => `The source phone number provided, ${from}, is not yet verified for your account. You may only `
      + 'make calls from phone numbers that you\'ve verified or purchased from Twilio.',
  },
  21211: { status: 400, message: (to) => `Invalid 'To' Phone Number: ${to}` },
  21212: { status: 400, message: (from) => `Invalid 'From' Number: ${from}` },
  21213: { status: 400, message: 'No \'From\' number is specified' },
  21214: { status: 400, message: (to) => `'To' phone number cannot be reached: ${to}` },
  21215: {
    status: 400,
    message: (to) => `Account not authorized to call ${to}. Perhaps you need to enable some international permissions.`,
  },
  21216: { status: 400, message: (to) => `Account not allowed to call ${to}` },
  21217: { status: 400, message: (to) => `Phone number does not appear to be valid: ${to}` },
  21220: { status: 400, message: (state) => `Call is not ${state}.` },
  21266: { status: 400, message: (to) => `'To' and 'From' number cannot be the same: ${to}` },
  21408: {
    status: 400,
    message: (to) => 'Permission to send an SMS has not been enabled for the region indicated by the \'To\' number: '
      + to,
  },
  21602: { status: 400, message: 'Message body is required.' },
  21603: { status: 400, message: 'A \'From\' phone number is required.' },
  21604: { status: 400, message: 'A \'To\' phone number is required.' },
  21606: {
    status: 400,
    message: (from) => `The From phone number ${from} is not a valid, SMS-capable inbound phone number or short code `
      + 'for your account.',
  },
  21609: { status: 400, message: (url) => `The StatusCallback URL ${url} is not a valid URL.` },
  21610: { status: 400, message: 'Attempt to send to unsubscribed recipient' },
  21611: { status: 429, message: (from) => `This 'From' number has too many queued messages: ${from}` },
  21612: { status: 400, message: (to) => `Message cannot be sent with this combination of 'To' and 'From': ${to}` },
  21614: { status: 400, message: (to) => `'To' number is not a valid mobile number: ${to}` },
  21617: { status: 400, message: 'The concatenated message body exceeds the 1600 character limit' },
  21620: { status: 400, message: (url) => `Invalid media URL(s): ${url}` },
  21626: { status: 400, message: (event) => `Invalid StatusCallbackEvent: ${event}` },
  21655: { status: 400, message: (content) => `The ContentSid is invalid: ${content}` },
  21656: { status: 400, message: 'The ContentVariables parameter is invalid' },
  21701: { status: 400, message: 'The Messaging Service does not exist' },
  21910: { status: 400, message: 'Invalid From and To pair. From and To should be of the same channel' },
  30409: { status: 400, message: 'This message cannot be canceled' },
  35118: { status: 400, message: 'MessagingServiceSid is required to schedule a message' },
  60200: { status: 400, message: (what) => `Invalid parameter ${what}` },
  60202: { status: 429, message: 'Max check attempts reached' },
  60203: { status: 429, message: 'Max send attempts reached' },
  60204: { status: 403, message: 'Custom code not allowed' },
  60205: { status: 403, message: 'SMS is not supported by landline phone number' },
  60212: { status: 429, message: 'Too many concurrent requests for phone number' },
  60410: { status: 403, message: 'Verification delivery attempt blocked' },
  60605: { status: 403, message: 'Verification delivery attempt blocked by Geo Permissions' },
  63007: { status: 400, message: 'Twilio could not find a Channel with the specified From address' },
} as const satisfies Record<number, Entry>;

export type TwilioErrorCode = keyof typeof entries;

/** A refusal as it goes over the wire. */
export interface TwilioError {
  readonly code: TwilioErrorCode;
  readonly message: string;
  readonly more_info: string;
  readonly status: number;
}

/** The refusal of that number; `subject` is the value that it is about, where its sentence names one. */
export function twilioError(code: TwilioErrorCode, subject = ''): TwilioError {
  const entry: Entry = entries[code];
  const message = typeof entry.message === 'string' ? entry.message : entry.message(subject);
  return { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status: entry.status };
}

/** What comes with an HTTP status that a fault switch asks for. */
export function errorOfStatus(status: number): { code: number; message: string; more_info: string; status: number } {
  if (status === 429) return twilioError(20429);
  const base = status >= 500 ? twilioError(status === 503 ? 20503 : 20500) : twilioError(20001, 'fault switch');
  return { ...base, status };
}
