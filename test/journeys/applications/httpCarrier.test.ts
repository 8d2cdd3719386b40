// An SMS provider that is described by the configuration, through the whole: codes of applications and of the chat go
// there, and none by Twilio.
import { credentials, startHttpProvider } from '../../otp/carriers/httpProvider';
import type { HttpProvider } from '../../otp/carriers/httpProvider';
import { Stack } from '../stack';
import { codeIn, Person } from '../stand/person';

jest.setTimeout(240_000);

const [visitor, employee] = ['+4915112340003', '+12025550123'];
const clients = { clients: [{ name: 'shop', verifications: { countries: ['DE'] } }] };

let provider: HttpProvider;
let stack: Stack;

beforeAll(async () => {
  provider = await startHttpProvider();
  const { user, password } = credentials;
  const carrier = {
    url: `${provider.url}/sms`, allowInsecure: true, idPointer: '/messages/0/id',
    headers: { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
    body: { type: 'json', template: { messages: [{ to: '{to}', text: '{text}' }] } },
  };
  stack = await Stack.start({ policy: { replyQuantumMs: 100 }, settings: {
    DOORMAN_CLIENTS: JSON.stringify(clients), DOORMAN_COUNTRIES: 'DE, US', DOORMAN_SMS_CARRIER: JSON.stringify(carrier),
  } });
});

afterAll(async () => {
  await stack?.stop();
  await provider.close();
});

const codeTo = (number: string) => new Promise<string>((resolve) => {
  provider.onTaken = () => {
    const sms = provider.taken.find(({ to }) => to === number);
    if (sms !== undefined) resolve(codeIn(sms.text));
  };
  provider.onTaken();
});

async function call(path: string, authorization: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${stack.webUrl}/v1/verifications${path}`, {
    method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  return await response.json() as Record<string, unknown>;
}

test('an application\'s visitor and an employee of the chat read their codes from it', async () => {
  const { output } = await stack.run(['client', 'new', 'shop', '--json']);
  const { client_id: id, client_secret: secret } = JSON.parse(output) as Record<string, string>;
  const shop = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  const started = await call('', shop, { number: visitor, language: 'de' });
  expect(await call(`/${String(started.id)}/check`, shop, { code: await codeTo(visitor) })).toEqual({ status: 'approved' });

  const maya = new Person(stack.phones, 'employee', employee);
  await maya.say('my id is 144133');
  await maya.readsText('codeSent', { minutes: 5 });
  await maya.say(await codeTo(employee));
  await maya.readsText('verified');
  expect([...stack.phones.to(visitor), ...stack.phones.to(employee)]).toEqual([]);
});
