// HR's view of the page in a real Chromium, against a Doorman that checks what HR signs.
import type { BrowserContextOptions, Page } from 'playwright-core';
import type { RunningSimulator } from '../../src/simulator/simulator';
import { account, closeSimulations, listenAsDoorman, sdk, simulate } from '../support/simulation';
import { describeInChromium, onDesktop, onPhone, usePages } from './chromium';
import { answerApplied, hrSecret, problem, takeHrEvents } from './hrWebhook';
import type { HrAnswering } from './hrWebhook';

describeInChromium('HR on the page', () => {
  jest.setTimeout(60_000);
  let simulator: RunningSimulator;
  let answer: HrAnswering;
  const { problems, open, blank, take } = usePages('hr', () => simulator.url);

  beforeEach(async () => {
    answer = answerApplied;
    const doorman = await listenAsDoorman(takeHrEvents((event, res) => answer(event, res)));
    const hr = { url: `${doorman.url}/webhooks/partners/hr`, secret: hrSecret };
    simulator = await simulate({ webhookUrl: `${doorman.url}/webhooks/twilio/message`, hr });
  });
  afterEach(() => closeSimulations());

  async function openHr(options: BrowserContextOptions, hash = ''): Promise<Page> {
    const page = await open(options, hash);
    await page.getByRole('button', { name: 'HR', exact: true }).click();
    return page;
  }

  const rowOf = (page: Page, name: string) => page.getByRole('listitem', { name });

  test.each([['desktop', onDesktop], ['phone', onPhone]] as const)(
    'on a %s, one click hires somebody, who can be played, is given another number, and leaves', async (name, options) => {
      const page = await openHr(options);
      await page.locator('#hire strong').first().getByText(/\w/).waitFor();
      const hired = await page.locator('#hire header strong').innerText();
      const [id] = (await page.locator('#hire .facts').innerText()).split(' ');
      await take(page, `${name}-before`);
      await page.getByRole('button', { name: 'Hire', exact: true }).click();
      const row = rowOf(page, hired);
      await row.getByText('works here').waitFor();
      await row.getByText(/Hired · 200 in \d+ ms\. Applied\./).waitFor();
      // The next one is proposed already.
      await page.locator('#hire .facts', { hasNotText: id! }).waitFor();

      await row.getByRole('button', { name: 'Change number' }).click();
      await row.getByText('held for 72 hours').waitFor();
      await row.getByRole('textbox', { name: `New number of ${hired}` }).fill('+1 713 555 0177');
      await take(page, `${name}-number`);
      await row.getByRole('button', { name: 'Change', exact: true }).click();
      await row.getByText('+1 713 555 0177').waitFor();
      await row.getByText(/Number changed · 200/).waitFor();
      await row.getByRole('button', { name: 'Leave', exact: true }).click();
      await row.getByText('has left', { exact: true }).waitFor();
      await row.getByRole('button', { name: 'Hire again' }).waitFor();
      await take(page, `${name}-left`);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(options.viewport.width);

      await row.getByRole('button', { name: 'Open chat' }).click();
      await page.getByLabel('Message', { exact: true }).fill('hello');
      await page.keyboard.press('Enter');
      await page.locator('.mine', { hasText: 'hello' }).waitFor();
      expect(simulator.state.messages().at(-1)!.inbound!.sender.profileName).toBe(hired);
    });

  test('what Doorman refuses is said with the reason, and nothing changes', async () => {
    answer = (_event, res) => problem(res, 503, 'unavailable', 'The request cannot be taken at the moment. Try again later.');
    const page = await openHr(onDesktop);
    const row = rowOf(page, 'Maya Lindqvist');
    await row.getByRole('button', { name: 'Leave', exact: true }).click();
    await row.getByText(/Has not left · 503 in \d+ ms\. The request cannot be taken/).waitFor();
    await row.getByText('works here').waitFor();
    await page.getByRole('button', { name: 'Hire', exact: true }).click();
    await page.locator('#hire').getByText(/Not hired · 503/).waitFor();
    expect(await page.getByRole('list', { name: 'People whom HR knows' }).getByRole('listitem').count()).toBe(8);
    await page.locator('#exchanges li', { hasText: 'worker.left' }).locator('summary').click();
    await page.locator('#exchanges details[open] .signature', { hasText: 'sha256=' }).waitFor();
  });

  test('what is filled in wrongly is said, and can be mended', async () => {
    const page = await openHr(onDesktop);
    await page.getByText('Change before hiring').click();
    await page.getByLabel('Given name').fill('Ada');
    await page.getByLabel('Family name').fill('<b>Byron</b>');
    await page.getByLabel('Mobile number').fill('555');
    await page.getByRole('button', { name: 'Hire', exact: true }).click();
    await page.getByRole('alert').getByText('A number begins with +').waitFor();
    await page.getByLabel('Mobile number').fill('+1 212 555 0101');
    await page.getByRole('button', { name: 'Hire', exact: true }).click();
    await rowOf(page, 'Ada <b>Byron</b>').getByText('works here').waitFor();
    expect(await page.locator('#staff b').count()).toBe(0);
    // What was refused by HR itself is no fault of the page.
    problems.splice(0, Infinity, ...problems.filter((text) => !text.startsWith('Failed to load resource')));
  });

  test('somebody goes on leave and comes back with the keyboard alone', async () => {
    const page = await openHr(onDesktop);
    const row = rowOf(page, 'Maya Lindqvist');
    await row.getByRole('button', { name: 'On leave' }).focus();
    await page.keyboard.press('Enter');
    await row.getByText('on leave', { exact: true }).waitFor();
    // The button is gone; the focus is still at this person.
    await row.getByText('Maya Lindqvist').and(page.locator(':focus')).waitFor();
    await row.getByRole('button', { name: 'Back' }).focus();
    await page.keyboard.press('Enter');
    await row.getByText('works here').waitFor();
    await row.getByRole('button', { name: 'Change number' }).press('Enter');
    await row.getByRole('textbox').press('Escape');
    await row.getByRole('button', { name: 'Change number' }).and(page.locator(':focus')).waitFor();
  });

  test('the new telephone shows the SMS that came to it before Doorman had answered', async () => {
    answer = async (event, res) => {
      await sdk(simulator.url).messages.create({ to: '+17135550177', from: account.smsSender, body: 'Your number was changed.' });
      await answerApplied(event, res);
    };
    const page = await openHr(onDesktop);
    const row = rowOf(page, 'Maya Lindqvist');
    await row.getByRole('button', { name: 'Change number' }).click();
    await row.getByRole('textbox').fill('+17135550177');
    await page.keyboard.press('Enter');
    await row.getByText(/Number changed · 200/).waitFor();
    await page.getByRole('button', { name: /^SMS/ }).click();
    const phone = page.getByRole('article', { name: 'Maya’s phone ending 0177' });
    await phone.getByText('registered with HR').waitFor();
    await phone.getByText('Your number was changed.').waitFor();
    await page.getByRole('article', { name: 'Maya’s work phone' }).getByText('not in HR’s list').waitFor();
  });

  test('without a secret that HR shares with Doorman there is no such view', async () => {
    const other = await simulate();
    const page = await blank(onDesktop);
    await page.goto(other.url);
    await page.getByRole('status').getByText('Live').waitFor();
    expect(await page.getByRole('button', { name: 'HR', exact: true }).count()).toBe(0);
  });
});
