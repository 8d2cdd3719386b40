import twilio from 'twilio';
import { accept, account, closeSimulations, listenAsDoorman, quickPace, sdk, simulate } from '../../../support/simulation';
import type { ReceivedPost, RecordingDoorman } from '../../../support/simulation';

const maya = '+12025550123';
const code = '483920';
const path = '/webhooks/twilio/voice/0f1e';
const events = ['initiated', 'ringing', 'answered', 'completed'];

afterEach(closeSimulations);

function voice(render: (response: InstanceType<typeof twilio.twiml.VoiceResponse>) => void): string {
  const response = new twilio.twiml.VoiceResponse();
  render(response);
  return response.toString();
}

/** Asks for a key, then speaks the code twice, digit by digit; says goodbye to whoever presses none. */
const documents: Readonly<Record<string, (post: ReceivedPost) => string>> = {
  [path]: () => voice((response) => {
    response.gather({ numDigits: 1, timeout: 6, actionOnEmptyResult: true, action: `${path}/pressed` })
      .say({ language: 'en-GB' }, 'Press a key to hear your code.');
  }),
  [`${path}/pressed`]: ({ form }) => voice((response) => {
    const say = response.say({ language: 'en-GB' }, form.Digits === '' ? 'Goodbye.' : 'Your code is');
    if (form.Digits !== '') {
      for (const digit of code + code) {
        say.sayAs({ 'interpret-as': 'digits' }, digit);
        say.break({ time: '600ms' });
      }
    }
    response.hangup();
  }),
};

function speakAsDoorman(others: typeof documents = {}): Promise<RecordingDoorman> {
  return listenAsDoorman((post, res) => {
    const document = others[post.path] ?? documents[post.path];
    if (document === undefined) return accept(res);
    res.writeHead(200, { 'Content-Type': 'text/xml; charset=utf-8' }).end(document(post));
  });
}

const statusesOf = ({ posts }: RecordingDoorman) =>
  posts.filter(({ path: posted }) => posted === '/status').map(({ form }) => form.CallStatus);
const isOver = ({ endedAt }: { endedAt: number | null }) => endedAt !== null;

function callMaya(url: string, doorman: RecordingDoorman) {
  return sdk(url).calls.create({
    to: maya, from: account.smsSender, url: doorman.url + path, timeout: 25, timeLimit: 60,
    statusCallback: `${doorman.url}/status`, statusCallbackEvent: events,
  });
}

