import fc from 'fast-check';
import { IntlMessageFormat } from 'intl-messageformat';
import { readCode } from '../../src/domain/codeText';
import { readCommand } from '../../src/domain/commands';
import { findIdentifier } from '../../src/domain/identifiers';
import { commands } from '../../src/domain/messages';
import type { Method } from '../../src/domain/messages';
import { en } from '../../src/texts/en';
import type { CodeTextRequest, Language, NoticeTextRequest, StepUpTextRequest, TextRequest } from '../../src/texts/keys';
import { createTexts, languages } from '../../src/texts/render';
import { beyondGsm, smsSegments } from './gsm';
import { spoken } from './spoken';

const texts = createTexts({ organisation: 'Contoso', language: 'en' });
const tags = languages.map(({ tag }) => tag);

/** Every text with values that a conversation may give. */
const samples: readonly TextRequest[] = [
  { key: 'askIdentifier', params: {} }, { key: 'askIdentifierAgain', params: {} }, { key: 'severalIdentifiers', params: {} },
  { key: 'codeSent', params: { minutes: 5 } }, { key: 'askCode', params: {} }, { key: 'severalCodes', params: {} },
  { key: 'wrongCode', params: { triesLeft: 4 } }, { key: 'wrongCode', params: { triesLeft: 1 } },
  { key: 'codeResent', params: {} }, { key: 'codeByCall', params: {} }, { key: 'codeByMail', params: {} }, { key: 'resendTooSoon', params: { seconds: 29 } },
  { key: 'resendExhausted', params: {} }, { key: 'methodUnavailable', params: {} }, { key: 'codeExpired', params: {} },
  { key: 'cancelled', params: {} }, { key: 'notMe', params: {} }, { key: 'locked', params: { minutes: 1 } },
  { key: 'lockedNotice', params: { minutes: 1440 } }, { key: 'verified', params: {} },
  { key: 'sessionEndedByLogout', params: {} }, { key: 'sessionEndedIdle', params: {} }, { key: 'sessionEndedAge', params: {} }, { key: 'sessionEndedByOperator', params: {} },
  { key: 'sessionEndedOther', params: {} }, { key: 'sessionEndedStepUp', params: {} }, { key: 'textOnly', params: {} }, { key: 'assistantUnavailable', params: {} },
  { key: 'heldLost', params: {} }, { key: 'heldDropped', params: {} }, { key: 'codeTooSoon', params: { seconds: 30 } }, { key: 'flood', params: {} }, { key: 'stillWorking', params: {} },
];
const sms = (code = '48392017'): CodeTextRequest => ({ key: 'smsCode', params: { code, minutes: 5, last4: '0123' } });

const mailed = (code = '48392017'): CodeTextRequest => ({ key: 'mailCode', params: { code, minutes: 5, last4: '0123' } });
const mailedSubject: CodeTextRequest = { key: 'mailCodeSubject', params: {} };

const notice: NoticeTextRequest = { key: 'smsNumberChanged', params: {} };
const signedIn: NoticeTextRequest = { key: 'smsSessionOpened', params: { last4: '0123' } };
const forApplication = (code = '48392017'): CodeTextRequest => ({ key: 'smsVerification', params: { code, minutes: 5 } });
const codes: CodeTextRequest[] = [sms(), mailed(), mailedSubject, forApplication()];
const notices: NoticeTextRequest[] = [
  notice, signedIn, { key: 'mailSessionOpenedSubject', params: {} },
  { key: 'mailSessionOpened', params: { last4: '0123', link: 'https://doorman.example/not-me/x' } },
  { key: 'mailContactChangedSubject', params: {} }, { key: 'mailContactChanged', params: {} },
];
const stepUps: StepUpTextRequest[] = [{ key: 'sessionEndedStepUpFor', params: { action: 'Release it' } }, { key: 'stepUpImpossible', params: {} }];
const apart = [...codes, ...notices, ...spoken, ...stepUps];

