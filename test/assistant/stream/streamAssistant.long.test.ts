import type { IncomingMessage, ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import type { Reply, Turn, TurnMemory } from '../../../src/assistant/assistant';
import { createWebhookAssistant } from '../../../src/assistant/webhookAssistant';
import { describeAssistant } from '../../ports/assistant.suite';
import { faultOf } from '../../ports/leaks';
import { moodsOf } from '../stand/moods';
import { bodyOf } from '../stand/server';
import { Wire } from '../stand/wire';
import type { Saying, SpeakerWire } from '../stand/wire';

const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const turn: Turn = {
  turnId: 'turn-1', conversationId: 'c-1', subject: 's-1', verifiedAt: new Date('2026-01-01T08:00:00Z'),
  assurance: 'standard', locale: 'en', text: 'hello 4500000001',
};
const linesType = 'application/x-ndjson';
const eventsType = 'text/event-stream; charset=utf-8';
const lines = (...parts: unknown[]) => parts.map((part) => `${JSON.stringify(part)}\n`).join('');
const events = (...parts: unknown[]) => parts.map((part) => `: keep on\nevent: part\ndata: ${JSON.stringify(part)}\n\n`).join('');
const end = { end_turn: true };

const partsOf = ({ says, replies = [], endTurn = true, stepUp }: Saying) => [
  ...says.map((text) => ({ text })), ...replies, { end_turn: endTurn, ...stepUp === undefined ? {} : { step_up: stepUp } }];

describe.each([['lines', linesType, lines], ['events', eventsType, events]] as const)('a stream of %s', (form, type, written) => {
  const said = (...texts: string[]) => written(...texts.map((text) => ({ text })), end);
  const play = moodsOf({ type, said, misshapen: written({ words: 'x' }, end) });

  describeAssistant(`A stream of ${form}`, async () => {
    const wire = new Wire();
    const url = await wire.start(async (req, res) => {
      const body = await bodyOf(req);
      new Webhook(secret).verify(body, req.headers as Record<string, string>);
      const { text, ...fields } = JSON.parse(body) as SpeakerWire & { text: string };
      wire.hear(req, fields, text);
      if (typeof wire.mood !== 'object') return play(wire.mood, res, body, wire.elsewhere);
      return res.writeHead(200, { 'content-type': type }).end(written(...partsOf(wire.mood)));
    });
    return wire.backend(
      (timeoutMs) => createWebhookAssistant({ url, secret, production: false, timeoutMs, partGapMs: 10_000 }), [secret],
      { pushes: true, seesToken: true, keepsToContract: true });
  });
});

describe('an answer in parts', () => {
  let wire: Wire;
  let tell: (req: IncomingMessage, res: ServerResponse) => unknown;
  let url: string;
  beforeEach(async () => {
    wire = new Wire();
    url = await wire.start((req, res) => tell(req, res));
  });
  afterEach(() => wire.close());

  const ask = (partGapMs: number | undefined = 10_000, timeoutMs = 30_000, memory?: Pick<TurnMemory, 'say'>) =>
    createWebhookAssistant({ url, secret, production: false, timeoutMs, ...partGapMs === 0 ? {} : { partGapMs } })
      .answer(turn, new AbortController().signal, memory);
  const streams = (text: string, type = linesType) => {
    tell = (_req, res) => res.writeHead(200, { 'content-type': type }).end(text);
  };
  const replies = (...texts: string[]): Reply[] => texts.map((text) => ({ text }));

  it('is asked for, beside a whole one', async () => {
    let accept: string | undefined;
    tell = (req, res) => {
      ({ accept } = req.headers);
      res.writeHead(200, { 'content-type': 'application/json' }).end('{"replies": [{"text": "whole"}], "end_turn": true}');
    };
    expect(await ask()).toEqual({ replies: replies('whole'), endTurn: true });
    expect(accept).toBe('application/json, application/x-ndjson, text/event-stream');
  });

  it('is refused where it was not configured', async () => {
    streams(lines({ text: 'x' }, end));
    await faultOf(ask(0), 'refused', [turn.text]);
  });

  it('joins pieces of text until a reply is whole', async () => {
    streams(lines(
      { delta: 'Your or' }, { delta: 'der' }, { delta: ' is on its way.', last: true }, { delta: 'It comes ' }, { delta: 'on Monday.' },
      { text: 'Anything else?', choices: ['yes', 'no'] }, { delta: 'Bye.' }, end));
    expect(await ask()).toEqual({
      replies: [...replies('Your order is on its way.', 'It comes on Monday.'), { text: 'Anything else?', choices: ['yes', 'no'] },
        ...replies('Bye.')],
      endTurn: true,
    });
  });

  it('is said reply by reply, each as soon as it is whole', async () => {
    const said: (readonly [number, string])[] = [];
    let isHeard = (): void => undefined;
    // Each is held back until the one before it was heard.
    tell = async (_req, res) => {
      res.writeHead(200, { 'content-type': linesType });
      for (const part of [{ text: 'one' }, { delta: 'two', last: true }, { text: 'three' }]) {
        const heard = new Promise<void>((resolve) => { isHeard = resolve; });
        res.write(lines(part));
        await heard;
      }
      res.end(lines({ delta: 'four' }, end));
    };
    const say: TurnMemory['say'] = async (place, { text }) => {
      said.push([place, text]);
      isHeard();
      return true;
    };
    expect(await ask(10_000, 30_000, { say })).toEqual({ replies: replies('one', 'two', 'three', 'four'), endTurn: true });
    expect(said).toEqual([[0, 'one'], [1, 'two'], [2, 'three']]);
  });

  it('is read no further when nobody is left who may read it', async () => {
    let isLeft = (): void => undefined;
    const left = new Promise<void>((resolve) => { isLeft = resolve; });
    tell = (_req, res) => {
      res.on('close', isLeft).writeHead(200, { 'content-type': linesType }).write(lines({ text: 'one' }));
    };
    expect(await ask(10_000, 30_000, { say: async () => false })).toEqual({ replies: replies('one'), endTurn: true });
    await left;
  });

  it('may be written byte by byte, within a character too', async () => {
    tell = async (_req, res) => {
      res.writeHead(200, { 'content-type': eventsType });
      for (const byte of Buffer.from(events({ text: 'größer 👑' }, end))) {
        await new Promise((resolve) => res.write(Buffer.from([byte]), resolve));
      }
      res.end();
    };
    expect(await ask()).toEqual({ replies: replies('größer 👑'), endTurn: true });
  });

  it('may have data of several lines, and lines that end as on Windows', async () => {
    streams('data: {"text":\r\ndata:"two lines"}\r\n\r\ndata: {"end_turn": true}\r\n\r\n', eventsType);
    expect(await ask()).toEqual({ replies: replies('two lines'), endTurn: true });
  });

  it('is over with its end: what comes after that is nobody\'s', async () => {
    tell = (_req, res) => { res.writeHead(200, { 'content-type': linesType }).write(lines({ text: 'one' }, end, { text: 'two' })); };
    expect(await ask()).toEqual({ replies: replies('one'), endTurn: true });
  });

  it.each<[string, (res: ServerResponse) => unknown]>([
    ['hangs up', (res) => res.destroy()],
    ['ends without an end', (res) => res.end()],
    ['says what is no JSON', (res) => res.end('{"text": \n')],
    ['says what is none of ours', (res) => res.end('{"words": "x"}\n')],
    ['says an empty reply', (res) => res.end(lines({ text: '' }, end))],
    ['never ends', (res) => { res.write('x'.repeat(300_000)); }],
    ['falls silent', () => undefined],
  ])('that %s in the middle gives what came before, and no more', async (_, breakOff) => {
    tell = (_req, res) => {
      res.writeHead(200, { 'content-type': linesType });
      res.write(lines({ text: 'one' }, { delta: 'two and' }), () => breakOff(res));
    };
    expect(await ask(500)).toEqual({ replies: replies('one', 'two and'), endTurn: true, broken: true });
  });

  it('that takes too long as a whole gives what came before, too', async () => {
    tell = (_req, res) => { res.writeHead(200, { 'content-type': linesType }).write(lines({ text: 'one' })); };
    expect(await ask(10_000, 300)).toEqual({ replies: replies('one'), endTurn: true, broken: true });
  });

  it('has at most 5,000 parts', async () => {
    streams(lines({ text: 'one' }, ...Array<unknown>(6_000).fill({ delta: 'x' }), end));
    expect(await ask()).toMatchObject({ broken: true });
    streams(lines({ text: 'one' }, ...Array<unknown>(4_000).fill({ delta: 'x' }), end));
    expect(await ask()).toEqual({ replies: replies('one', 'x'.repeat(4_000)), endTurn: true });
  });
});
