import type { ServerResponse } from 'node:http';
import type { Turn, TurnMemory } from '../../../src/assistant/assistant';
import { createDirectLineAssistant } from '../../../src/assistant/directLine/directLineAssistant';
import type { DirectLineOptions } from '../../../src/assistant/directLine/directLineAssistant';
import { describeAssistant, newMemory } from '../../ports/assistant.suite';
import { faultOf } from '../../ports/leaks';
import { json, Wire } from '../stand/wire';
import { directLineSecret as secret, FakeDirectLine } from './fakeDirectLine';
import type { BotActivity } from './fakeDirectLine';

const quick = { quietMs: 60, pollMs: 5 };
const turn: Turn = {
  turnId: 'SM1', conversationId: '0f8fad5b-d9cb-469f-a165-70867728950e', subject: 's-1', verifiedAt: new Date('2026-01-01T08:00:00Z'),
  assurance: 'standard', locale: 'de-AT', text: 'hello',
};

describeAssistant('Direct Line', async () => {
  const wire = new Wire();
  const line = new FakeDirectLine(wire);
  const url = await wire.start((req, res) => line.listener(req, res));
  return wire.backend(
    (timeoutMs) => createDirectLineAssistant({ url, secret, timeoutMs, ...quick }), [secret, 'token.0.of-many-letters'],
    { isMovedByTurns: true, payloadOf: (choice) => `picked ${choice}` });
});

