import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { DefaultLogger } from '@temporalio/worker';
import fc from 'fast-check';
import { failureOf } from '../activities/failures';
import { Misconfiguration } from '../src/config';
import { Fault } from '../src/domain/faults';
import { createLog, temporalLogger } from '../src/log';
import type { Log, LogFields, LogLevel } from '../src/log';

const canaries = [
  '483920', '144133', '+4917612345678', '4917612345678', '0176-1234567', 'anna@example.com', 'Anna Schmidt',
  'order status',
];
const id = '3f0c1b58-7a52-4d0e-9a6c-6d2f64a1f6c2';

type Line = Record<string, unknown>;
function capture(level: LogLevel = 'debug'): { log: Log; text: () => string; lines: () => Line[] } {
  const written: string[] = [];
  const log = createLog({ level, name: 'web', destination: { write: (line) => void written.push(line) } });
  return { log, text: () => written.join(''), lines: () => written.map((line) => JSON.parse(line) as Line) };
}

/** What a cast or an `any` could hand over. */
const forced = (fields: object) => fields as LogFields;

describe('the log', () => {
  it('writes one line of JSON an event, with level, time and name', () => {
    const { log, lines, text } = capture();
    log.info('message stored', { messageId: `SM${'0a'.repeat(16)}`, senderId: id, kind: 'text', ms: 12, attempt: 1 });
    expect(lines()).toEqual([{
      level: 'info', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), name: 'web', event: 'message stored',
      messageId: `SM${'0a'.repeat(16)}`, senderId: id, kind: 'text', ms: 12, attempt: 1,
    }]);
    expect(text().endsWith('}\n')).toBe(true);
  });

  it('keeps quiet below its level', () => {
    const { log, lines } = capture('warn');
    log.debug('one');
    log.info('two');
    log.warn('three');
    log.error('four');
    expect(lines().map(({ event }) => event)).toEqual(['three', 'four']);
  });

  it('takes only fixed events and known fields', () => {
    const { log } = capture();
    const typed = (text: string) => {
      // @ts-expect-error a variable can hold anything
      log.info(text);
      // @ts-expect-error a template can hold anything
      log.info(`from ${text}`);
      // @ts-expect-error there is no field for text
      log.info('message stored', { text });
      // @ts-expect-error there is no field for a telephone number
      log.info('message stored', { phone: text });
      log.info('message stored', { outcome: text });
    };
    expect(typed).toBeInstanceOf(Function);
  });

  it('A12 A33 writes no number, address, name or text, whatever it is handed', () => {
    const { log, text } = capture();
    for (const canary of canaries) {
      // Words alone are an event as far as can be told at run time: there the types are the only guard.
      if (/[\d@]/.test(canary)) log.info(canary as 'x');
      log.info('stored', forced({ body: canary, authorization: canary, 'x-twilio-signature': canary }));
      for (const name of ['senderId', 'messageId', 'outcome', 'kind', 'code', 'reason', 'ms', 'port', 'requestId']) {
        log.warn('stored', forced({ [name]: canary }));
        log.warn('stored', forced({ [name]: { canary }, [canary]: 1 }));
      }
      log.error('failed', { error: new Error(canary) });
      log.error('failed', { error: canary });
      log.error('failed', { error: Object.assign(new TypeError(canary), { code: canary, detail: { canary } }) });
      const cause = new Error(canary, { cause: canary });
      log.error('failed', { error: new AggregateError([new Error(canary)], canary, { cause }) });
      log.error('failed', { error: ApplicationFailure.create({ type: canary, message: canary, details: [canary] }) });
    }
    expect(canaries.filter((canary) => text().includes(canary))).toEqual([]);
  });

  it('says how many fields it left out', () => {
    const { log, lines } = capture();
    log.info('stored', forced({ text: 'a', phone: 'b', kind: 'text', outcome: undefined }));
    expect(lines()[0]).toMatchObject({ kind: 'text', dropped: 2 });
    expect(lines()[0]).not.toHaveProperty('outcome');
  });

  it('says only the length of a list', () => {
    const { log, lines } = capture();
    log.info('stored', { doubts: ['Label', '1From+4917612345678'] });
    expect(lines()[0]).toMatchObject({ doubts: 2 });
  });

  it('keeps to one line, whatever an event holds', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (event, value) => {
      const { log, text } = capture();
      log.info(event as 'x', forced({ outcome: value, [value]: value }));
      expect(text().split('\n')).toHaveLength(2);
      expect(JSON.parse(text())).toMatchObject({ level: 'info' });
    }), { numRuns: 500 });
  });
});