// Frozen: a conversation that runs may name any of them. New keys are added at the end, none is renamed or removed.
const keys = [
  'askIdentifier', 'askIdentifierAgain', 'severalIdentifiers', 'codeSent', 'askCode', 'severalCodes', 'wrongCode',
  'codeResent', 'codeByCall', 'codeByMail', 'resendTooSoon', 'resendExhausted', 'methodUnavailable', 'codeExpired', 'cancelled', 'notMe', 'locked',
  'lockedNotice', 'verified', 'sessionEndedByLogout', 'sessionEndedIdle', 'sessionEndedAge', 'sessionEndedByOperator',
  'sessionEndedOther', 'textOnly', 'assistantUnavailable', 'smsCode', 'heldLost',
  'codeTooSoon', 'smsNumberChanged', 'sessionEndedStepUp', 'smsSessionOpened', 'mailSessionOpenedSubject', 'mailSessionOpened',
  'voiceAsk', 'voiceCode', 'voiceCodeAgain', 'voiceAsker', 'voiceWarning', 'voiceGoodbye',
  'mailCodeSubject', 'mailCode',
  'flood', 'stillWorking', 'mailContactChangedSubject', 'mailContactChanged', 'sessionEndedStepUpFor', 'stepUpImpossible',
  'smsVerification', 'heldDropped',
];

describe('the keys', () => {
  it('only grow', () => {
    for (const language of languages) expect(Object.keys(language.texts)).toEqual(expect.arrayContaining(keys));
  });

  it('are in every language, or it does not compile', () => {
    const { cancelled: _, ...incomplete } = en.texts;
    // @ts-expect-error The key that was taken out is missed.
    const language: Language = { ...en, texts: incomplete };
    expect(language).toBeDefined();
  });

  it('are all tried here', () => {
    const tried = new Set<string>([...samples, ...apart].map(({ key }) => key));
    expect(Object.keys(languages[0]!.texts).filter((key) => !tried.has(key))).toEqual([]);
  });
});

