// An assistant's vendor with an OAuth client of its own: it takes the statement that came with a message, proves its
// customer by it, reads the profile, and is refused from the moment that HR lets the employee leave.
import { randomBytes } from 'node:crypto';
import { ClientSecretBasic, Configuration, allowInsecureRequests, clientCredentialsGrant } from 'openid-client';
import { replyTo } from '../../../src/assistant/demo/orderReplies';
import type { Told } from '../../../src/simulator/hr/hr';
import { hrPartner } from '../../../src/stack/up/hrPartner';
import { Stack } from '../stack';
import { Person } from '../stand/person';

jest.setTimeout(240_000);

const secret = randomBytes(32).toString('hex');
const audience = 'https://assistant.vendor.example';
const question = 'What is the status of purchase order 4500000001?';
const contactCentre = { audience, profile: ['given_name', 'family_name', 'language'], lifetimeSeconds: 300 };

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({
    policy: { replyQuantumMs: 100, codeGap1Ms: 10_000 },
    settings: {
      DOORMAN_PARTNERS: hrPartner(secret), SIMULATOR_HR_SECRET: secret,
      DOORMAN_ASSISTANT_AUDIENCE: audience,
      DOORMAN_CLIENTS: JSON.stringify({ clients: [
        { name: 'vendor', contactCentre, verifications: { countries: ['US'] } }, { name: 'other', contactCentre: { audience: 'https://other.example' } }] }),
    },
  });
});

afterAll(() => stack?.stop());

async function hr(path: string, body: object = {}): Promise<Told> {
  const response = await fetch(`http://127.0.0.1:${stack.ports.simulator}/admin/hr/${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  const told = await response.json() as Told;
  expect([response.status, told.answer]).toEqual([200, expect.objectContaining({ isTaken: true, sentence: 'Applied.' })]);
  return told;
}

interface Credentials { readonly client_id: string; readonly client_secret: string; readonly api_key: string }

async function credentialsOf(name: string): Promise<Credentials> {
  const { code, output } = await stack.run(['client', 'new', name, '--json']);
  expect(code).toBe(0);
  return JSON.parse(output) as Credentials;
}

/** As any OAuth client gets one. */
async function tokenOf({ client_id: id, client_secret: password }: Credentials): Promise<string> {
  const url = `${stack.webUrl}/access_token`;
  const config = new Configuration({ issuer: url, token_endpoint: url }, id, undefined, ClientSecretBasic(password));
  allowInsecureRequests(config);
  const given = await clientCredentialsGrant(config);
  expect(given.token_type).toBe('bearer');
  return given.access_token;
}

async function post(path: string, headers: Record<string, string>, body?: object): Promise<[number, Record<string, unknown>]> {
  const response = await fetch(stack.webUrl + path, {
    method: 'POST', headers: { ...headers, ...body === undefined ? {} : { 'content-type': 'application/json' } },
    ...body === undefined ? {} : { body: JSON.stringify(body) },
  });
  return [response.status, await response.json() as Record<string, unknown>];
}

test('a vendor\'s assistant learns who writes to it, by its own OAuth client, until that person has left', async () => {
  const { person: made } = await hr('people', { givenName: 'Lena', familyName: 'Weber', language: 'en' });
  const { id, mobile } = made!; // it was taken
  const lena = new Person(stack.phones, { profileName: 'Lena', number: mobile }, mobile);
  await lena.say(question);
  await lena.readsText('askIdentifier');
  await lena.say(`my id is ${id}`);
  await lena.readsText('codeSent', { minutes: 5 });
  await lena.say(`${await lena.code()} is my otp`);
  await lena.readsText('verified');
  await lena.reads(...replyTo(question, 'en'));

  const [vendor, other] = [await credentialsOf('vendor'), await credentialsOf('other')];
  const statement = /^JWT (.+)$/.exec(stack.assistant.customerAuths.at(-1) ?? '')?.[1];
  const token = await tokenOf(vendor);
  const bearer = { authorization: `Bearer ${token}` };
  const [status, auth] = await post('/customer_authenticate', bearer, { statement });
  expect([status, auth]).toEqual([200, { issued_at: expect.any(Number), JWT: expect.any(String), expires_in: 300 }]);
  expect((await post('/customer_authenticate', { 'api-key': other.api_key }, { statement }))[0]).toBe(401);

  const trio = { ...bearer, 'customer-auth': `JWT ${String(auth.JWT)}`, 'api-key': vendor.api_key };
  const [found, profile] = await post('/getprofile', trio);
  expect([found, profile]).toEqual([200, {
    customer_id: stack.assistant.turns.at(-1)!.subject, given_name: 'Lena', family_name: 'Weber', language: 'en' }]);
  const refusals = [
    await post('/getprofile', { ...trio, 'api-key': other.api_key }),
    await post('/getprofile', { ...trio, authorization: `Bearer ${await tokenOf(other)}` }),
    await post('/getprofile', { ...trio, 'customer-auth': `JWT ${statement}` }),
  ];

  // Without the chat: by a code that the vendor asks for.
  const [started, { id: verificationId }] = await post('/v1/verifications', bearer, { number: mobile, language: 'en' });
  expect(started).toBe(202);
  expect((await post('/customer_authenticate', bearer, { verification_id: verificationId }))[0]).toBe(401);
  const checked = await post(`/v1/verifications/${String(verificationId)}/check`, bearer, { code: await lena.code(1) });
  expect(checked).toEqual([200, expect.objectContaining({ status: 'approved' })]);
  const [, proved] = await post('/customer_authenticate', bearer, { verification_id: verificationId });
  const byCode = { ...trio, 'customer-auth': `JWT ${String(proved.JWT)}` };
  expect(await post('/getprofile', byCode)).toEqual([200, profile]);
  refusals.push(await post('/customer_authenticate', bearer, { verification_id: verificationId }));

  await hr(`people/${id}/leave`);
  refusals.push(await post('/getprofile', trio), await post('/getprofile', byCode), await post('/customer_authenticate', bearer, { statement }));
  expect(refusals).toEqual(refusals.map(() => [401, refusals[0]![1]]));

  expect((await stack.run(['client', 'revoke', vendor.client_id])).code).toBe(0);
  expect((await post('/customer_authenticate', bearer, { statement }))[0]).toBe(401);
  expect((await stack.run(['audit', 'verify'])).output).toContain('intact');
});
