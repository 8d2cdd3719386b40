// A call that carries a code, from the first word to what is noted of it, over a real socket and a real Postgres.
import { claimSpeaking } from '../../../src/otp/voice/callSends';
import { heardIn } from '../../otp/voice/transcript';
import { createCallWorld, keysOf, newCallSid } from './callWorld';
import type { CallWorld, PlacedCall } from './callWorld';

let world: CallWorld;
let note: CallWorld['note'];

beforeAll(async () => {
  world = await createCallWorld();
  note = world.note;
}, 60_000);
afterEach(() => { world.note = note; });
afterAll(() => world.close());

const goodbye = '<?xml version="1.0" encoding="UTF-8"?><Response><Say language="en-US">Goodbye.</Say><Hangup/></Response>';
/** What the code sounds like in the markup. */
const spelt = (code: string) => [...code].map((digit) => ` <say-as interpret-as="digits">${digit}</say-as><break time="600ms"/>`).join('');

describe('a call with a code', () => {
  test('asks for two keys, then speaks the code twice, who asked for it and a warning, and ends', async () => {
    const call = await world.placed({ digits: 8 });
    const question = await world.answered(call);
    const [first, second] = keysOf(call);
    expect(heardIn(question.text)).toEqual([expect.stringMatching(`^Hello, this is Acme,.*press ${first} and then ${second}\\.$`)]);
    expect(question.text).toContain(`action="https://doorman.example.com/webhooks/twilio/voice/${call.receiptId}/pressed"`);
    const { text } = await world.pressed(call);
    expect(heardIn(text)).toEqual([
      `Your code is: ${call.code}`, `Once more, your code is: ${call.code}`,
      expect.stringMatching(/ends in: \d{4}$/), expect.stringMatching(/5 minutes.*nobody will ask/)]);
    expect(text.split(spelt(call.code))).toHaveLength(3);
    expect(text).toMatch(/<Hangup\/><\/Response>$/);
  });

  test('is answered as TwiML that nobody on the way keeps', async () => {
    const call = await world.placed();
    for (const answer of [await world.answered(call), await world.pressed(call), await world.pressed(call, '')]) {
      expect([answer.status, answer.headers['content-type'], answer.headers['cache-control']])
        .toEqual([200, 'text/xml; charset=utf-8', 'no-store']);
    }
  });

  test('speaks the language of the employee', async () => {
    const call = await world.placed({ employee: '144136' });
    expect((await world.answered(call)).text).toMatch(/<Say language="de-DE">Guten Tag, hier ist Acme/);
    expect(heardIn((await world.pressed(call)).text)[0]).toBe(`Ihr Code lautet: ${call.code}`);
  });

  test('says how long the code still counts, a minute at least', async () => {
    const call = await world.placed();
    await world.owner.query(`UPDATE challenges SET expires_at = clock_timestamp() + interval '20 s' WHERE id = $1`, [call.challengeId]);
    expect(heardIn((await world.pressed(call)).text).at(-1)).toContain('1 minute.');
  });

  test('keeps the code out of the send, and only says where it was spoken', async () => {
    const call = await world.placed();
    await world.pressed(call);
    const row = await world.sendOf(call);
    expect(row).toMatchObject({ spoken_call: call.callSid, spoken_at: expect.any(Date) });
    expect(JSON.stringify(row)).not.toContain(call.code);
  });
});

describe('whoever did not press the keys', () => {
  test('A49 hears no code: an answering machine gets the question and a goodbye', async () => {
    const call = await world.placed();
    const answers = [await world.answered(call), await world.pressed(call, ''), await world.pressed(call, '', { Digits: undefined })];
    for (const { text } of answers) expect(heardIn(text).join(' ')).not.toMatch(/\d{2}|\d \d/);
    expect(answers.slice(1).map(({ text }) => text)).toEqual([goodbye, goodbye]);
    expect((await world.sendOf(call)).spoken_call).toBeNull();
  });

  test.each(['#', '*', '1', '123', '1#', 'ww', '\u0661\u0661', '１１', ' 1', '1\n', '-1', '0x1'])('A49 hears no code for %j', async (key) => {
    const call = await world.placed();
    expect((await world.pressed(call, key)).text).toBe(goodbye);
    expect((await world.sendOf(call)).spoken_call).toBeNull();
    expect(heardIn((await world.pressed(call)).text)[0]).toContain(call.code);
  });

  test('A49 hears no code for any other keys than the call asked for, which a greeting cannot hold before the call', async () => {
    const call = await world.placed();
    const others = Array.from({ length: 100 }, (_, keys) => String(keys).padStart(2, '0')).filter((keys) => keys !== keysOf(call));
    const answers = await Promise.all(others.map((keys) => world.pressed(call, keys)));
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set([goodbye]));
    // Nor for those of another call with the same code.
    const [later] = Array.from({ length: 20 }, newCallSid).filter((callSid) => keysOf(call, callSid) !== keysOf(call));
    expect((await world.pressed(call, keysOf(call), { CallSid: later })).text).toBe(goodbye);
    expect((await world.sendOf(call)).spoken_call).toBeNull();
    expect((await world.pressed(call)).text).toContain(spelt(call.code));
  });
});

