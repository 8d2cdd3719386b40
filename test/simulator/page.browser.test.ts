// The page in a real Chromium, served by the simulator, against a Doorman that only knows this one conversation.
import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { findPersona } from '../../src/simulator/demo/personas';
import type { RunningSimulator } from '../../src/simulator/simulator';
import { accept, account, closeSimulations, listenAsDoorman, sdk, simulate } from '../support/simulation';
import { describeInChromium, launchChromium } from './chromium';

const question = 'What is the status of purchase order 4500000001?';
const code = '483920';
const maya = findPersona('employee')!.sender.number!;

describeInChromium('the page', () => {
  jest.setTimeout(60_000);
  let browser: Browser;
  let simulator: RunningSimulator;
  const problems: string[] = [];
  // Kept after the test: they are what the page looks like.
  const pictures = mkdtempSync(join(tmpdir(), 'doorman-page-'));

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    problems.length = 0;
    const doorman = await listenAsDoorman(async ({ form }, res) => {
      if (form.Body === 'refuse this') return void res.writeHead(503).end();
      accept(res);
      await converse(sdk(simulator.url), form);
    });
    simulator = await simulate({ webhookUrl: `${doorman.url}/webhooks/twilio/message`, temporalUi: 'http://127.0.0.1:8233' });
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await closeSimulations();
    expect(problems).toEqual([]);
  });

  async function open(options: BrowserContextOptions = {}, hash = ''): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(45_000);
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      // What a test provokes is shown by the page itself.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) problems.push(message.text());
    });
    await page.goto(`${simulator.url}/${hash}`);
    await page.getByRole('status').getByText('Live').waitFor();
    return page;
  }

  test('a person asks, is asked back, finds the code on the phone beside the chat and gets both answers', async () => {
    const page = await open();
    await page.getByRole('button', { name: question }).click();
    await page.locator('.mine', { hasText: question }).getByRole('img', { name: 'accepted by Doorman' }).waitFor();
    await page.locator('.theirs', { hasText: 'Who are you?' }).getByRole('img', { name: 'read' }).waitFor();

    await page.getByLabel('Message', { exact: true }).fill('my id is 144133');
    await page.keyboard.press('Enter');
    const sms = page.getByRole('article', { name: 'Maya’s work phone' });
    await sms.getByText('registered with HR').waitFor();
    await sms.getByRole('button', { name: `Use ${code} in the chat` }).click();
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe(`${code} is my otp`);
    await page.keyboard.press('Enter');
    await page.locator('.theirs', { hasText: 'Expected on Thursday' }).waitFor();

    const bubbles = (await page.locator('.bubble .body').allInnerTexts()).map((text) => text.split('\n')[0]);
    expect(bubbles).toEqual([
      question, 'Who are you?', 'my id is 144133', 'A code is on its way.', `${code} is my otp`, 'Order 4500000001 is in transit.',
      'Expected on Thursday.',
    ].map((text) => expect.stringContaining(text)));
    await takePictures(page);
  });

  test('the wire shows the signed webhook, its answer and how long it took', async () => {
    const page = await open();
    await page.getByRole('button', { name: question }).click();
    const webhook = page.locator('#exchanges li', { has: page.locator('.kind.inbound') });
    await webhook.locator('summary').click();
    await webhook.locator('.signature td').waitFor();
    const text = await webhook.innerText();
    expect(text).toMatch(/X-Twilio-Signature\s+[A-Za-z0-9+/]{27}=/);
    expect(text).toContain(`whatsapp:${maya}`);
    expect(text).toContain('<Response/>');
    expect(text).toMatch(/\d+ ms/);
  });

  test('a message that Doorman does not take is marked, and is sent again on demand', async () => {
    const page = await open();
    await page.getByLabel('Message', { exact: true }).fill('refuse this');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('Not accepted: answered 503.').waitFor();
    await page.getByRole('button', { name: 'Resend' }).click();
    await page.locator('#exchanges .kind.inbound').nth(1).waitFor();
    const sids = simulator.state.exchanges().filter(({ kind }) => kind === 'inbound').map(({ messageSid }) => messageSid);
    expect(new Set(sids).size).toBe(1);
  });

  test('a stranger who claims an employee’s ID sees no code: it is on the employee’s phone', async () => {
    const page = await open({}, '#stranger');
    await page.getByRole('button', { name: question }).click();
    await page.getByRole('button', { name: 'my id is 144133' }).click();
    await page.locator('.theirs', { hasText: 'A code is on its way.' }).waitFor();
    // The badge says that something came for the employee; only then is it certain that the SMS was delivered.
    await page.locator('.person', { hasText: 'on the number that HR knows' }).getByText('1', { exact: true }).waitFor();
    expect(await page.locator('body').innerText()).not.toContain(code);
    await page.getByRole('radio', { name: /Maya Lindqvist/ }).check({ force: true });
    await page.getByRole('article', { name: 'Maya’s work phone' }).getByText(code).first().waitFor();
    expect(await page.locator('.bubble').count()).toBe(0);
  });

  test('what somebody writes is never read as markup', async () => {
    const page = await open();
    const hostile = '<img src=x onerror="document.title=1"><b>bold</b> *<i>x</i>*';
    await page.getByLabel('Message', { exact: true }).fill(hostile);
    await page.keyboard.press('Enter');
    await page.locator('.mine').waitFor();
    expect(await page.locator('.mine .body').innerText()).toContain('<img src=x onerror="document.title=1"><b>bold</b> <i>x</i>');
    expect(await page.locator('.mine img, .mine b, .mine i').count()).toBe(0);
    expect(await page.title()).toBe('Doorman simulator');
  });

  test('on a phone, chat, SMS and wire are tabs, and nothing is wider than the screen', async () => {
    const page = await open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    await page.getByRole('button', { name: question }).tap();
    await page.getByRole('button', { name: 'my id is 144133' }).tap();
    const tab = page.getByRole('button', { name: /^SMS/ });
    await tab.getByText('1').waitFor();
    await tab.tap();
    await page.getByRole('button', { name: `Use ${code} in the chat` }).tap();
    await page.getByLabel('Message', { exact: true }).waitFor();
    await page.getByRole('button', { name: /^You are Maya Lindqvist/ }).tap();
    await page.getByRole('radio', { name: /A stranger/ }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });

  test('the page finds its way back after the simulator was gone', async () => {
    const page = await open();
    const { port } = new URL(simulator.url);
    await simulator.close();
    await page.getByRole('status').getByText('Reconnecting').waitFor();
    const again = await simulate({ port: Number(port) });
    await again.write('employee', 'written meanwhile');
    await page.locator('.mine', { hasText: 'written meanwhile' }).waitFor();
    await page.getByRole('status').getByText('Live').waitFor();
  });

  async function takePictures(page: Page): Promise<void> {
    await page.screenshot({ path: join(pictures, 'desktop-light.png') });
    for (const [name, options] of [
      ['desktop-dark', { colorScheme: 'dark' }],
      ['phone-light', { viewport: { width: 390, height: 844 } }],
      ['phone-dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
    ] as const) {
      const other = await open(options);
      await other.locator('.theirs', { hasText: 'Expected on Thursday' }).waitFor();
      const path = join(pictures, `${name}.png`);
      await other.screenshot({ path });
      expect(statSync(path).size).toBeGreaterThan(10_000);
    }
  }
});

/** What the fake Doorman says. */
async function converse(client: ReturnType<typeof sdk>, { Body, From }: Readonly<Record<string, string>>): Promise<void> {
  const reply = (body: string) => client.messages.create({ to: From!, from: account.whatsappSender, body });
  if (Body === question) await reply('Who are you?');
  if (Body === 'my id is 144133') {
    await reply('A code is on its way.');
    await client.messages.create({ to: maya, from: account.smsSender, body: `Your code is ${code}.` });
  }
  if (Body === `${code} is my otp`) {
    await reply('Order 4500000001 is in transit.');
    await reply('Expected on Thursday.');
  }
}
