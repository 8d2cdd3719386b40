import type { Turn } from '../../../src/assistant/assistant';
import { createDialogflowCxAssistant } from '../../../src/assistant/dialogflowCx/dialogflowCxAssistant';
import type { DialogflowCxOptions } from '../../../src/assistant/dialogflowCx/dialogflowCxAssistant';
import { describeAssistant, newMemory } from '../../ports/assistant.suite';
import { faultOf } from '../../ports/leaks';
import { Wire } from '../stand/wire';
import { accountAt, FakeDialogflow } from './fakeDialogflow';

const turn: Turn = {
  turnId: 'SM1', conversationId: '0f8fad5b-d9cb-469f-a165-70867728950e', subject: 's-1', verifiedAt: new Date('2026-01-01T08:00:00Z'),
  assurance: 'standard', locale: 'de', text: 'hello',
};
const place = { project: 'p-1', location: 'europe-west3', agent: 'a-1', allowInsecure: true };

describeAssistant('Dialogflow CX', async () => {
  const wire = new Wire();
  const agent = new FakeDialogflow(wire);
  const url = await wire.start((req, res) => agent.listener(req, res));
  const serviceAccount = accountAt(url);
  return wire.backend((timeoutMs) => createDialogflowCxAssistant({ ...place, url, serviceAccount, timeoutMs }),
    [serviceAccount.private_key, 'ya29.1'], { isMovedByTurns: true });
});

describe('Dialogflow CX', () => {
  let wire: Wire;
  let agent: FakeDialogflow;
  let make: (options?: Partial<DialogflowCxOptions>) => (changes?: Partial<Turn>, memory?: ReturnType<typeof newMemory>) => Promise<unknown>;
  beforeEach(async () => {
    wire = new Wire();
    agent = new FakeDialogflow(wire);
    const url = await wire.start((req, res) => agent.listener(req, res));
    make = (options = {}) => {
      const assistant = createDialogflowCxAssistant({ ...place, url, serviceAccount: accountAt(url), ...options });
      return (changes = {}, memory = newMemory()) => assistant.answer({ ...turn, ...changes }, new AbortController().signal, memory);
    };
  });
  afterEach(() => wire.close());

  it('is told who speaks in the payload, and what they may use in a header of its webhook alone', async () => {
    await make({ environment: 'live' })({ statement: 'e.y.J', authorization: 'Bearer hers' });
    expect(agent.heard).toEqual([{
      queryInput: { text: { text: 'hello' }, languageCode: 'de' },
      queryParams: {
        payload: {
          turn_id: 'SM1', conversation_id: turn.conversationId, subject: 's-1', verified_at: '2026-01-01T08:00:00.000Z',
          assurance: 'standard', locale: 'de', statement: 'e.y.J',
        },
        webhookHeaders: { authorization: 'Bearer hers' },
      },
    }]);
    expect(agent.paths).toEqual([`/v3/projects/p-1/locations/europe-west3/agents/a-1/environments/live/sessions/${turn.conversationId}:detectIntent`]);
  });

  it.each([
    ['europe-west3', 'europe-west3-dialogflow.googleapis.com'], ['global', 'dialogflow.googleapis.com'],
  ])('is asked at the host of %s', async (location, host) => {
    const asked: string[] = [];
    const get = (input: string | URL | Request, init?: RequestInit) => {
      const address = String(input);
      if (!address.endsWith('/token')) asked.push(new URL(address).host);
      return address.endsWith('/token') ? fetch(input, init) : Promise.resolve(Response.json({ queryResult: {} }));
    };
    await make({ url: undefined, location, fetch: get as typeof fetch })();
    expect(asked).toEqual([host]);
  });

  it('gives one token for many turns at once, and another one when it withdrew that', async () => {
    const ask = make();
    await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(agent.tokensGiven).toBe(1);
    agent.withdraw();
    expect(await ask()).toEqual({ replies: [{ text: 'hello' }], endTurn: true });
    expect(agent.tokensGiven).toBe(2);
    expect(agent.heard).toHaveLength(21);
  });

  it.each([[503, 'unavailable'], [400, 'misconfigured']] as const)('was not told anything when its token endpoint answers %d', async (status, kind) => {
    agent.tokenStatus = status;
    const memory = newMemory();
    await faultOf(make()({}, memory), kind, [turn.text]);
    expect(memory.isGiven).toBe(false);
  });

  it('hears no more than it takes: a longer text is refused before it leaves', async () => {
    const memory = newMemory();
    await faultOf(make()({ text: 'x'.repeat(257) }, memory), 'refused', ['xxx']);
    expect(memory.isGiven).toBe(false);
    await make()({ text: '👑'.repeat(256) });
    expect(agent.heard).toHaveLength(1);
  });

  it('says more than text: what a chat can show is shown, the rest is counted', async () => {
    agent.messages = [
      { text: { text: ['one', 'two'] } }, { payload: { richContent: [[{ type: 'info', title: 'Order 1', subtitle: 'on its way' }, { type: 'divider' }]] } },
      { payload: { richContent: [[{ type: 'chips', options: [{ text: 'yes' }, { text: 'no' }] }]] } },
      { payload: { richContent: [[{ type: 'image', rawUrl: 'https://files.example.com/a.png', accessibilityText: 'The map' }]] } },
      { payload: { custom: true } }, { liveAgentHandoff: {} }, { outputAudioText: { text: 'spoken' } },
      { conversationSuccess: {} }, { endInteraction: {} },
    ];
    expect(await make()()).toEqual({
      replies: [
        { text: 'one' }, { text: 'two' }, { text: 'Order 1\non its way', choices: ['yes', 'no'] },
        { text: 'The map', media: { url: 'https://files.example.com/a.png', type: 'image/*' } }, { text: 'spoken' },
      ],
      endTurn: true, ignored: 3,
    });
  });

  it('is heard when it asks for a fresh proof beside content of a form that nobody knows', async () => {
    agent.messages = [{ payload: { richContent: 'one', step_up: true } }];
    expect(await make()()).toEqual({ replies: [], endTurn: true, stepUp: true });
  });
});