describe('a call that is answered', () => {
  it('asks for a key, speaks the code digit by digit, and tells of each step', async () => {
    const doorman = await speakAsDoorman();
    const { url, switchboard, callTo } = await simulate({ webhookUrl: doorman.url });
    const { sid } = await callMaya(url, doorman);
    switchboard.answer((await callTo(maya)).sid);
    await callTo(maya, ({ isListening }) => isListening);
    switchboard.press(sid, '1');
    const { transcript, status } = await callTo(maya, isOver);

    expect(status).toBe('completed');
    expect(transcript).toEqual([
      { kind: 'said', text: 'Press a key to hear your code.', language: 'en-GB' },
      { kind: 'pressed', text: '1' },
      { kind: 'said', text: `Your code is ${[...code + code].join(' ')}`, language: 'en-GB' },
    ]);
    await doorman.received(6);
    expect(statusesOf(doorman)).toEqual(['initiated', 'ringing', 'in-progress', 'completed']);
    await expect(sdk(url).calls(sid).fetch()).resolves.toMatchObject({ status: 'completed', duration: expect.stringMatching(/^\d+$/) });
  });

  it('is told with Twilio’s parameters and signatures', async () => {
    const doorman = await speakAsDoorman();
    const { url, switchboard, callTo } = await simulate({ webhookUrl: doorman.url });
    const { sid } = await callMaya(url, doorman);
    switchboard.answer(sid);
    await callTo(maya, ({ isListening }) => isListening);
    switchboard.press(sid, '7');
    await callTo(maya, isOver);
    const posts = await doorman.received(6);
    const of = (posted: string) => posts.filter((post) => post.path === posted);
    const parties = { CallSid: sid, AccountSid: account.sid, From: account.smsSender, To: maya, Caller: account.smsSender,
      Called: maya, Direction: 'outbound-api', ApiVersion: '2010-04-01', ToCountry: 'US' };
    expect(of(path)[0]!.form).toMatchObject({ ...parties, CallStatus: 'in-progress' });
    expect(of(path)[0]!.form).not.toHaveProperty('Digits');
    expect(of(`${path}/pressed`)[0]!.form).toMatchObject({ ...parties, Digits: '7', FinishedOnKey: '', msg: 'Gather End' });
    expect(of('/status').map(({ form }) => form.SequenceNumber)).toEqual(['0', '1', '2', '3']);
    const [initiated, , , completed] = of('/status') as [ReceivedPost, ReceivedPost, ReceivedPost, ReceivedPost];
    expect(initiated.form).toMatchObject({ ...parties, CallbackSource: 'call-progress-events' });
    expect(initiated.form).not.toHaveProperty('CallDuration');
    expect(completed.form).toMatchObject({
      CallDuration: expect.stringMatching(/^\d+$/), SipResponseCode: '200', Timestamp: expect.stringMatching(/ \+0000$/),
    });
    for (const post of posts) {
      const signature = String(post.headers['x-twilio-signature']);
      expect(twilio.validateRequest(account.authToken, signature, doorman.url + post.path, post.form)).toBe(true);
      expect(post.headers['content-type']).toBe('application/x-www-form-urlencoded; charset=utf-8');
    }
  });

  it('is signed over the public address of Doorman, without the port that HTTPS calls leave out', async () => {
    const doorman = await speakAsDoorman();
    const publicOrigin = 'https://doorman.example.com:8443';
    const { url, switchboard } = await simulate({ webhookUrl: doorman.url, publicUrl: `${publicOrigin}/webhooks/twilio/message` });
    const { sid } = await sdk(url).calls.create({ to: maya, from: account.smsSender, url: publicOrigin + path });
    switchboard.answer(sid);
    const [{ headers, form }] = await doorman.received(1) as [ReceivedPost];
    const signed = twilio.getExpectedTwilioSignature(account.authToken, `https://doorman.example.com${path}`, form);
    expect(headers['x-twilio-signature']).toBe(signed);
  });

  it('stops speaking when a key is pressed in the middle of the words', async () => {
    const doorman = await speakAsDoorman();
    const { url, switchboard, callTo } = await simulate({ webhookUrl: doorman.url, pace: { ...quickPace, speechSecondMs: 60_000 } });
    const { sid } = await callMaya(url, doorman);
    switchboard.answer(sid);
    await callTo(maya, ({ transcript, isListening }) => isListening && transcript.length === 1);
    switchboard.press(sid, '5');
    const { transcript } = await callTo(maya, (call) => call.transcript.length === 3);
    expect(transcript[2]!.text).toBe('Your code is');
  });

  it.each([
    ['the key that ends the input is no digit', {}, '#', { Digits: '', FinishedOnKey: '#' }],
    ['several digits are one input', { numDigits: 3 }, '12#', { Digits: '12', FinishedOnKey: '#' }],
    ['every key counts where none ends the input', { finishOnKey: '', numDigits: 2 }, '#*', { Digits: '#*', FinishedOnKey: '' }],
  ])('hears keys: %s', async (_case, attributes, keys, heard) => {
    const doorman = await speakAsDoorman({
      [path]: () => voice((response) => {
        response.gather({ numDigits: 1, actionOnEmptyResult: true, action: `${path}/pressed`, ...attributes }).say('?');
      }),
    });
    const { url, switchboard, callTo } = await simulate({ webhookUrl: doorman.url });
    const { sid } = await callMaya(url, doorman);
    switchboard.answer(sid);
    await callTo(maya, ({ isListening }) => isListening);
    switchboard.press(sid, keys);
    await callTo(maya, isOver);
    expect(doorman.posts.find((post) => post.path === `${path}/pressed`)!.form).toMatchObject(heard);
  });

  it('ends when the person hangs up', async () => {
    const doorman = await speakAsDoorman();
    const { url, switchboard, callTo } = await simulate({ webhookUrl: doorman.url });
    const { sid } = await callMaya(url, doorman);
    switchboard.answer(sid);
    await callTo(maya, ({ isListening }) => isListening);
    expect(switchboard.hangUp(sid)).toMatchObject({ status: 'completed', isListening: false });
    expect(switchboard.press(sid, '1')?.transcript).toHaveLength(1);
  });

  it('ends when its time is over', async () => {
    const doorman = await speakAsDoorman({ [path]: () => '<Response><Pause length="600"/></Response>' });
    const { url, faults, callTo } = await simulate({ webhookUrl: doorman.url, pace: { ...quickPace, ringSecondMs: 0, speechSecondMs: 60_000 } });
    faults.set({ telephones: 'voicemail' });
    await callMaya(url, doorman);
    await expect(callTo(maya, isOver)).resolves.toMatchObject({ status: 'completed' });
  });

  it.each([
    ['is no XML', () => '<Response><Say>', '12100'],
    ['is no TwiML', () => '<Response><Play>x</Play></Response>', '12200'],
    ['leads nowhere', () => '<Response><Redirect>http://</Redirect></Response>', '11100'],
  ])('apologises when what Doorman answers %s', async (_case, document, alert) => {
    const doorman = await speakAsDoorman({ [path]: document });
    const { url, switchboard, callTo } = await simulate({ webhookUrl: doorman.url });
    const { sid } = await callMaya(url, doorman);
    switchboard.answer(sid);
    const { transcript } = await callTo(maya, isOver);
    expect(transcript.map(({ text }) => text)).toEqual([
      expect.stringContaining(`Twilio would log ${alert}`), 'We are sorry, an application error has occurred. Goodbye.',
    ]);
  });

  it('apologises when Doorman refuses or is not there', async () => {
    const doorman = await listenAsDoorman((_post, res) => void res.writeHead(403).end());
    const { url, switchboard, callTo } = await simulate({ webhookUrl: doorman.url });
    switchboard.answer((await callMaya(url, doorman)).sid);
    const { transcript } = await callTo(maya, isOver);
    expect(transcript[0]!.text).toContain('Twilio would log 11200');
  });
});