describe('Direct Line', () => {
  let wire: Wire;
  let line: FakeDirectLine;
  let url: string;
  let memory: ReturnType<typeof newMemory>;
  beforeEach(async () => {
    wire = new Wire();
    line = new FakeDirectLine(wire);
    url = await wire.start((req, res) => line.listener(req, res));
    memory = newMemory();
  });
  afterEach(() => wire.close());

  let turns = 0;
  /** Another turn of the session, by a worker that knows nothing but what was kept. */
  const ask = (changes: Partial<Turn> = {}, options: Partial<DirectLineOptions> = {}) => {
    memory.isGiven = false;
    turns += 1;
    return createDirectLineAssistant({ url, secret, ...quick, ...options })
      .answer({ ...turn, turnId: `SM${turns}`, ...changes }, new AbortController().signal, memory as TurnMemory);
  };
  const says = (...activities: (BotActivity & object)[]) => { line.answerTo = () => activities; };
  const message = (text: string, more: object = {}) => ({ type: 'message', text, ...more });
  const texts = (...all: string[]) => all.map((text) => ({ text }));
  const starts = () => line.asked.filter((request) => request === 'POST conversations').length;

  it('is told who speaks, and what they may use, beside plain words', async () => {
    says(message('hello'));
    await ask({ turnId: 'SM1', statement: 'e.y.J', authorization: 'Bearer hers' });
    expect(line.posted).toEqual([{
      type: 'message', from: { id: expect.stringMatching(/^dl_[0-9a-f]{40}$/) }, text: 'hello', textFormat: 'plain', locale: 'de-AT',
      channelData: {
        doorman: {
          turn_id: 'SM1', conversation_id: turn.conversationId, subject: 's-1', verified_at: '2026-01-01T08:00:00.000Z',
          assurance: 'standard', locale: 'de-AT', statement: 'e.y.J', authorization: 'Bearer hers',
        },
      },
    }]);
  });

  it('has one conversation a session, which any worker goes on with, from where it was read', async () => {
    says(message('one'));
    await ask();
    says(message('two'));
    expect(await ask()).toEqual({ replies: texts('two'), endTurn: true });
    expect(starts()).toBe(1);
    expect(line.asked.filter((request) => request === 'POST tokens/generate')).toHaveLength(1);
  });

  it('relays only what answers the turn: no echo, no greeting, nothing that is late for another', async () => {
    says(message('one'));
    await ask();
    const late = { type: 'message', text: 'late', replyToId: `${line.posted.length}-former` };
    says(message('two'), message('unasked', { replyToId: undefined }));
    line.say(late);
    expect(await ask()).toEqual({ replies: texts('two', 'unasked'), endTurn: true });
  });

  it('is read page by page until it is quiet', async () => {
    line.pageSize = 2;
    const many = Array.from({ length: 15 }, (_, n) => `reply ${n}`);
    says(...many.map((text) => message(text)));
    expect(await ask()).toEqual({ replies: texts(...many), endTurn: true });
  });

  it('says nothing twice, though it says all of it again', async () => {
    line.givesWatermarks = false;
    says(message('one'), message('two'));
    expect(await ask()).toEqual({ replies: texts('one', 'two'), endTurn: true });
    says(message('three'));
    expect(await ask()).toEqual({ replies: texts('three'), endTurn: true });
  });

  it('that talks without an end is heard for 256 KiB', async () => {
    line.pageSize = 2;
    says(...Array.from({ length: 1_000 }, () => message('x'.repeat(60_000))));
    const { replies } = await ask();
    expect(replies.length).toBeLessThan(10);
  });

  it('is waited for while the bot is typing', async () => {
    says(message('one'), { type: 'typing' });
    const answer = ask();
    while (line.asked.filter((request) => request === 'GET activities').length < 40) await new Promise(setImmediate);
    line.say(message('two', { replyToId: undefined }));
    expect(await answer).toEqual({ replies: texts('one', 'two'), endTurn: true });
  });

  it('gets a token that lives: refreshed before its end, another one after, in the same conversation', async () => {
    line.expiresIn = 30;
    says(message('hello'));
    await ask();
    await ask();
    expect(line.asked).toContain('POST tokens/refresh');
    line.expire();
    expect(await ask()).toEqual({ replies: texts('hello'), endTurn: true });
    expect(line.asked).toContain('GET conversations');
    expect(starts()).toBe(1);
  });

  it('withdraws a token before its time: the turn is given once all the same', async () => {
    says(message('hello'));
    await ask();
    line.expire();
    expect(await ask()).toEqual({ replies: texts('hello'), endTurn: true });
    expect(line.posted).toHaveLength(2);
    expect(starts()).toBe(1);
  });

  it('forgets a conversation: another one is begun', async () => {
    says(message('hello'));
    await ask();
    line.expire({ gone: true });
    expect(await ask()).toEqual({ replies: texts('hello'), endTurn: true });
    expect(starts()).toBe(2);
  });

  it('may end the conversation: the next turn begins another one', async () => {
    says(message('bye'), { type: 'endOfConversation' });
    expect(await ask()).toEqual({ replies: texts('bye'), endTurn: true });
    await ask();
    expect(starts()).toBe(2);
  });

  it('may be reached by tokens that somebody else gives out', async () => {
    says(message('hello'));
    const byToken = { secret: undefined, tokenUrl: `${url}/agent/token` };
    expect(await ask({}, byToken)).toEqual({ replies: texts('hello'), endTurn: true });
    line.expire();
    expect(await ask({}, byToken)).toEqual({ replies: texts('hello'), endTurn: true });
    expect(line.asked.filter((request) => request === 'GET /agent/token')).toHaveLength(2);
    expect(line.asked).not.toContain('POST tokens/generate');
  });

  it('shows cards, choices and attachments as far as a chat can', async () => {
    says(message('Which one?', {
      suggestedActions: { actions: [{ type: 'imBack', title: 'the first', value: 'pick 1' }, { type: 'openUrl', title: 'elsewhere', value: 'https://x' }] },
    }), message('', {
      attachments: [
        { contentType: 'application/vnd.microsoft.card.hero', content: {
          title: 'Order 1', text: 'on its way', images: [{ url: 'https://files.example.com/1.png' }], buttons: [{ type: 'postBack', title: 'cancel it', value: 'x' }] } },
        { contentType: 'application/pdf', contentUrl: 'https://files.example.com/1.pdf', name: 'invoice.pdf' },
        { contentType: 'application/vnd.microsoft.card.adaptive', content: {} },
      ],
    }));
    expect(await ask()).toEqual({
      replies: [
        { text: 'Which one?', choices: ['the first'] },
        { text: 'Order 1\non its way', choices: ['cancel it'], media: { url: 'https://files.example.com/1.png', type: 'image/*' } },
        { text: 'invoice.pdf', media: { url: 'https://files.example.com/1.pdf', type: 'application/pdf' } },
      ],
      endTurn: true, ignored: 1,
    });
  });

  it.each<[string, object, object, number]>([
    ['a type that nobody can read', { attachments: [{ contentType: 'image/png; charset=x', contentUrl: 'https://files.example.com/a.png', name: 'a.png' }] }, {}, 1],
    ['a type that is no text', { attachments: [{ contentType: 7, contentUrl: 'https://files.example.com/a.png' }] }, {}, 1],
    ['buttons without words', { suggestedActions: { actions: [{ title: ' ' }, { title: null, type: 'imBack' }, {}, { title: 'yes' }, { type: 'openUrl' }] } },
      { choices: ['yes'] }, 3],
    ['a card whose picture and button nobody can read', { attachments: [{ contentType: 'application/vnd.microsoft.card.hero', content: {
      images: [{ url: `https://files.example.com/${'x'.repeat(1_000)}` }], buttons: [{ type: 'imBack', title: ' ' }] } }] }, {}, 2],
  ])('is heard without what no chat can show: %s', async (_what, more, shown, ignored) => {
    says(message('Hello.', more), message('And more.'));
    const payloads = 'choices' in shown ? { payloads: shown.choices } : {};
    expect(await ask()).toEqual({ replies: [{ text: 'Hello.', ...shown }, { text: 'And more.' }], endTurn: true, ...payloads, ignored });
  });

  it('is told the value of what sends one back, and the title of what does not', async () => {
    const actions = [
      { type: 'imBack', title: 'one', value: 'pick 1' }, { type: 'postBack', title: 'two', value: 'pick 2' },
      { type: 'postBack', title: 'three', value: { pick: 3 } }, { type: 'messageBack', title: 'four', value: 'pick 4' },
      { title: 'five', value: 'x'.repeat(4_097) }, { type: 'openUrl', title: 'elsewhere', value: 'https://x' },
    ];
    says(message('Which one?', { suggestedActions: { actions } }));
    expect(await ask()).toEqual({
      replies: [{ text: 'Which one?', choices: ['one', 'two', 'three', 'four', 'five'] }],
      payloads: ['pick 1', 'pick 2', 'three', 'four', 'five'], endTurn: true,
    });
  });

  it('is read on when a poll fails, after as long as it asks for', async () => {
    line.pollFaults.push(
      (res) => json(res, {}, 500), (res) => json(res, {}, 429, { 'retry-after': '0' }), (res) => void res.destroy());
    says(message('hello'));
    expect(await ask()).toEqual({ replies: texts('hello'), endTurn: true });
  });

  it('that is gone in the middle gives what came before, and no more', async () => {
    line.pageSize = 4;
    says(message('one'), message('two'), message('three'));
    let polls = 0;
    const failing = (res: ServerResponse) => { polls += 1; json(res, {}, 500); };
    line.pollFaults.push('page', ...Array<typeof failing>(20).fill(failing));
    expect(await ask()).toEqual({ replies: texts('one'), endTurn: true, broken: true });
    expect(polls).toBe(5);
  });

  it('says by 502 that the bot failed: it is not told again', async () => {
    line.botFails = true;
    expect(await faultOf(ask(), 'unavailable', [turn.text, secret])).toMatchObject({ code: 'http 502' });
    expect(memory.isGiven).toBe(true);
  });
});
