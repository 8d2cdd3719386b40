import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { canonicalIdentifier, findIdentifier, isEmailIdentifier, isUuid } from '../../src/domain/identifiers';

const cues = [
  'id', 'employee', 'personnel number', 'staff number', 'Personalnummer', 'personalnr', "numéro d'employé",
  'identifiant', 'e-mail', 'email', 'mail',
];
const one = (identifier: string) => ({ found: 'one', identifier });
const none = { found: 'none' };
const several = { found: 'several' };

describe('the canonical identifier', () => {
  it.each([
    ['144133', '144133'], ['e123', 'E123'], ['E123 ', 'E123'], ['\tE123\n', 'E123'], ['Ｅ１２３', 'E123'],
    ['E\u200B1\u202E23', 'E123'],
    ['\u212A123', 'K123'], ['ſ123', 'S123'], ['١٤٤١٣٣', '144133'], ['𝟏𝟒𝟒133', '144133'], ['a\u20111', 'A-1'],
    ['a–12', 'A-12'], ['a−12', 'A-12'],
    ['constructor', 'CONSTRUCTOR'], ['null', 'NULL'], ['Anna.Schmidt@Example.COM', 'anna.schmidt@example.com'],
    ['ＡＮＮＡ＠example.com', 'anna@example.com'], ["o'neil+x@sub.example.co.uk", "o'neil+x@sub.example.co.uk"],
  ])('A38 of %j is %j', (raw, canonical) => {
    expect(canonicalIdentifier(raw)).toBe(canonical);
  });

  it.each([
    ['a dotless i', 'ı123'], ['a dotted capital i', 'İ123'], ['a Cyrillic letter', 'А123'],
    ['a Greek letter', 'Ε123'], ['a space inside', 'E 123'],
    ['two characters', 'E1'], ['33 characters', 'E'.repeat(33)], ['nothing', ''], ['an underscore', '__proto__'],
    ['SQL', "' OR 1=1--"],
    ['a placeholder', '$1'], ['NUL', 'E123\u0000'], ['a telephone number', '+4917612345678'],
    ['an umlaut', 'MÜLLER1'],
    ['no domain', 'anna@'], ['no local part', '@example.com'], ['no dot in the domain', 'anna@localhost'],
    ['two at signs', 'a@b@example.com'],
    ['a list', 'anna@example.com,eve@example.org'], ['a comment', 'anna@example(x).com'],
    ['quotes', '"anna"@example.com'],
    ['an address literal', 'anna@[127.0.0.1]'], ['an IP address', 'anna@127.0.0.1'],
    ['a line break', 'anna@example.com\r\nBcc: eve@example.org'],
    ['a Cyrillic domain', 'anna@exаmple.com'], ['an umlaut domain', 'anna@bücher.example'],
    ['a leading dot', '.anna@example.com'],
    ['two dots', 'an..na@example.com'], ['a dash at a label\'s edge', 'anna@-example.com'],
    ['an empty label', 'anna@example..com'],
    ['65 characters before the at sign', `${'a'.repeat(65)}@example.com`],
    ['255 characters', `a@${'b.'.repeat(126)}c`],
    ['a label of 64', `a@${'b'.repeat(64)}.com`], ['an account sign', 'a@\u2100me.com'],
  ])('A38 A39 does not exist for %s', (_, raw) => {
    expect(canonicalIdentifier(raw)).toBeUndefined();
  });

  it('is its own canonical form and nothing but ASCII', () => {
    const ids = fc.stringMatching(/^[a-zA-Z0-9-]{1,34}$/);
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.emailAddress(), ids), (raw) => {
      const canonical = canonicalIdentifier(raw);
      if (canonical === undefined) return;
      expect(canonicalIdentifier(canonical)).toBe(canonical);
      expect(canonical).toMatch(isEmailIdentifier(canonical) ? /^[!-?A-Z^-~@[-`]+$/ : /^[A-Z0-9-]{3,32}$/);
      expect(canonical.length).toBeLessThanOrEqual(254);
    }), { numRuns: 5_000 });
  });

  it('A38 is one for all spellings of one ID', () => {
    const noise = fc.constantFrom('', '\u200B', '\u202E', '\u00AD', '\u2060', '\uFE0F');
    const width = (character: string) => String.fromCharCode(character.charCodeAt(0) + 0xfee0);
    const spellings = fc.array(fc.tuple(fc.boolean(), fc.boolean(), noise), { minLength: 32, maxLength: 32 });
    fc.assert(fc.property(fc.stringMatching(/^[A-Z0-9]{3,32}$/), spellings, (id, spelling) => {
      const spelled = [...id].map((character, i) => {
        const [lower, wide, unseen] = spelling[i]!;
        const cased = lower ? character.toLowerCase() : character;
        return (wide ? width(cased) : cased) + unseen;
      }).join('');
      expect(canonicalIdentifier(` ${spelled}\t`)).toBe(id);
    }), { numRuns: 2_000 });
  });
});

test('one of our own ids is a UUID in lower case and nothing beside it', () => {
  const id = randomUUID();
  expect(isUuid(id)).toBe(true);
  const others = ['', id.toUpperCase().replace(/\d/g, 'A'), id.slice(1), `${id}0`, `${id}\n`, ` ${id}`, `{${id}}`,
    `${id}\n${id}`, id.replaceAll('-', ''), id.replace(/^./, 'g'), id.replace('-', '_')];
  expect(others.filter(isUuid)).toEqual([]);
});

describe('an identifier in a message that opens a conversation', () => {
  it.each([
    ['144133', '144133'], [' 144133. ', '144133'], ['*e-144133*', 'E-144133'], ['my id is 144133', '144133'],
    ['My ID: 144133', '144133'],
    ['Hello, I am Anna, employee no. 144133', '144133'], ['employee id is E144133!', 'E144133'],
    ['id=144133', '144133'], ['ID #144133', '144133'],
    ['personnel number 144133, what is the status of purchase order 4500000001?', '144133'],
    ['meine Personalnummer lautet 144133', '144133'],
    ['my id number is 144133', '144133'], ['my id is ١٤٤١٣٣', '144133'], ['ID\n144133', '144133'],
    ['employee Nr. 144133', '144133'],
    ['id 144133 ID: 144133', '144133'], ['anna@example.com', 'anna@example.com'],
    ['<Anna@Example.com>', 'anna@example.com'],
    ['Anna Schmidt, id 144133', '144133'], ['Hello id 144133', '144133'], ['Personalnr. 144133', '144133'],
    ['mon numéro d’employé est le 144133', '144133'], ["l'identifiant est 144133", '144133'],
    ['hello\nid 144133', '144133'],
    ['my e-mail is anna@example.com.', 'anna@example.com'], ['my id is \u202E144133', '144133'],
  ])('is found in %j', (text, identifier) => {
    expect(findIdentifier(text, { asked: false, cues })).toEqual(one(identifier));
  });

  it.each([
    ['What is the status of purchase order 4500000001?'], ['hello'], ['my id is lost'], ['my id'], ['id'],
    ['lost my id. 144133 units are missing'],
    ['order id 4500000001 please'], ['What about invoice number id 4711?'], ['my idea is 144133'], ['covid 144133'],
    ['send it to billing@example.org please'],
    ['what does error id 50012 mean'], ['the meeting id is 88812345'], ['tracking id 99887766'], ['invoice id: 4711'],
    ['my id is +4917612345678'], ['employee of order 4500000001'], ['id of purchase order 4500000001'], ['', ],
    ['...'], ['__proto__'],
  ])('is not found in %j', (text) => {
    expect(findIdentifier(text, { asked: false, cues })).toEqual(none);
  });

  it('is not chosen among several', () => {
    expect(findIdentifier('my id is 144133, no, my id is 144134', { asked: false, cues })).toEqual(several);
  });

  it('is not that of somebody else', () => {
    expect(findIdentifier('my id is 144133, his id is 144134', { asked: false, cues })).toEqual(one('144133'));
  });
});

describe('an identifier in the answer to the question for it', () => {
  it.each([
    ['144133', '144133'], ["it's 144133", '144133'], ['144133 please', '144133'],
    ['sure: e-144133, thanks', 'E-144133'], ['144133, 144133!', '144133'],
    ['my id is 144133 and I ask about 4500000001', '144133'],
    ['write to anna@example.com, since 2019', 'anna@example.com'],
    ['mailto:anna@example.com', 'anna@example.com'], ['我的工号是144133', '144133'], ['사번은 144133입니다', '144133'],
    ['144133👍🏽', '144133'],
    ['it is—144133', '144133'], ['email=anna@example.com', 'anna@example.com'],
    ['Sure, my number is 144133, thanks', '144133'], ['My name is Anna Schmidt, 144133', '144133'],
    ['here you are: 144133', '144133'], ['Mei Tan 144133', '144133'], ['is 144133', '144133'],
    ['meine Nummer ist die E-144133', 'E-144133'], ['社員番号は144133です', '144133'], ['رقمي ١٤٤١٣٣', '144133'],
    ['employee code 144133', '144133'], ['can you look up order 4500000001? my id is 144133', '144133'],
    ['is billing@example.org right for order 4500000001?', 'billing@example.org'],
  ])('is found in %j', (text, identifier) => {
    expect(findIdentifier(text, { asked: true, cues })).toEqual(one(identifier));
  });

  it.each([
    ['I do not know'], ['hello'], ['at 12:30'], ['+49 17'], ['+4917612345678'], ['А144133'], ['ı144133'], ['what?'],
    ['why 2'], ['What is the status of purchase order 4500000001?'], ['what is the status of purchase order 4500000001'],
    ['order 4500000001 please'], ['PO 4500000001'], ['4500000001?'], ['is 4500000001 approved'],
    ['Can you look at 4500000001'], ['12 pieces of 4500000001'], ['4500000001 at 12:30'], ['Hello. 4500000001 ?'],
    ['my id is lost. 144133 units'], ['and orders 4500000001, 4500000002'], ['4500000001, when'],
    ['Wo ist meine Bestellung 4500000001'], ['Où est 4500000001'], ['¿Dónde está 4500000001'], ['dónde está 4500000001'],
    ["dov'è il mio ordine 4500000001"], ['gdzie jest moje zamówienie 4500000001'], ['где мой заказ номер 4500000001'],
    ['请问采购订单4500000001的状态是什么'], ['发票4500000001'], ['発注4500000001の状況は'], ['주문 4500000001'],
    ['4500000001 कहाँ है？'], ['أين 4500000001؟'], ['πού είναι το 4500000001;'], ['where 4500000001'],
  ])('is not found in %j', (text) => {
    expect(findIdentifier(text, { asked: true, cues })).toEqual(none);
  });

  it.each([
    ['483920 is my otp', '483920'], ['OTP: 483920', '483920'], ['the code is 48392017', '48392017'],
    ['otp483920', '483920'], ['my code is 483 920', '483920'], ['mein Code lautet 483920', '483920'],
    ['mi código es 483920', '483920'], ['la clave es 483-920', '483920'], ["l'code 483920", '483920'],
    ['我的验证码是483920', '483920'], ['код 483920', '483920'], ['ΚΩΔΙΚΌΣ 483920', '483920'], ['٤٨٣٩٢٠ الرمز', '483920'],
  ])('is a code in %j', (text, code) => {
    expect(findIdentifier(text, { asked: true, cues })).toEqual({ found: 'code', code });
  });

  it.each([['error code 50012'], ['what does code 483920 mean'], ['is the code 483920?'], ['code 4711'],
    ['codes 483920 and 483921'],
  ])('is no more found in %j than a code', (text) => {
    expect(findIdentifier(text, { asked: true, cues })).toEqual(none);
  });

  // None of them is a cue, a small word, or asks; in capitals and small letters, with and without spaces between words.
  const word = fc.constantFrom('Anna', 'garlic', 'schön', 'été', 'mañana', 'ordine', 'данные', 'बैठक', 'اجتماع', 'ευχαριστώ');
  const number = fc.constantFrom('4500000001', 'e-144133', '١٤٤١٣٣', '１４４１３３');
  const sentence = (words: readonly string[], at: number, candidate: string) =>
    [...words.slice(0, at), candidate, ...words.slice(at)].join(' ');

  it('is found with three words beside it, and not with more', () => {
    fc.assert(fc.property(fc.array(word, { maxLength: 12 }), fc.nat(12), number, (words, at, candidate) => {
      const reading = findIdentifier(sentence(words, at, candidate), { asked: true, cues });
      expect(reading).toEqual(words.length <= 3 ? one(canonicalIdentifier(candidate)!) : none);
    }), { numRuns: 2_000 });
  });

  it('is not found in a question of any script', () => {
    const mark = fc.constantFrom('?', '？', '؟', '⁇', '⁈', '⁉️', '‽', '¿', '﹖', '\u037E', '՞', '፧', '⸮', '❓', '❔');
    fc.assert(fc.property(fc.array(word, { maxLength: 5 }), fc.nat(5), number, mark, fc.boolean(),
      (words, at, candidate, asking, first) => {
        const said = sentence(words, at, candidate);
        const text = first ? `${asking} ${said}` : `${said} ${asking}`;
        for (const asked of [true, false]) expect(findIdentifier(text, { asked, cues })).toEqual(none);
      }), { numRuns: 2_000 });
  });

  it('is found after a cue in any sentence, with any other number', () => {
    const other = fc.oneof(word, number, fc.constantFrom('order', 'what', 'otp', 'code', '12', '?', '.'));
    fc.assert(fc.property(fc.array(other, { maxLength: 9 }), fc.array(other, { maxLength: 9 }), (before, after) => {
      const text = `${before.join(' ')}; my id is 144199 ${after.join(' ')}`;
      expect(findIdentifier(text, { asked: true, cues })).toEqual(one('144199'));
    }), { numRuns: 2_000 });
  });

  it.each([
    ['144133 or 144134'], ['a@example.com b@example.com'],
    ['144 133']])('is not chosen among several in %j', (text) => {
    expect(findIdentifier(text, { asked: true, cues })).toEqual(several);
  });
});

describe('looking for an identifier', () => {
  it('finds only canonical ones, and needs a digit in an ID', () => {
    const word = fc.constantFrom(...cues, 'is', ':', '144133', 'E-1', 'a@b.cc');
    const text = fc.array(fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), word), { maxLength: 12 });
    fc.assert(fc.property(text, fc.boolean(), (parts, asked) => {
      const reading = findIdentifier(parts.join(' '), { asked, cues });
      if (reading.found !== 'one') return;
      expect(canonicalIdentifier(reading.identifier)).toBe(reading.identifier);
      expect(reading.identifier).toMatch(/[0-9]|@/);
    }), { numRuns: 5_000 });
  });

  it('never finds less when the person was asked', () => {
    const word = fc.constantFrom('my', 'id', 'is', 'lost.', '144133', 'order', '45000001', 'a@b.cc', 'employee', 'no.');
    const text = fc.array(word, { maxLength: 8 });
    fc.assert(fc.property(text, (parts) => {
      const unasked = findIdentifier(parts.join(' '), { asked: false, cues });
      if (unasked.found !== 'none') expect(findIdentifier(parts.join(' '), { asked: true, cues })).toEqual(unasked);
    }), { numRuns: 2_000 });
  });

  it.each([
    ['letters', 'a'.repeat(100_000)], ['words', 'id '.repeat(33_000)], ['numbers', '144133 '.repeat(14_000)],
    ['cues', 'id is no 144133 '.repeat(6_000)],
    ['dots', '.'.repeat(100_000)], ['at signs', 'a@'.repeat(50_000)], ['labels', `a@${'b.'.repeat(50_000)}`],
    ['dashes', `1${'-'.repeat(100_000)}`],
    ['dotted words', '....a '.repeat(16_000)], ['long words', `${'!'.repeat(900)}a `.repeat(110)],
    ['letters that expand', '\uFDFA'.repeat(100_000)],
  ])('A40 takes linear time over 100,000 characters of %s', (_, text) => {
    findIdentifier(text, { asked: true, cues });
    const before = process.cpuUsage();
    findIdentifier(text, { asked: true, cues });
    // A quadratic search would take seconds. What other processes take of the machine is not counted.
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(400);
  });
});
