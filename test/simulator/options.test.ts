import '../support/developmentProfile';
import { readSimulatorOptions } from '../../src/simulator/options';
import { account } from '../support/simulation';

const environment = {
  DOORMAN_PROFILE: 'development',
  TWILIO_ACCOUNT_SID: account.sid,
  TWILIO_AUTH_TOKEN: account.authToken,
  TWILIO_API_KEY_SID: account.apiKeySid,
  TWILIO_API_KEY_SECRET: account.apiKeySecret,
  TWILIO_WHATSAPP_SENDER: account.whatsappSender,
  TWILIO_SMS_SENDER: account.smsSender,
};

describe('the simulator in production', () => {
  afterEach(() => {
    process.env.DOORMAN_PROFILE = 'development';
    jest.resetModules();
  });

  it.each([['is production', 'production'], ['is not set', undefined], ['is misspelt', 'Development']])(
    'does not even load when the profile %s', (_case, profile) => {
      if (profile === undefined) delete process.env.DOORMAN_PROFILE;
      else process.env.DOORMAN_PROFILE = profile;
      jest.resetModules();
      expect(() => jest.requireActual('../../src/simulator/simulator')).toThrow('the simulator loads only when it is `development`');
    });

  it('does not take options of production either', () => {
    expect(() => readSimulatorOptions({ ...environment, DOORMAN_PROFILE: 'production' })).toThrow('DOORMAN_PROFILE');
  });
});

describe('the options', () => {
  it('need the credentials and nothing else', () => {
    expect(readSimulatorOptions(environment)).toMatchObject({
      port: 3010, host: '127.0.0.1', allowRemote: false, account, organisation: 'Doorman',
      webhookUrl: 'http://127.0.0.1:3000/webhooks/twilio/message', publicUrl: 'http://127.0.0.1:3000/webhooks/twilio/message',
    });
  });

  it('name every problem at once, and never a value', () => {
    const wrong = { ...environment, SIMULATOR_PORT: 'x', SIMULATOR_WEBHOOK_URL: 'ftp://x', TWILIO_AUTH_TOKEN: 'secret', TWILIO_SMS_SENDER: '' };
    let message = '';
    try {
      readSimulatorOptions(wrong);
    } catch (error) {
      ({ message } = error as Error);
    }
    for (const name of ['SIMULATOR_PORT', 'SIMULATOR_WEBHOOK_URL', 'TWILIO_AUTH_TOKEN', 'TWILIO_SMS_SENDER: is missing']) {
      expect(message).toContain(name);
    }
    expect(message).not.toContain('secret');
  });

  it('start a mail server when a port is given, with a password', () => {
    const mail = { ...environment, SIMULATOR_SMTP_PORT: '1025', SIMULATOR_SMTP_PASSWORD: 'secret' };
    expect(readSimulatorOptions(environment).mail).toBeUndefined();
    expect(readSimulatorOptions(mail).mail).toEqual({ port: 1025, password: 'secret' });
    expect(() => readSimulatorOptions({ ...mail, SIMULATOR_SMTP_PORT: 'x' })).toThrow('SIMULATOR_SMTP_PORT');
    expect(() => readSimulatorOptions({ ...mail, SIMULATOR_SMTP_PASSWORD: '' })).toThrow('SIMULATOR_SMTP_PASSWORD');
  });

  it('connect HR when it shares a secret with Doorman, at the Doorman that messages go to', () => {
    const hr = { ...environment, SIMULATOR_HR_SECRET: 'shared', SIMULATOR_WEBHOOK_URL: 'http://web:3000/webhooks/twilio/message#rc=1' };
    expect(readSimulatorOptions(environment).hr).toBeUndefined();
    expect(readSimulatorOptions(hr).hr).toEqual({ url: 'http://web:3000/webhooks/partners/hr', secret: 'shared' });
  });

  it('let others in only when that is asked for', () => {
    expect(() => readSimulatorOptions({ ...environment, SIMULATOR_HOST: '0.0.0.0' })).toThrow('SIMULATOR_HOST');
    expect(() => readSimulatorOptions({ ...environment, SIMULATOR_HOST: '192.0.2.1' })).toThrow('SIMULATOR_HOST');
    const remote = { ...environment, SIMULATOR_HOST: '0.0.0.0', SIMULATOR_ALLOW_REMOTE: 'true' };
    expect(readSimulatorOptions(remote)).toMatchObject({ host: '0.0.0.0', allowRemote: true });
    for (const host of ['localhost', '127.0.0.2', '::1']) {
      expect(readSimulatorOptions({ ...environment, SIMULATOR_HOST: host }).host).toBe(host);
    }
  });
});
