// The simulator's mail server, as Doorman's own mailer sees it, and the mailboxes as the page and tests ask for them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultKind } from '../../src/domain/faults';
import { createMailer } from '../../src/mail/mailer';
import type { Mail, Mailer } from '../../src/mail/mailer';
import { mailFaults } from '../../src/simulator/faults';
import type { Faults } from '../../src/simulator/faults';
import type { SimulatorOptions } from '../../src/simulator/options';
import type { RunningSimulator } from '../../src/simulator/simulator';
import { faultOf } from '../ports/leaks';
import { closeSimulations, simulate } from '../support/simulation';

const from = 'doorman@example.com';
const maya = 'maya.lindqvist@example.com';
const mail: Mail = {
  key: 'code:1', to: maya, subject: 'Example Ltd: für Ümläute – 漢字', text: 'Grüße 🔑\n\n483920\n\nhttps://a.example/x', html: '<p>Grüße <b>483920</b></p>',
};

const mailers: Mailer[] = [];
afterEach(async () => {
  for (const mailer of mailers.splice(0)) mailer.close();
  await closeSimulations();
});

const serve = (changes: Partial<SimulatorOptions> = {}) => simulate({ mail: { port: 0, password: 'a p@ss/word' }, ...changes });

function mailerTo({ smtpUrl }: RunningSimulator, login: { username?: string; password?: string } = {}, timeoutMs?: number): Mailer {
  const url = Object.assign(new URL(smtpUrl!), login).href;
  const mailer = createMailer({ url, from, production: false, ...timeoutMs === undefined ? {} : { timeoutMs } });
  mailers.push(mailer);
  return mailer;
}

describe('the mail server', () => {
  it('keeps a mail as its reader sees it, and as the envelope said', async () => {
    const simulator = await serve();
    const sent = await mailerTo(simulator).send(mail);
    const [kept] = await simulator.mailsTo(maya);
    expect(kept).toMatchObject({ from, to: [maya], subject: mail.subject, html: expect.stringContaining(mail.html) });
    expect(kept!.text.replaceAll('\r\n', '\n').trim()).toBe(mail.text);
    expect(sent).toEqual({ outcome: 'accepted', providerId: kept!.messageId.slice(1, -1) });
  });

  it('is there only when it is asked for', async () => {
    expect((await simulate()).smtpUrl).toBeUndefined();
  });

  it.each([
    ['another password', { password: 'wrong' }, '535 5.7.8'], ['another user', { username: 'somebody' }, '535 5.7.8'],
    ['no login', { username: '', password: '' }, '530'],
  ])('takes nothing with %s', async (_case, login, code) => {
    const simulator = await serve();
    expect((await faultOf(mailerTo(simulator, login).send(mail), 'misconfigured', [])).code).toContain(code);
    expect(simulator.state.mails()).toEqual([]);
  });

  it('has no mailbox for nobody, at any domain', async () => {
    const simulator = await serve();
    expect(await mailerTo(simulator).send({ ...mail, to: 'nobody@example.com' })).toEqual({ outcome: 'undeliverable', code: '550 5.1.1' });
    expect(simulator.state.mails()).toEqual([]);
  });

  it('keeps the last two hundred', async () => {
    const { state } = await serve();
    for (let n = 1; n <= 205; n += 1) state.saveMail({ id: `m${n}`, at: n, from, to: [maya], messageId: '', subject: '', text: '', html: null });
    expect(state.mails().map(({ id }) => id)).toEqual(Array.from({ length: 200 }, (_, n) => `m${n + 6}`));
  });

  it('keeps mails over a restart, and forgets them at a reset', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    try {
      const statePath = join(folder, 'state.jsonl');
      const first = await serve({ statePath });
      await mailerTo(first).send(mail);
      await first.close();
      const second = await serve({ statePath });
      expect(second.state.mails()).toEqual(first.state.mails());
      await fetch(`${second.url}/admin/reset`, { method: 'POST' });
      expect(second.state.mails()).toEqual([]);
      await second.close();
      expect((await serve({ statePath })).state.mails()).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a mail server on which a fault is switched', () => {
  type Row = [NonNullable<Faults['mail']>, FaultKind | 'undeliverable', string, number];
  const rows: Row[] = [
    ['noMailbox', 'undeliverable', '550 5.1.1', 0], ['greylist', 'throttled', '451 4.7.1', 0], ['busy', 'unavailable', '421 4.3.2', 0],
    ['login', 'misconfigured', '535 5.7.8', 0], ['silent', 'unavailable', 'timeout', 1], ['lost', 'unavailable', 'connection', 1],
  ];

  it('has each of them tried here', () => {
    expect(rows.map(([fault]) => fault).sort()).toEqual([...mailFaults].sort());
  });

  // The connection is open and logged in when the switch is turned.
  it.each(rows)('%s: says so at once, and is well when it is turned back', async (fault, kind, code, taken) => {
    const simulator = await serve();
    const mailer = mailerTo(simulator, {}, fault === 'silent' ? 2_000 : undefined);
    await mailer.send(mail);
    const answer = await fetch(`${simulator.url}/admin/faults`, {
      method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ mail: fault }) });
    expect([answer.status, simulator.faults.now.mail]).toEqual([200, fault]);
    if (kind === 'undeliverable') expect(await mailer.send(mail)).toEqual({ outcome: kind, code });
    else expect((await faultOf(mailer.send(mail), kind, [maya, '483920', 'a p@ss/word'])).code).toBe(code);
    expect(simulator.state.mails()).toHaveLength(1 + taken);
    simulator.faults.set({ mail: null });
    expect(await mailer.send(mail)).toMatchObject({ outcome: 'accepted' });
    expect(simulator.state.mails()).toHaveLength(2 + taken);
  });

  it('takes what it has greylisted the second time', async () => {
    const simulator = await serve();
    simulator.faults.set({ mail: 'greylist' });
    const mailer = mailerTo(simulator);
    for (const to of [maya, 'jonas.weidmann@example.com']) {
      await faultOf(mailer.send({ ...mail, to }), 'throttled', [to]);
      expect(await mailer.send({ ...mail, to })).toMatchObject({ outcome: 'accepted' });
      expect(await simulator.mailsTo(to)).toHaveLength(1);
    }
  });

  it('knows no other fault', async () => {
    const { url } = await serve();
    const answer = await fetch(`${url}/admin/faults`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"mail":"fire"}' });
    expect(answer.status).toBe(400);
  });
});