describe('a code', () => {
  test('A49 is spoken again to the call that lost the answer, within a minute, and to no other call at all', async () => {
    const call = await world.placed();
    const other = { CallSid: newCallSid() };
    const first = await world.pressed(call);
    expect(first.text).toContain(spelt(call.code));
    expect((await world.pressed(call)).text).toBe(first.text);
    expect([(await world.answered(call, other)).text, (await world.pressed(call, undefined, other)).text]).toEqual([goodbye, goodbye]);
    const later = (seconds: number) => world.owner.query(
      `UPDATE outbox SET spoken_at = spoken_at - $2 * interval '1 s' WHERE id = $1`, [call.receiptId, seconds]);
    await later(40);
    expect((await world.pressed(call)).text).toBe(first.text);
    await later(21);
    expect([(await world.pressed(call)).text, (await world.pressed(call, undefined, other)).text]).toEqual([goodbye, goodbye]);
  });

  test('A49 is spoken in one call, however many press at once', async () => {
    const call = await world.placed();
    const answers = await Promise.all(Array.from({ length: 40 }, () => world.pressed(call, undefined, { CallSid: newCallSid() })));
    const texts = answers.map(({ text }) => text);
    expect(texts.filter((text) => text.includes(spelt(call.code)))).toHaveLength(1);
    expect(texts.filter((text) => text === goodbye)).toHaveLength(39);
  });

  test('is not spoken when it ended, or its send was withheld, after the call had asked', async () => {
    const [used, withheld, live] = [await world.placed(), await world.placed(), await world.placed()];
    await ended('used')(used);
    await world.owner.query(`UPDATE outbox SET state = 'withheld' WHERE id = $1`, [withheld.receiptId]);
    const claims = [used, withheld, live].map((call) => claimSpeaking(world.pool, { ...call, callId: call.callSid }));
    expect(await Promise.all(claims)).toEqual([false, false, true]);
  });

  test('is spoken also when its call asks before the provider\'s answer to us was noted', async () => {
    const call = await world.placed();
    await world.owner.query(`UPDATE outbox SET state = 'pending', provider_id = NULL, settled_at = NULL WHERE id = $1`, [call.receiptId]);
    expect((await world.pressed(call)).text).toContain(spelt(call.code));
    expect(await world.sendOf(call)).toMatchObject({ state: 'sent', provider_id: call.callSid, receipt: 'delivered' });
  });
});

const change = (sql: string) => async (call: PlacedCall) => {
  await world.owner.query(sql, [call.challengeId]);
  return call;
};
const ended = (state: string) => change(`UPDATE challenges SET state = '${state}', ended_at = clock_timestamp() WHERE id = $1`);
const nobody = async () => ({ ...await world.placed(), receiptId: '0d3c7a9e-5b1f-4c52-9a77-1f6a1c0b2e11' });

/** Calls that look like one that carries a code, and carry none. */
const wrongOnes: Record<string, () => Promise<PlacedCall>> = {
  'a send that there never was': nobody,
  'a send by SMS': () => world.placed({ method: 'sms' }),
  'a send by e-mail': () => world.placed({ method: 'email' }),
  'a reply in the chat': () => world.placed({ kind: 'reply' }),
  'a decoy': () => world.placed({ employee: null }),
  'somebody who has left': () => world.placed({ employee: '144134' }),
  'somebody without a telephone': () => world.placed({ employee: '144135' }),
  'another number than the registered one': async () => ({ ...await world.placed(), to: '+447700900124' }),
  'no number at all': async () => ({ ...await world.placed(), to: '' }),
  'a code that is used': async () => ended('used')(await world.placed()),
  'a code that was voided': async () => ended('voided')(await world.placed()),
  'a code that was guessed at too often': async () => ended('exhausted')(await world.placed()),
  'a code that has expired': async () => change(
    `UPDATE challenges SET expires_at = clock_timestamp() - interval '1 ms' WHERE id = $1`)(await world.placed()),
  'a code that its employee disowned': async () => change('UPDATE challenges SET employee_id = NULL WHERE id = $1')(await world.placed()),
  'a send for which there was no budget': () => world.placed({ allowed: false }),
  'a send that was withheld': async () => change(
    `UPDATE outbox SET state = 'withheld', provider_id = NULL WHERE key LIKE $1 || ':%'`)(await world.placed()),
  'a send that the provider refused': async () => change(
    `UPDATE outbox SET state = 'failed', provider_id = NULL WHERE key LIKE $1 || ':%'`)(await world.placed()),
};

