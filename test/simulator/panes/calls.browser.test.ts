// The calls of the page, its typing and its faults in a real Chromium, against a Doorman that only knows how to speak.
import twilio from 'twilio';
import type { RunningSimulator } from '../../../src/simulator/simulator';
import { accept, account, closeSimulations, listenAsDoorman, quickPace, sdk, simulate } from '../../support/simulation';
import { describeInChromium, onDesktop, onPhone, usePages } from '../chromium';

const maya = '+12025550123';
const code = '483920';

describeInChromium('the telephones of the page', () => {
  jest.setTimeout(60_000);
  let simulator: RunningSimulator;
  let doormanUrl: string;
  const { open, take } = usePages('calls', () => simulator.url);

  beforeEach(async () => {
    const doorman = await listenAsDoorman(({ path, form }, res) => {
      if (!path.startsWith('/voice')) return accept(res);
      res.writeHead(200, { 'Content-Type': 'text/xml' }).end(path === '/voice' ? asking() : speaking(form.Digits ?? ''));
    });
    doormanUrl = doorman.url;
    simulator = await simulate({ webhookUrl: doorman.url, pace: { ...quickPace, speechSecondMs: 20 } });
  });
  afterEach(() => closeSimulations());

  const call = () => sdk(simulator.url).calls.create({ to: maya, from: account.smsSender, url: `${doormanUrl}/voice` });

  test.each([['desktop', onDesktop], ['phone', onPhone]] as const)(
    'on a %s, a call rings, is accepted, is heard as it is spoken, takes a key, and its code goes into the chat',
    async (name, options) => {
      const page = await open(options);
      await call();
      if (name === 'phone') {
        await page.getByRole('button', { name: /^Call/ }).getByText('1').waitFor();
        await page.getByRole('button', { name: /^Call/ }).tap();
      }
      const card = page.getByRole('region', { name: 'Call on Maya’s work phone' });
      await card.getByText('Incoming call').waitFor();
      await take(page, `${name}-ringing`);
      await card.getByRole('button', { name: 'Accept' }).click();
      await card.getByText('Press a key to hear your code.').waitFor();
      await card.getByRole('group', { name: 'Keypad' }).getByRole('button', { name: '1', exact: true }).click();
      await card.getByRole('log').getByText('Your code is 4 8 3').waitFor();
      await take(page, `${name}-talking`);
      await card.getByText(/^Call ended/).waitFor();
      await take(page, `${name}-over`);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(options.viewport.width);
      await card.getByRole('button', { name: `Use ${code} in the chat` }).click();
      expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe(`${code} is my otp`);
      await page.getByRole('button', { name: new RegExp(`from a call.*${code} is my otp`) }).waitFor();
    });

  test('a call is answered, dialled and removed with the keyboard alone', async () => {
    const page = await open(onDesktop);
    await call();
    const card = page.getByRole('region', { name: 'Call on Maya’s work phone' });
    await card.getByRole('button', { name: 'Accept' }).focus();
    await page.keyboard.press('Enter');
    // The button is gone; the focus is still at the call, and its keypad comes next.
    await card.getByText('In a call').and(page.locator(':focus')).waitFor();
    await card.getByText('Press a key to hear your code.').waitFor();
    await card.getByRole('button', { name: '5', exact: true }).focus();
    await page.keyboard.press('7');
    await card.getByText(/^Call ended/).waitFor();
    expect((await simulator.callTo(maya, () => true)).transcript).toContainEqual({ kind: 'pressed', text: '7' });
    await card.getByRole('button', { name: 'Remove this call' }).press('Enter');
    await card.waitFor({ state: 'detached' });
  });

  test('a call is declined, hung up or missed, and rings on nobody else’s phone', async () => {
    const page = await open(onDesktop, '#stranger');
    await call();
    await page.locator('.person', { hasText: 'on the number that HR knows' }).getByText('1', { exact: true }).waitFor();
    expect(await page.locator('.call').count()).toBe(0);
    await page.getByRole('radio', { name: /Maya Lindqvist/ }).check({ force: true });
    const card = page.getByRole('region', { name: 'Call on Maya’s work phone' });
    await card.getByRole('button', { name: 'Decline' }).click();
    await card.getByText('Declined').waitFor();
    await call();
    await card.getByRole('button', { name: 'Accept' }).click();
    await card.getByRole('button', { name: 'Hang up' }).click();
    await card.getByText(/^Call ended/).waitFor();
    const { sid } = await call();
    await card.getByText('Incoming call').waitFor();
    await sdk(simulator.url).calls(sid).update({ status: 'canceled' });
    await card.getByText('The caller gave up').waitFor();
  });

  test('the wire shows what a call asks of Doorman', async () => {
    const page = await open(onDesktop);
    const { sid } = await call();
    await page.locator('#exchanges', { hasText: 'calls +1 202 555 0123' }).waitFor();
    simulator.switchboard.answer(sid);
    await simulator.callTo(maya, ({ isListening }) => isListening);
    simulator.switchboard.press(sid, '1');
    await page.locator('#exchanges li', { hasText: '1 pressed: what now?' }).locator('summary').click();
    const details = page.locator('#exchanges details[open]');
    await details.getByText('X-Twilio-Signature').waitFor();
    await details.getByText('<Gather').or(details.getByText('say-as')).waitFor();
  });

  test('Doorman is seen typing until it answers, by the person whom it answers', async () => {
    const page = await open(onDesktop);
    const { sid } = await simulator.write('employee', 'a question');
    const client = sdk(simulator.url);
    await client.messaging.v2.typingIndicator.create({ channel: 'whatsapp', messageId: sid });
    await page.getByText('typing…').waitFor();
    await take(page, 'typing');
    const other = await open(onDesktop, '#stranger');
    await other.getByText('No messages yet.').waitFor();
    expect(await other.getByText('typing…').count()).toBe(0);
    await client.messages.create({ to: `whatsapp:${maya}`, from: account.whatsappSender, body: 'an answer' });
    await page.locator('.theirs', { hasText: 'an answer' }).waitFor();
    expect(await page.getByText('typing…').count()).toBe(0);
  });

  test('a phone texts STOP, and START', async () => {
    const page = await open(onDesktop);
    const phone = page.getByRole('article', { name: 'Maya’s work phone' });
    await phone.getByRole('button', { name: 'Text STOP from Maya’s work phone' }).click();
    await phone.getByText('This phone has texted STOP.').waitFor();
    expect(simulator.state.stopped()).toEqual([maya]);
    await phone.getByRole('button', { name: 'Text START from Maya’s work phone' }).click();
    await phone.getByRole('button', { name: 'Text STOP from Maya’s work phone' }).waitFor();
    expect(simulator.state.stopped()).toEqual([]);
  });

  test.each([['desktop', onDesktop], ['phone', onPhone]] as const)('on a %s, every fault can be switched, and all are well again', async (name, options) => {
    const page = await open(options);
    await page.getByRole('button', { name: /^Faults/ }).click();
    const dialog = page.getByRole('dialog');
    await take(page, `${name}-faults`);
    for (const element of await dialog.getByRole('switch').all()) await element.click();
    for (const element of await dialog.getByRole('combobox').all()) await element.selectOption({ index: 1 });
    const switched = await dialog.getByRole('switch').count() + await dialog.getByRole('combobox').count();
    expect(switched).toBe(Object.keys(simulator.faults.now).length);
    // How long a 429 asks to wait is no fault of its own.
    await page.locator('#fault-count').getByText(String(switched - 1), { exact: true }).waitFor();
    expect(simulator.faults.now).toMatchObject({ telephones: 'busy', windowSeconds: 60, statusSkipped: true, deliver: false });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(options.viewport.width);
    await dialog.getByRole('button', { name: 'All is well' }).click();
    await page.locator('#fault-count').waitFor({ state: 'hidden' });
    expect(simulator.faults.now).toMatchObject({ telephones: 'person', windowSeconds: 86_400, statusSkipped: false, deliver: true });
  });
});

function asking(): string {
  const response = new twilio.twiml.VoiceResponse();
  response.gather({ numDigits: 1, timeout: 6, actionOnEmptyResult: true, action: 'voice/pressed' })
    .say({ language: 'en-GB' }, 'Press a key to hear your code.');
  return response.toString();
}

function speaking(pressed: string): string {
  const response = new twilio.twiml.VoiceResponse();
  const say = response.say({ language: 'en-GB' }, pressed === '' ? 'Goodbye.' : 'Your code is');
  for (const digit of pressed === '' ? '' : code + code) {
    say.sayAs({ 'interpret-as': 'digits' }, digit);
    say.break({ time: '600ms' });
  }
  response.hangup();
  return response.toString();
}
