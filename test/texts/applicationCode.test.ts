import type { CodeTextRequest } from '../../src/texts/keys';
import { createTexts } from '../../src/texts/render';
import { beyondGsm, smsSegments } from './gsm';

const texts = createTexts({ organisation: 'Contoso', language: 'en' });
const forApplication: CodeTextRequest = { key: 'smsVerification', params: { code: '48392017', minutes: 5 } };

describe('the SMS with a code for an application', () => {
  it.each([
    ['en', 'Contoso: 48392017 is your code, valid 5 min. Type it only where you asked for it. Nobody will ask you for it.'],
    ['de', 'Contoso: 48392017 ist Ihr Code, 5 Min. gültig. Nur dort eingeben, wo Sie ihn angefordert haben. Niemand fragt Sie danach.'],
    ['es', 'Contoso: 48392017 es su clave, vale 5 min. Solo para donde usted la ha pedido. Nadie se la pide.'],
    ['fr', 'Contoso: 48392017 est votre code, valable 5 min. Tapez-le uniquement là où il est attendu. Personne ne vous le demandera.'],
  ])('in %s names the organisation and the time, warns, and is one message', (tag, golden) => {
    const text = texts.render(forApplication, tag);
    expect([text, beyondGsm(text), smsSegments(text)]).toEqual([golden, [], 1]);
  });
});