describe('a call that is not answered', () => {
  it('was declined', async () => {
    const doorman = await speakAsDoorman();
    const { url, switchboard } = await simulate({ webhookUrl: doorman.url });
    const { sid } = await callMaya(url, doorman);
    expect(switchboard.decline(sid)).toMatchObject({ status: 'busy', startedAt: null });
    expect(switchboard.answer(sid)).toMatchObject({ status: 'busy' });
    await doorman.received(3);
    expect(statusesOf(doorman)).toEqual(['initiated', 'ringing', 'busy']);
    expect(doorman.posts.at(-1)!.form).toMatchObject({ CallDuration: '0', SipResponseCode: '486' });
  });

  it.each([
    ['busy', ['initiated', 'busy']],
    ['failed', ['initiated', 'failed']],
    ['no-answer', ['initiated', 'ringing', 'no-answer']],
  ] as const)('ends as %s when that is how telephones are', async (telephones, statuses) => {
    const doorman = await speakAsDoorman();
    const { url, faults, callTo } = await simulate({ webhookUrl: doorman.url, pace: { ...quickPace, ringSecondMs: 0 } });
    faults.set({ telephones });
    const { sid } = await callMaya(url, doorman);
    await expect(callTo(maya, isOver)).resolves.toMatchObject({ status: telephones, transcript: [] });
    await doorman.received(statuses.length);
    expect(statusesOf(doorman)).toEqual(statuses);
    await expect(sdk(url).calls(sid).fetch()).resolves.toMatchObject({ status: telephones, duration: '0' });
  });

  it('was rung out', async () => {
    const doorman = await speakAsDoorman();
    const { url, callTo } = await simulate({ webhookUrl: doorman.url, pace: { ...quickPace, ringSecondMs: 0 } });
    await callMaya(url, doorman);
    await expect(callTo(maya, isOver)).resolves.toMatchObject({ status: 'no-answer' });
  });

  it('reaches a voicemail that hears all and presses nothing', async () => {
    const doorman = await speakAsDoorman();
    const { url, faults, switchboard, callTo } = await simulate({ webhookUrl: doorman.url, pace: { ...quickPace, ringSecondMs: 2 } });
    faults.set({ telephones: 'voicemail' });
    const { sid } = await sdk(url).calls.create({ to: maya, from: account.smsSender, url: doorman.url + path });
    await callTo(maya, ({ transcript }) => transcript.length > 0);
    switchboard.press(sid, '1');
    const { transcript, status } = await callTo(maya, isOver);
    expect(status).toBe('completed');
    expect(transcript.map(({ text }) => text)).toEqual(['Press a key to hear your code.', 'Goodbye.']);
  });
});

describe('the callbacks of a call', () => {
  it('are only of the events that were asked for', async () => {
    const doorman = await speakAsDoorman();
    const { url, switchboard } = await simulate({ webhookUrl: doorman.url });
    const ask = (statusCallbackEvent?: string[]) => sdk(url).calls.create({
      to: maya, from: account.smsSender, url: doorman.url + path, statusCallback: `${doorman.url}/status`,
      ...(statusCallbackEvent === undefined ? {} : { statusCallbackEvent }),
    });
    switchboard.decline((await ask()).sid);
    await doorman.received(1);
    switchboard.decline((await ask(['ringing'])).sid);
    await doorman.received(2);
    expect(statusesOf(doorman)).toEqual(['busy', 'ringing']);
  });

  it('come twice, out of order or wrongly signed when a fault switch says so', async () => {
    const doorman = await speakAsDoorman();
    const { url, faults, switchboard } = await simulate({ webhookUrl: doorman.url });
    faults.set({ statusReordered: true, webhookBadSignature: true });
    const { sid } = await callMaya(url, doorman);
    await doorman.received(2);
    faults.set({ statusReordered: false, statusCopies: 2 });
    switchboard.decline(sid);
    const posts = await doorman.received(4);
    expect(statusesOf(doorman)).toEqual(['ringing', 'initiated', 'busy', 'busy']);
    const signature = String(posts[0]!.headers['x-twilio-signature']);
    expect(twilio.validateRequest(account.authToken, signature, `${doorman.url}/status`, posts[0]!.form)).toBe(false);
  });
});