describe('the mailboxes', () => {
  async function filled(): Promise<RunningSimulator> {
    const simulator = await serve();
    const mailer = mailerTo(simulator);
    await mailer.send(mail);
    await mailer.send({ ...mail, to: 'elsewhere@example.com' });
    return simulator;
  }
  const json = async (url: string) => await (await fetch(url)).json() as { to: string[]; id: string }[];

  it('are given whole, or one of them', async () => {
    const { url } = await filled();
    expect((await json(`${url}/admin/mails`)).map(({ to }) => to)).toEqual([[maya], ['elsewhere@example.com']]);
    expect((await json(`${url}/admin/mails?to=${maya}`)).map(({ to }) => to)).toEqual([[maya]]);
  });

  it('are on the page when they are those of its people, without the HTML part', async () => {
    const { url } = await filled();
    const { mails } = await (await fetch(`${url}/admin/state`)).json() as { mails: unknown[] };
    expect(mails).toEqual([expect.objectContaining({ to: [maya], subject: mail.subject, hasHtml: true })]);
    expect(JSON.stringify(mails)).not.toContain('<b>');
  });

  it('give an HTML part by itself, under a policy that runs and fetches nothing', async () => {
    const { url, state } = await filled();
    const part = await fetch(`${url}/admin/mails/${state.mails()[0]!.id}/html`);
    expect(await part.text()).toContain(mail.html);
    expect(part.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = part.headers.get('content-security-policy')!.split('; ');
    expect(policy).toEqual(expect.arrayContaining(['default-src \'none\'', 'sandbox allow-popups allow-popups-to-escape-sandbox', 'frame-ancestors \'self\'']));
    expect(policy.join()).not.toMatch(/script-src|connect-src|allow-scripts|allow-same-origin|https?:/);
    expect((await fetch(`${url}/admin/mails/nothing/html`)).status).toBe(404);
  });

  it('are those of the envelope, whatever the headers of a mail say', async () => {
    const simulator = await serve();
    await mailerTo(simulator).send({ ...mail, subject: `To: ${maya}`, to: 'elsewhere@example.com' });
    expect(simulator.state.mails().map(({ to }) => to)).toEqual([['elsewhere@example.com']]);
  });
});