describe('A49 what may hear no code', () => {
  test.each(Object.keys(wrongOnes))('hears goodbye, byte for byte the same, and is not noted as spoken: %s', async (what) => {
    const call = await wrongOnes[what]!();
    const answers = [await world.answered(call), await world.pressed(call, ''), await world.pressed(call)];
    expect(answers.map(({ status, text }) => [status, text])).toEqual([[200, goodbye], [200, goodbye], [200, goodbye]]);
    expect(answers.map(({ headers }) => headers['content-type'])).toEqual(answers.map(() => 'text/xml; charset=utf-8'));
    const { rows } = await world.pool.query('SELECT FROM outbox WHERE id = $1 AND spoken_call IS NOT NULL', [call.receiptId]);
    expect(rows).toEqual([]);
  });

  test('is answered with the headers of what may', async () => {
    const names = ({ headers }: { headers: object }) => Object.keys(headers).sort();
    expect(names(await world.answered(await nobody()))).toEqual(names(await world.answered(await world.placed())));
  });
});

describe('what became of a call', () => {
  test('is delivered when the keys were pressed, and stays so when the call is over', async () => {
    const call = await world.placed();
    await world.pressed(call);
    expect(await world.sendOf(call)).toMatchObject({ receipt: 'delivered', receipt_fault: null });
    for (const status of ['completed', 'failed', 'ringing']) {
      expect((await world.reported(call, status)).status).toBe(204);
      expect(await world.sendOf(call)).toMatchObject({ receipt: 'delivered', receipt_fault: null });
    }
  });

  test.each(['busy', 'no-answer', 'failed', 'canceled', 'completed'])('is undelivered when it ended as %s and no keys were pressed', async (status) => {
    const call = await world.placed();
    await world.answered(call);
    await world.pressed(call, '#');
    const { status: code, text } = await world.reported(call, status);
    expect([code, text]).toEqual([204, '']);
    expect(await world.sendOf(call)).toMatchObject({ receipt: 'undelivered', receipt_fault: status, provider_id: call.callSid });
  });

  test('is noted on the way, never back, and settles a send whose answer was lost', async () => {
    const call = await world.placed();
    await world.owner.query(`UPDATE outbox SET state = 'pending', provider_id = NULL, settled_at = NULL WHERE id = $1`, [call.receiptId]);
    const seen: unknown[] = [];
    for (const status of ['initiated', 'ringing', 'in-progress', 'ringing', 'a status of the future']) {
      await world.reported(call, status);
      const { receipt, state, provider_id } = await world.sendOf(call);
      seen.push([receipt, state, provider_id === call.callSid]);
    }
    expect(seen).toEqual([['sending', 'sent', true], ['sending', 'sent', true], ['sent', 'sent', true], ['sent', 'sent', true], ['sent', 'sent', true]]);
  });

  test('is noted by the end of the call when it could not be when the keys were pressed, which is heard all the same', async () => {
    const call = await world.placed();
    world.note = () => Promise.reject(new Error('no database for +447700900123'));
    expect((await world.pressed(call)).text).toContain(spelt(call.code));
    expect((await world.sendOf(call)).receipt).toBeNull();
    expect((await world.reported(call, 'completed')).status).toBe(503);
    world.note = note;
    expect((await world.reported(call, 'completed')).status).toBe(204);
    expect(await world.sendOf(call)).toMatchObject({ receipt: 'delivered', receipt_fault: null });
  });

  test('is what the call did in which the code was heard, when the telephone rang twice', async () => {
    const call = await world.placed();
    const second = { CallSid: newCallSid() };
    await world.pressed(call, undefined, second);
    await world.reported(call, 'no-answer');
    expect(await world.sendOf(call)).toMatchObject({ receipt: 'delivered', spoken_call: second.CallSid });
  });

  test('changes no send that goes another way, and is answered alike for one that there never was', async () => {
    const others = [await nobody(), await world.placed({ method: 'sms' }), await world.placed({ kind: 'reply' })];
    for (const call of others) {
      const { status, text } = await world.reported(call, 'failed');
      expect([status, text]).toEqual([204, '']);
    }
    expect(await world.sendOf(others[1]!)).toMatchObject({ receipt: null });
    expect(await world.sendOf(others[2]!)).toMatchObject({ receipt: null });
  });
});

test('nothing of a person, a code or a call is in the log after all this', () => {
  const written = world.lines.join('');
  expect(written).toContain('receipt not noted');
  // Any code, any number, any call.
  expect(written.replace(/"(time|requestId)":"[^"]*"/g, '')).not.toMatch(/\d{6}|CA[0-9a-f]{32}|Acme|144133/);
});