describe.each(tags)('in %s', (tag) => {
  const language = languages.find((candidate) => candidate.tag === tag)!;
  const rendered = samples.map((sample) => texts.render(sample, tag));

  it('every text is said, with all of its parameters and nothing left over', () => {
    for (const text of [...rendered, ...apart.map((text) => texts.render(text, tag))]) {
      expect(text).toMatch(/^\p{Lu}|^¿/u);
      expect(text).not.toMatch(/[{}<>\\]|undefined|null|NaN|&\w+;/);
      expect(text).toBe(text.normalize('NFC'));
    }
  });

  it('a chat text fits one message and a small screen', () => {
    for (const text of rendered) expect(text.length).toBeLessThanOrEqual(350);
  });

  it.each(Object.keys(languages[0]!.texts))('%s takes the same parameters as in English', (key) => {
    const parameters = (message: string) => [...new Set(argumentsOf(message))].sort();
    const english = languages[0]!.texts[key as keyof typeof language.texts];
    expect(parameters(language.texts[key as keyof typeof language.texts])).toEqual(parameters(english));
  });

  it('the words that a text tells a person to type are commands', () => {
    const told = [...rendered, texts.render(sms(), tag)].flatMap((text) => [...text.matchAll(/\*([^*]+)\*/g)].map((match) => match[1]!));
    expect(told.length).toBeGreaterThan(5);
    for (const word of told) expect(readCommand(word, texts.vocabulary(tag))).toBeDefined();
    for (const code of [sms(), mailed()]) expect(texts.render(code, tag)).toContain(language.commands.notMe[0]!.toUpperCase());
  });

  it('no word is two commands, with English and with every other language', () => {
    for (const other of languages) {
      const owners = new Map<string, string>();
      for (const spoken of [language, other]) {
        for (const command of commands) {
          for (const word of spoken.commands[command]) {
            expect([word, owners.get(word) ?? command]).toEqual([word, command]);
            owners.set(word, command);
          }
        }
      }
    }
  });

  it('English commands and cues count as well', () => {
    expect(readCommand('resend', texts.vocabulary(tag))).toBe('resend');
    expect(readCommand('LOG OUT', texts.vocabulary(tag))).toBe('logout');
    expect(findIdentifier('my id is 144133', { asked: false, cues: texts.identifierCues(tag) }))
      .toEqual({ found: 'one', identifier: '144133' });
  });

  it('a cue never takes the number of an order for a person', () => {
    for (const text of ['What is the status of purchase order 4500000001?', 'Bestellung 4500000001?', 'order id 4500000001',
      'Please send 4500000001 by e-mail 4500000001', 'mail 4500000001', '¿Qué pasa con el pedido 4500000001?', 'commande 4500000001']) {
      expect(findIdentifier(text, { asked: false, cues: texts.identifierCues(tag) })).toEqual({ found: 'none' });
    }
  });

  it('the example of an answer is understood', () => {
    const example = texts.render({ key: 'askIdentifierAgain', params: {} }, tag).split(/: /).at(-1)!;
    expect(findIdentifier(example, { asked: false, cues: texts.identifierCues(tag) })).toEqual({ found: 'one', identifier: 'E12345' });
  });

  it('A36 before success nothing is said about where a code went or whether anybody is known', () => {
    for (const key of ['codeSent', 'codeResent', 'codeByCall', 'codeByMail'] as const) {
      const text = texts.render({ key, params: { minutes: 5 } } as TextRequest, tag);
      expect(text).toMatch(/^(If|Falls|Si) /);
      expect(text).not.toMatch(/[•*]{2,}|@|\+\d|\.{3}/);
    }
  });

  it('the ways that a code can go are offered by the words that are understood, and no others', () => {
    const offered = (methods: readonly Method[]) => {
      const text = createTexts({ organisation: 'Contoso', language: 'en', methods })
        .render({ key: 'codeSent', params: { minutes: 5 } }, tag);
      const words = [...text.matchAll(/\*(.+?)\*/g)].map(([, word]) => word!);
      return { text, commands: words.map((word) => readCommand(word, texts.vocabulary(tag))) };
    };
    expect(offered(['sms']).commands).toEqual(['resend', 'cancel']);
    expect(offered(['sms']).text).toContain('SMS');
    expect(offered(['sms', 'call']).commands).toEqual(['resend', 'call', 'cancel']);
    expect(offered(['email', 'sms', 'call']).commands).toEqual(['resend', 'call', 'email', 'cancel']);
    expect(offered(['sms', 'call']).text).not.toContain('SMS');
  });

  it('durations are words that people use', () => {
    const wait = (seconds: number) => texts.render({ key: 'resendTooSoon', params: { seconds } }, tag);
    const lock = (minutes: number) => texts.render({ key: 'locked', params: { minutes } }, tag);
    expect(wait(29)).toMatch(/\b29 s/i);
    expect(wait(60)).toMatch(/\b1 min/i);
    expect(wait(300)).toMatch(/\b5 min/i);
    expect(lock(1)).toMatch(/\b1 min/i);
    expect(lock(60)).toMatch(/\b60 min/i);
    expect(lock(1_440)).toMatch(/\b24 (h|stunden)/i);
  });
});

describe('the SMS with a code', () => {
  it.each([
    ['en', 'Contoso: 48392017 is your code for our WhatsApp chat (from ...0123), valid 5 min. Type it only there, nobody will ask you for it. Not you? Write NOT ME there.'],
    ['de', 'Contoso: 48392017 ist Ihr Code im WhatsApp-Chat (von ...0123), 5 Min. gültig. Nur dort eingeben, niemand fragt danach. Nicht Sie? Dort NICHT ICH schreiben.'],
    ['es', 'Contoso: 48392017 es su clave del chat WhatsApp (desde ...0123), vale 5 min. Solo para ese chat, nadie se la pide. ¿No es usted? Escriba en él NO SOY YO.'],
    ['fr', 'Contoso: 48392017 est votre code du chat WhatsApp (de ...0123), valable 5 min. Tapez-le uniquement là, personne ne le demande. Pas vous? Écrivez-y PAS MOI.'],
  ])('in %s names the organisation, the purpose, the time and who asked, and warns', (tag, golden) => {
    expect(texts.render(sms(), tag)).toBe(golden);
  });

  it.each(tags)('in %s stays in the GSM alphabet: one message, or two when the organisation has a long name', (tag) => {
    const long = createTexts({ organisation: 'A'.repeat(60), language: 'en' });
    expect(beyondGsm(texts.render(sms(), tag))).toEqual([]);
    expect(smsSegments(texts.render(sms(), tag))).toBe(1);
    expect(smsSegments(texts.render(sms('0123456789'), tag))).toBeLessThanOrEqual(2);
    expect(smsSegments(long.render(sms('0123456789'), tag))).toBe(2);
  });

  it.each(tags)('in %s, forwarded into the chat as it is, still offers its one code', (tag) => {
    fc.assert(fc.property(fc.stringMatching(/^[0-9]{6,10}$/), fc.stringMatching(/^[0-9]{4}$/), (code, last4) => {
      const text = texts.render({ key: 'smsCode', params: { code, minutes: 10, last4 } }, tag);
      expect(readCode(text, [code.length])).toEqual({ found: 'one', code });
    }));
  });
});

