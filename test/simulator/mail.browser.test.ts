// The mailboxes on the page, in a real Chromium: read as text, looked at as HTML, and nothing of a mail gets out of its frame.
import { mailHtml } from '../../src/mail/mailHtml';
import { createMailer } from '../../src/mail/mailer';
import type { Mail, Mailer } from '../../src/mail/mailer';
import { createMailCarrier } from '../../src/otp/carriers/mailCarrier';
import type { RunningSimulator } from '../../src/simulator/simulator';
import { createTexts } from '../../src/texts/render';
import { closeSimulations, listenAsDoorman, simulate } from '../support/simulation';
import type { RecordingDoorman } from '../support/simulation';
import { describeInChromium, onDesktop, onPhone, usePages } from './chromium';

const maya = 'maya.lindqvist@example.com';
const texts = createTexts({ organisation: 'Example Ltd', language: 'en' });

describeInChromium('mail on the page', () => {
  jest.setTimeout(60_000);
  let simulator: RunningSimulator;
  let doorman: RecordingDoorman;
  let mailer: Mailer;
  const { problems, open, take } = usePages('mail', () => simulator.url);

  beforeEach(async () => {
    doorman = await listenAsDoorman();
    simulator = await simulate({ webhookUrl: `${doorman.url}/webhooks/twilio/message`, mail: { port: 0, password: 'secret' } });
    mailer = createMailer({ url: simulator.smtpUrl!, from: 'doorman@example.com', production: false });
  });
  afterEach(async () => {
    mailer.close();
    await closeSimulations();
  });

  const sendCode = (code: string, receiptId = code) => createMailCarrier({ mailer, texts })
    .carry({ to: maya, code, receiptId, challengeId: receiptId, language: 'en', requestedBy: '0123', minutesLeft: 5 });

  function notice(link: string): Mail {
    const text = texts.render({ key: 'mailSessionOpened', params: { last4: '0171', link } }, 'en');
    return {
      key: 'session:1', to: maya, text, html: mailHtml(text, 'en'),
      subject: texts.render({ key: 'mailSessionOpenedSubject', params: {} }, 'en'),
    };
  }

  test('a code that comes is counted, read, and put into the chat', async () => {
    const page = await open(onDesktop);
    await sendCode('48392017');
    const tab = page.getByRole('navigation', { name: 'Beside the chat' }).getByRole('button', { name: /^Mail/ });
    await tab.getByText('1', { exact: true }).waitFor();
    await page.getByRole('button', { name: /from mail.*48392017 is my otp/ }).waitFor();
    await tab.click();
    const mailbox = page.getByRole('article', { name: maya });
    await mailbox.getByText('registered with HR').waitFor();
    await mailbox.getByText('Example Ltd: your code for our WhatsApp chat').waitFor();
    expect(await mailbox.locator('mark').allInnerTexts()).toEqual(['48392017']);
    expect(await page.getByRole('article', { name: 'Maya’s work phone' }).isVisible()).toBe(false);
    await mailbox.locator('summary').click();
    await mailbox.frameLocator('iframe').getByText('48392017').waitFor();
    await take(page, 'desk-html');
    await mailbox.locator('.from').scrollIntoViewIfNeeded();
    await take(page, 'desk');
    await mailbox.getByRole('button', { name: 'Use 48392017 in the chat' }).click();
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('48392017 is my otp');
    expect(await tab.innerText()).toBe('Mail');
  });

  test('a link opens beside the page, from the text and from the HTML part, and its digits are no code', async () => {
    const link = `${doorman.url}/not-me/AbC-12345678-x`;
    await mailer.send(notice(link));
    const page = await open(onDesktop);
    await page.getByRole('button', { name: 'Mail', exact: true }).click();
    const item = page.locator('.mail-item');
    expect(await item.getByRole('button').count()).toBe(0);
    for (const follow of [
      async () => await item.getByRole('link', { name: link }).click(),
      async () => {
        await item.locator('summary').click();
        await item.frameLocator('iframe').getByRole('link', { name: link }).click();
      },
    ]) {
      const [popup] = await Promise.all([page.context().waitForEvent('page'), follow()]);
      await popup.waitForURL(link);
      expect(await popup.evaluate('window.opener === null && window.origin')).toBe(doorman.url);
      await popup.close();
    }
    expect(doorman.posts.filter(({ path }) => path.startsWith('/not-me/'))).toHaveLength(2);
  });

  test('a hostile mail runs nothing, fetches nothing and says nothing outside of its frame', async () => {
    const page = await open(onDesktop);
    const answered: string[] = [];
    page.context().on('response', (response) => answered.push(response.url()));
    await mailer.send({
      key: 'hostile', to: maya, subject: '<b>bold</b>', text: '<img src=x onerror="document.title=1">\njavascript:alert(1)',
      html: `<p>hostile</p><script>top.document.title = 'caught'; fetch('/admin/reset', { method: 'POST' })</script>
        <img src="${doorman.url}/seen" onerror="top.document.title='caught'"><style>@import "${doorman.url}/seen";</style>
        <meta http-equiv="refresh" content="0;url=${doorman.url}/moved"><form action="${doorman.url}/sent"><button>Send</button></form>
        <a href="javascript:top.document.title='caught'">press</a>`,
    });
    await page.getByRole('button', { name: /^Mail/ }).click();
    const item = page.locator('.mail-item');
    await item.getByText('<b>bold</b>').waitFor();
    expect([await item.locator('img').count(), await item.getByRole('link').count()]).toEqual([0, 0]);
    await item.locator('summary').click();
    const frame = item.frameLocator('iframe');
    await frame.getByText('hostile').waitFor();
    await frame.getByRole('button', { name: 'Send' }).click();
    await frame.getByText('press').click();
    expect(await page.title()).toBe('Doorman simulator');
    expect(simulator.state.mails()).toHaveLength(1);
    expect(doorman.posts).toEqual([]);
    expect(answered.filter((url) => !url.startsWith(simulator.url))).toEqual([]);
    // Chromium says of each that it was blocked.
    expect(problems.length).toBeGreaterThan(2);
    expect(problems.splice(0).filter((text) => !/sandbox|Content Security Policy/i.test(text))).toEqual([]);
  });

  test('a mail is seen by whom it was sent to, and tells others that there is one', async () => {
    const page = await open(onDesktop, '#stranger');
    await sendCode('48392017');
    await page.locator('.person', { hasText: 'on the number that HR knows' }).getByText('1', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Mail', exact: true }).click();
    await page.getByText('This person has no mailbox here').waitFor();
    expect(await page.locator('body').innerText()).not.toContain('48392017');
    await page.getByRole('radio', { name: /Maya Lindqvist/ }).check({ force: true });
    await page.getByRole('article', { name: maya }).getByText('48392017').first().waitFor();
  });

  test('on a phone the mailboxes are a tab, and nothing is wider than the screen', async () => {
    const page = await open(onPhone);
    await sendCode('48392017');
    await mailer.send(notice(`${doorman.url}/not-me/${'AbC-12345678-x'.repeat(8)}`));
    const tab = page.getByRole('button', { name: /^Mail/ });
    await tab.getByText('2').waitFor();
    await tab.tap();
    await page.locator('.mail-item').nth(1).locator('summary').tap();
    await page.frameLocator('iframe').getByText('48392017').waitFor();
    await page.locator('iframe').scrollIntoViewIfNeeded();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await take(page, 'phone');
    await page.getByRole('button', { name: 'Use 48392017 in the chat' }).tap();
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('48392017 is my otp');
  });
});
