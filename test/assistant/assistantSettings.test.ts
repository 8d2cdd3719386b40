import { assistantSettings } from '../../src/assistant/assistantSettings';
import { createAssistant, pushReaderOf } from '../../src/assistant/createAssistant';
import { readJsonSetting } from '../../src/config/jsonSetting';
import { tryingOut } from '../../src/outbound/tryingOut';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAAAAAAAAAAA=';
const pem = '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n';
const account = { type: 'service_account', client_email: 'd@p.iam.gserviceaccount.com', private_key: pem, private_key_id: 'k' };
const whole = {
  webhook: { kind: 'webhook', url: 'https://assistant.example.com/turns?key=query-secret', secret },
  stream: { kind: 'stream', url: 'https://assistant.example.com/turns', secret },
  rasa: { kind: 'rasa', url: 'https://rasa.example.com', token: 'rasa-token-of-24-letters' },
  directLine: { kind: 'directLine', secret: 'direct-line-secret-of-many-letters' },
  dialogflowCx: { kind: 'dialogflowCx', project: 'p-1', location: 'europe-west3', agent: 'a-1', serviceAccount: account },
} as const;
const read = (settings: object) => readJsonSetting(JSON.stringify(settings), assistantSettings);

test.each(Object.values(whole))('an assistant of kind $kind is configured in few words', (settings) => {
  const document = read(settings);
  expect(document).toMatchObject({ kind: settings.kind, timeoutMs: 30_000, allowInsecure: false });
  expect(tryingOut(document)).toEqual([]);
  expect(createAssistant(document, { fetch })).toMatchObject({ answer: expect.any(Function) });
});

test('every kind may be spoken to on somebody\'s behalf, and have statements made for it', () => {
  for (const settings of Object.values(whole)) {
    const more = { onBehalf: 's4', audience: 'urn:assistant', timeoutMs: 10_000 };
    expect(read({ ...settings, ...more })).toMatchObject(more);
  }
});

test('where a token of Direct Line is given out may have a query: nothing is put behind it', () => {
  const tokenUrl = 'https://t.example.com/directline/token?api-version=2022-03-01-preview';
  expect(read({ kind: 'directLine', tokenUrl })).toMatchObject({ tokenUrl });
});

test('a service account is the file that Google gives, or what is in it', () => {
  const given = { ...whole.dialogflowCx, serviceAccount: JSON.stringify(account) };
  expect(read(given)).toEqual(read(whole.dialogflowCx));
  expect(read(given)).toMatchObject({ serviceAccount: { token_uri: 'https://oauth2.googleapis.com/token' } });
});

test.each<[string, object, RegExp]>([
  ['no kind', { ...whole.rasa, kind: undefined }, /kind: must be webhook, stream, rasa, directLine or dialogflowCx/],
  ['another kind', { ...whole.rasa, kind: 'cai' }, /kind: must be/],
  ['something nobody knows', { ...whole.rasa, colour: 'red' }, /has members that are not known/],
  ['http', { ...whole.rasa, url: 'http://rasa.example.com' }, /url: must be https/],
  ['http where tokens come from', { ...whole.dialogflowCx, serviceAccount: { ...account, token_uri: 'http://t.example.com' } }, /must be https/],
  ['http where tokens are given out', { kind: 'directLine', tokenUrl: 'http://t.example.com' }, /must be https/],
  ['credentials in the URL', { ...whole.webhook, url: 'https://user:pass-secret@assistant.example.com' }, /url: must be an https URL/],
  ['a query where Rasa\'s paths go', { ...whole.rasa, url: 'https://rasa.example.com/?a=query-secret' }, /url: must be an https URL without "\?" and "#"/],
  ['a query where Direct Line\'s paths go', { ...whole.directLine, url: 'https://europe.directline.botframework.com?' }, /url: must be an https URL without/],
  ['a query where Dialogflow\'s paths go', { ...whole.dialogflowCx, url: 'https://df.example.com/?a=query-secret' }, /url: must be an https URL without/],
  ['a file', { ...whole.webhook, url: 'file:///etc/passwd' }, /url: must be an https URL/],
  ['a weak secret', { ...whole.webhook, secret: 'whsec_c2hvcnQtc2VjcmV0' }, /secret: must be whsec_/],
  ['two ways into Rasa', { ...whole.rasa, jwtSecret: 'rasa-jwt-secret-of-many-letters' }, /token: is one way/],
  ['no way into Direct Line', { kind: 'directLine' }, /secret: or tokenUrl/],
  ['two ways into Direct Line', { ...whole.directLine, tokenUrl: 'https://t.example.com' }, /secret: or tokenUrl/],
  ['a way out of Google\'s path', { ...whole.dialogflowCx, agent: '../x' }, /agent: must be letters/],
  ['a service account that is no JSON', { ...whole.dialogflowCx, serviceAccount: '{"private_key": "pem-secret' }, /serviceAccount/],
  ['a key that is none', { ...whole.dialogflowCx, serviceAccount: { ...account, private_key: 'pem-secret' } }, /private_key: must be a PKCS #8 key/],
  ['an endless turn', { ...whole.webhook, timeoutMs: 90_000 }, /timeoutMs/],
])('an assistant cannot have %s, and the sentence repeats no value', (_what, settings, sentence) => {
  expect(() => read(settings)).toThrow(sentence);
  expect(() => read(settings)).not.toThrow(/secret-|-secret|pass|query|rasa-|short/);
});

test('nothing is genuine that is pushed for an assistant that has no secret to sign it with', () => {
  const read2 = pushReaderOf(read(whole.rasa));
  expect(read2({ id: 'a', timestamp: '1', signature: 'v1,x' }, Buffer.from('{}'))).toEqual({ outcome: 'notGenuine' });
});