describe('the mail with a code', () => {
  it.each([
    ['en', 'Contoso: your code for our WhatsApp chat', 'Your code for our WhatsApp chat is:\n\n48392017\n\nIt is valid for 5 minutes, and was asked for from the number that ends in 0123.\n\nType it only in that chat, nobody will ask you for it.\n\nWas it not you? Write NOT ME in your own WhatsApp chat with us, and tell nobody the code.\n\nContoso'],
    ['de', 'Contoso: Ihr Code für unseren WhatsApp-Chat', 'Ihr Code für unseren WhatsApp-Chat lautet:\n\n48392017\n\nEr ist 5 Minuten gültig und wurde von der Nummer angefordert, die auf 0123 endet.\n\nGeben Sie ihn nur in diesem Chat ein, niemand wird Sie danach fragen.\n\nWaren Sie das nicht? Schreiben Sie NICHT ICH in Ihrem eigenen WhatsApp-Chat mit uns, und nennen Sie den Code niemandem.\n\nContoso'],
    ['es', 'Contoso: su código para nuestro chat de WhatsApp', 'Su código para nuestro chat de WhatsApp es:\n\n48392017\n\nVale durante 5 minutos y se ha pedido desde el número que termina en 0123.\n\nEscríbalo solo en ese chat, nadie se lo pedirá.\n\n¿No ha sido usted? Escriba NO SOY YO en su propio chat de WhatsApp con nosotros y no diga el código a nadie.\n\nContoso'],
    ['fr', 'Contoso : votre code pour notre chat WhatsApp', 'Votre code pour notre chat WhatsApp est le suivant :\n\n48392017\n\nIl est valable 5 minutes et a été demandé depuis le numéro qui se termine par 0123.\n\nTapez-le uniquement dans ce chat, personne ne vous le demandera.\n\nCe n’était pas vous ? Écrivez PAS MOI dans votre propre chat WhatsApp avec nous, et ne donnez le code à personne.\n\nContoso'],
  ])('R22 in %s names the organisation, the purpose, the time and who asked, and warns', (tag, subject, text) => {
    expect([texts.render(mailedSubject, tag), texts.render(mailed(), tag)]).toEqual([subject, text]);
  });

  it.each(tags)('in %s, copied into the chat as it is, still offers its one code', (tag) => {
    fc.assert(fc.property(fc.stringMatching(/^[0-9]{6,10}$/), fc.stringMatching(/^[0-9]{4}$/), (code, last4) => {
      const text = texts.render({ key: 'mailCode', params: { code, minutes: 10, last4 } }, tag);
      expect(readCode(text, [code.length])).toEqual({ found: 'one', code });
    }));
  });
});

