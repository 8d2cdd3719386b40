import fc from 'fast-check';
import { readCommand } from '../../src/domain/commands';
import { commands } from '../../src/domain/messages';

const vocabulary = {
  resend: ['resend', 'send again', 'erneut senden'],
  call: ['call', 'anrufen'],
  email: ['email', 'e-mail'],
  cancel: ['cancel', 'abbrechen', 'İptal'],
  notMe: ['not me', "that's not me", 'das war ich nicht', 'मैं नहीं'],
  logout: ['logout', 'log out', 'sign out', 'schließen'],
};

describe('a command', () => {
  it.each([
    ['RESEND', 'resend'], [' resend! ', 'resend'], ['*Resend*', 'resend'], ['send\u00A0 again', 'resend'],
    ['re\u200Bsend', 'resend'], ['ｒｅｓｅｎｄ', 'resend'],
    ['That’s not me.', 'notMe'], ['NOT ME', 'notMe'], ['मैं नहीं।', 'notMe'], ['logout 👋', 'logout'],
    ['SCHLIESSEN', 'logout'], ['iptal', 'cancel'], ['IPTAL', 'cancel'],
    ['E-Mail', 'email'], ['“cancel”', 'cancel'],
  ])('is what %j means', (text, command) => {
    expect(readCommand(text, vocabulary)).toBe(command);
  });

  it.each([
    ['please resend'], ['resend it to my boss'], ['re send'], [''], ['!!!'], ['logoutx'], ['constructor'],
    ['__proto__'], [`resend${' '.repeat(300)}`]])('is not what %j means', (text) => {
    expect(readCommand(text, vocabulary)).toBeUndefined();
  });

  it('is recognised in every word of the vocabulary, whatever its case', () => {
    const words = commands.flatMap((command) => vocabulary[command].map((word) => [command, word] as const));
    const end = fc.constantFrom('', '.', '!', ' …', '?');
    fc.assert(fc.property(fc.constantFrom(...words), end, fc.boolean(), ([command, word], mark, upper) => {
      expect(readCommand((upper ? word.toUpperCase() : word.toLowerCase()) + mark, vocabulary)).toBe(command);
    }));
  });

  it('never arises from an empty word of the vocabulary', () => {
    expect(readCommand('?', { ...vocabulary, logout: ['', '?'] })).toBeUndefined();
  });
});
