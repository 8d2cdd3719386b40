// Dialogflow CX and Google's token endpoint as they behave: a session of at most 36 characters, a text of at most 256, a
// token for a JWT that the service account signed.
import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { importSPKI, jwtVerify } from 'jose';
import type { ServiceAccount } from '../../../src/assistant/dialogflowCx/serviceAccount';
import { moodsOf } from '../stand/moods';
import { bodyOf } from '../stand/server';
import { json } from '../stand/wire';
import type { Saying, SpeakerWire, Wire } from '../stand/wire';

export interface DetectIntent {
  readonly queryInput: { readonly text: { readonly text: string }; readonly languageCode: string };
  readonly queryParams: {
    readonly payload: SpeakerWire & { readonly statement?: string };
    readonly webhookHeaders?: Readonly<Record<string, string>>;
  };
}

const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

export const accountAt = (url: string): ServiceAccount => ({
  client_email: 'doorman@project.iam.gserviceaccount.com', private_key: keys.privateKey, private_key_id: 'key-1',
  token_uri: `${url}/token`,
});

const path = /^\/v3\/projects\/p-1\/locations\/europe-west3\/agents\/a-1(\/environments\/live)?\/sessions\/([^/]+):detectIntent$/;

export class FakeDialogflow {
  readonly heard: DetectIntent[] = [];
  readonly paths: string[] = [];
  tokensGiven = 0;
  tokenStatus = 200;
  /** What the agent says; what the mood says when it is not set. */
  messages: readonly object[] | undefined;
  private isOver = false;

  private readonly play = moodsOf({
    type: 'application/json', misshapen: '{"queryResult": {"responseMessages": [{"text": "x"}]}}',
    said: (...texts) => JSON.stringify({ queryResult: { responseMessages: texts.map((text) => ({ text: { text: [text] } })) } }),
  });

  constructor(private readonly wire: Pick<Wire, 'hear' | 'elsewhere' | 'mood'>) {}

  /** Tokens that were given are refused from now on. */
  withdraw(): void {
    this.isOver = true;
  }

  listener = async (req: IncomingMessage, res: ServerResponse): Promise<unknown> => {
    const body = await bodyOf(req);
    if (req.url === '/token') return this.giveToken(res, new URLSearchParams(body), `http://${req.headers.host}/token`);
    const [, , session] = path.exec(req.url!) ?? [];
    if (session === undefined || session.length > 36) return json(res, { error: { status: 'INVALID_ARGUMENT' } }, 400);
    this.paths.push(req.url!);
    if (this.isOver || !/^Bearer ya29\.\d+$/.test(req.headers.authorization ?? '')) return json(res, { error: { status: 'UNAUTHENTICATED' } }, 401);
    const given = JSON.parse(body) as DetectIntent; // cast: what the adapter sends
    const { text } = given.queryInput.text;
    if ([...text].length > 256) return json(res, { error: { status: 'INVALID_ARGUMENT' } }, 400);
    this.heard.push(given);
    this.wire.hear(req, given.queryParams.payload, text);
    const { mood } = this.wire;
    if (typeof mood !== 'object') return this.play(mood, res, body, this.wire.elsewhere);
    return json(res, { responseId: 'r-1', queryResult: { languageCode: 'en', responseMessages: this.messages ?? messagesOf(mood) } });
  };

  private async giveToken(res: ServerResponse, form: URLSearchParams, audience: string): Promise<unknown> {
    if (this.tokenStatus !== 200) return json(res, { error: 'unavailable' }, this.tokenStatus);
    const { payload } = await jwtVerify(form.get('assertion')!, await importSPKI(keys.publicKey, 'RS256'), {
      algorithms: ['RS256'], audience, issuer: 'doorman@project.iam.gserviceaccount.com', maxTokenAge: '1 h' });
    const isRight = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer'
      && payload.scope === 'https://www.googleapis.com/auth/dialogflow' && !form.has('client_id');
    if (!isRight) return json(res, { error: 'invalid_grant' }, 400);
    this.tokensGiven += 1;
    this.isOver = false;
    return json(res, { access_token: `ya29.${this.tokensGiven}`, token_type: 'Bearer', expires_in: 3_599 });
  }
}

function messagesOf({ says, replies = [], stepUp }: Saying): object[] {
  return [
    ...says.map((text) => ({ text: { text: [text] } })),
    ...replies.flatMap(({ text, choices, media }) => [
      { text: { text: [text] } },
      ...choices === undefined ? [] : [{ payload: { richContent: [[{ type: 'chips', options: choices.map((one) => ({ text: one })) }]] } }],
      ...media === undefined ? [] : [{ payload: { richContent: [[{ type: 'image', rawUrl: media.url }]] } }],
    ]),
    ...stepUp === undefined ? [] : [{ payload: { step_up: stepUp } }],
  ];
}