describe('the SMS that a contact was changed', () => {
  it.each([
    ['en', 'Contoso: a contact that HR has for your WhatsApp chat codes was changed. If you did not ask for that, tell HR or IT security at once.'],
    ['de', 'Contoso: Ihr Kontakt für Codes im WhatsApp-Chat wurde geändert. Nicht von Ihnen veranlasst? Bitte sofort Personalabteilung oder IT-Sicherheit melden.'],
    ['es', 'Contoso: se ha cambiado un contacto suyo para las claves del chat WhatsApp. Si usted no lo ha pedido, avise enseguida a Recursos Humanos o a seguridad TI.'],
    ['fr', "Contoso: un de vos contacts pour les codes du chat WhatsApp a changé. Si vous n'avez rien demandé, prévenez vite les RH ou la sécurité informatique."],
  ])('in %s names the organisation and whom to tell, and no number', (tag, golden) => {
    expect(texts.render(notice, tag)).toBe(golden);
  });

  it.each(tags)('in %s stays in the GSM alphabet: one message, or two when the organisation has a long name', (tag) => {
    const long = createTexts({ organisation: 'A'.repeat(60), language: 'en' });
    for (const text of [notice, signedIn]) {
      expect(beyondGsm(texts.render(text, tag))).toEqual([]);
      expect(smsSegments(texts.render(text, tag))).toBe(1);
      expect(smsSegments(long.render(text, tag))).toBeLessThanOrEqual(2);
    }
  });

  it.each(tags)('in %s tells whoever did not sign in what to write, and by mail where to say so', (tag) => {
    const notMe = languages.find((language) => language.tag === tag)!.commands.notMe[0]!.toUpperCase();
    expect(texts.render(signedIn, tag)).toContain(notMe);
    expect(texts.render(notices[3]!, tag).split('\n')).toContain('https://doorman.example/not-me/x');
  });
});

describe('the language', () => {
  const german = createTexts({ organisation: 'Contoso', language: 'de-DE' });
  const ask: TextRequest = { key: 'textOnly', params: {} };
  const tagOf = (text: string) => languages.find((language) => language.texts.textOnly === text)!.tag;

  it.each([
    ['de', 'de'], ['de-AT', 'de'], ['de_CH', 'de'], ['DE', 'de'], ['deu', 'de'], ['fr-CA', 'fr'], ['es_419', 'es'],
    ['en-GB', 'en'], ['en_US', 'en'], ['pt-BR', 'de'], ['ja', 'de'], ['', 'de'], ['*', 'de'], ['english please', 'de'],
    ['__proto__', 'de'], ['constructor', 'de'], ['d', 'de'],
  ])('%j of an employee of a German company is %s', (wanted, spoken) => {
    expect(tagOf(german.render(ask, wanted))).toBe(spoken);
  });

  it('is English where the organisation\'s own is not spoken', () => {
    expect(tagOf(createTexts({ organisation: 'Contoso', language: 'fi' }).render(ask, 'sv'))).toBe('en');
  });
});

describe('the organisation\'s name', () => {
  const say = (organisation: string, request: TextRequest | CodeTextRequest) => createTexts({ organisation, language: 'en' }).render(request, 'en');
  const greeting: TextRequest = { key: 'askIdentifier', params: {} };

  it.each(['{{7*7}}', '${7*7}', '<Say>hello</Say>', "O'Neil {code} & Söhne", '{organisation', '#1 Company'])('is literal, also %j', (name) => {
    expect(say(name, sms())).toContain(`${name}: 48392017`);
  });

  it('carries no markup into the chat, and is itself in an SMS', () => {
    const name = '*Best_Buy* ~and~ `more`';
    expect(say(name, greeting)).not.toMatch(/[*_~`]/);
    expect(say(name, greeting)).toContain('∗BestˍBuy∗ ∼and∼ ˋmoreˋ');
    expect(say(name, sms())).toContain(name);
  });

  it('cannot start a line, which WhatsApp would show as a list or a quotation', () => {
    for (const { texts: messages } of languages) {
      for (const [key, message] of Object.entries(messages)) {
        if (!/^(sms|mail|voice)/.test(key)) expect(message).not.toMatch(/(^|\n)\{/);
      }
    }
  });

  it('is one line without invisible characters', () => {
    expect(say('Con\u202Etoso\r\nBcc: x\u2028y\u0000', sms())).toMatch(/^Contoso Bcc: x y: 48392017/);
  });
});

function argumentsOf(message: string): string[] {
  const names = (elements: readonly object[]): string[] => elements.flatMap((element) => {
    const { type, value, options = {} } = element as { type: number; value: string; options?: Record<string, { value: object[] }> };
    // 0 is a literal, 7 the number of a plural.
    const own = type === 0 || type === 7 ? [] : [value];
    return [...own, ...Object.values(options).flatMap((option) => names(option.value))];
  });
  return names(new IntlMessageFormat(message, 'en', undefined, { ignoreTag: true }).getAst());
}