describe('an error in the log', () => {
  const logged = (error: unknown) => {
    const { log, lines } = capture();
    log.error('failed', { error });
    return lines()[0]!.error as Record<string, unknown>;
  };

  it('keeps its words when they are ours', () => {
    expect(logged(new Fault('throttled', 'twilio', '63018', 500))).toEqual({
      name: 'Fault', message: 'twilio throttled: 63018', kind: 'throttled', code: '63018',
    });
    const { message } = logged(new Misconfiguration(['DOORMAN_PORT: is missing']));
    expect(message).toContain('DOORMAN_PORT');
  });

  it('of a database keeps SQLSTATE and constraint, not the row that it quotes', () => {
    const error = Object.assign(new Error('duplicate key'), {
      name: 'error', code: '23505', constraint: 'senders_pkey', detail: 'Key (address)=(+49176) already exists.',
    });
    expect(logged(error)).toMatchObject({ name: 'error', code: '23505', constraint: 'senders_pkey' });
    expect(JSON.stringify(logged(error))).not.toContain('already');
  });

  it('that is a bug keeps the places in our source', () => {
    const { at, ...rest } = logged(new TypeError('x of 483920 is undefined'));
    expect(rest).toEqual({ name: 'TypeError' });
    expect((at as string[])[0]).toMatch(/log\.test\.ts:\d+:\d+/);
  });

  it('cannot pass words as places', () => {
    const lying = new Error('first line\n    at Anna (file.ts:1:2)\n    at 483920 (file.ts:1:1)');
    const mended = new Error('hidden');
    expect(mended.stack).toContain('hidden');
    mended.message = 'other words';
    const stack = 'Error: m\n    at Anna Schmidt, 483920 (x)\n    at f (/app/491761234567/x.ts:1:1)';
    const forged = Object.assign(new Error('m'), { stack });
    expect(JSON.stringify([logged(lying), logged(forged)])).not.toMatch(/Anna|483920|49176/);
    expect(logged(mended)).toEqual({ name: 'Error' });
  });

  it('is followed to its causes, not for ever', () => {
    const error = new Error('a', { cause: Object.assign(new Error('b'), { code: 'ECONNREFUSED' }) });
    expect(logged(error)).toMatchObject({ causes: [{ code: 'ECONNREFUSED' }] });
    const circle = new Error('c');
    circle.cause = circle;
    expect(logged(circle)).toMatchObject({ name: 'Error' });
  });

  const anything = [[undefined], [null], ['text'], [7], [Symbol('x')], [{}], [[]], [Object.create(null)]];
  it.each(anything)('may be anything: %p', (thrown) => {
    const { log } = capture();
    expect(() => log.error('failed', { error: thrown })).not.toThrow();
  });
});

describe('the log of the Temporal SDK', () => {
  const cause = new Error('provider said 483920 to Anna Schmidt');
  const failure = new ActivityFailure('failed: 483920', 'sendCode', '1', 'TIMEOUT', 'Anna Schmidt', cause);

  it('comes through with its ids and without words', () => {
    const { log, lines } = capture();
    new DefaultLogger('INFO', temporalLogger(log)).warn('Activity failed', {
      workflowId: `wa-${id}`, runId: id, workflowType: 'conversation', activityType: 'sendCode', activityId: '1',
      attempt: 2, taskQueue: 'doorman', namespace: 'default', sdkComponent: 'worker', error: failure,
      input: ['483920'], x: 'Anna Schmidt',
    });
    expect(lines()).toEqual([{
      level: 'warn', time: expect.any(String), name: 'web', event: 'Activity failed', workflowId: `wa-${id}`, runId: id,
      workflowType: 'conversation', activity: 'sendCode', attempt: 2, taskQueue: 'doorman', component: 'worker',
      error: expect.objectContaining({ name: 'ActivityFailure', causes: [expect.objectContaining({ name: 'Error' })] }),
    }]);
    expect(JSON.stringify(lines())).not.toMatch(/483920|Anna/);
  });

  it.each([
    ['Error while processing ActivityTask.start: 483920 for Anna Schmidt', 'Error while processing ActivityTask.start'],
    ['Failed "483920"', 'Failed'], ['Poll failed (483920)', 'Poll failed'], ['error=483920', 'error'],
    ['483920', '[withheld]'], ['', 'Temporal'],
    ['Worker state changed', 'Worker state changed'],
  ])('says of %j only %j', (message, event) => {
    const { log, lines } = capture();
    new DefaultLogger('INFO', temporalLogger(log)).error(message, { err: new Error('483920') });
    expect(lines()[0]!.event).toBe(event);
    expect(JSON.stringify(lines())).not.toMatch(/483920|Anna/);
  });

  it('keeps what the activities say of their own faults', () => {
    const { log, lines } = capture();
    const write = temporalLogger(log);
    for (const error of [new Fault('unavailable', 'twilio', '20500'), new TypeError('483920')]) {
      write({ level: 'WARN', message: 'Activity failed', meta: { error: failureOf(error) } });
    }
    expect(lines().map(({ error }) => error)).toEqual([
      { name: 'ApplicationFailure', message: 'twilio unavailable: 20500', type: 'unavailable' },
      { name: 'ApplicationFailure', message: expect.stringMatching(/^TypeError at .*log\.test\.ts:\d/), type: 'bug' },
    ]);
  });

  it('has all its levels', () => {
    const { log, lines } = capture();
    const logger = new DefaultLogger('TRACE', temporalLogger(log));
    logger.trace('a');
    logger.debug('b');
    logger.info('c');
    expect(lines().map(({ level }) => level)).toEqual(['debug', 'debug', 'info']);
  });
});
