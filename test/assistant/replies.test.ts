import fc from 'fast-check';
import { repliesSchema, wordsOf } from '../../src/assistant/replies';
import { parsed } from '../../src/outbound/answer';
import { splitText } from '../../src/domain/splitText';

const hosts = new Set(['files.example.com', 'media.example.com:8443']);
const nowhere = new Set<string>();
const media = (url: string) => ({ text: 'Here it is.', media: { url, type: 'image/png' } });

describe('the words of a reply', () => {
  it('are its text, as it is', () => {
    expect(wordsOf({ text: ' *bold* \n{{1}} ' }, hosts)).toBe(' *bold* \n{{1}} ');
  });

  it('number its choices, each on one line of its own', () => {
    expect(wordsOf({ text: 'Which one?', choices: ['the first', ' the\r\n2. second ', 'the\u2028third'] }, hosts))
      .toBe('Which one?\n\n1. the first\n2. the 2. second\n3. the third');
  });

  it.each([
    ['https://files.example.com/a%20b.png?x=1', 'https://files.example.com/a%20b.png?x=1'],
    ['HTTPS://FILES.example.com:443/a.png', 'https://files.example.com/a.png'],
    ['https://media.example.com:8443/a.png', 'https://media.example.com:8443/a.png'],
  ])('link to media at %s', (url, link) => {
    expect(wordsOf(media(url), hosts)).toBe(`Here it is.\n\n${link}`);
    expect(wordsOf(media(url), nowhere)).toBe('Here it is.');
  });

  it.each([
    'http://files.example.com/a.png', 'https://example.com/a.png', 'https://files.example.com.evil.com/a.png',
    'https://evil.com/files.example.com', 'https://user@files.example.com/a.png', 'https://files.example.com:8443/a.png',
    'https://media.example.com/a.png', 'https://files.example.com@evil.com/', 'https://evil.com\\@files.example.com/',
    'javascript:alert(1)//files.example.com', 'data:image/png;base64,AA', '//files.example.com/a.png', 'a.png', '',
    'https://xn--fles-xqa.example.com/a.png', `https://files.example.com/${'ä'.repeat(400)}`,
  ])('do not link to %s', (url) => {
    expect(wordsOf(media(url), hosts)).toBe('Here it is.');
  });

  it('link to nothing but the hosts that are allowed, whatever the URL', () => {
    const parts = fc.array(fc.constantFrom('https:', 'http:', '/', '//', '\\', '@', ':', '#', '?', 'files.example.com', 'evil.com', '.', '%2F', ' ', '\t'), { maxLength: 8 });
    fc.assert(fc.property(fc.oneof(fc.webUrl(), parts.map((all) => all.join(''))), (url) => {
      const [, link] = wordsOf(media(url), hosts).split('\n\n');
      if (link !== undefined) expect(hosts.has(new URL(link).host)).toBe(true);
    }));
  });

  it('keep a link whole where they are parted', () => {
    const url = `https://files.example.com/${'x'.repeat(900)}`;
    for (const length of [400, 500, 590, 600, 1_200, 1_490, 1_500]) {
      const words = wordsOf({ ...media(url), text: 'word '.repeat(length / 5) }, hosts);
      expect(splitText(words).filter((part) => part.includes(url))).toHaveLength(1);
    }
  });
});

describe('replies on the wire', () => {
  const isTaken = (...replies: unknown[]) => repliesSchema.safeParse(replies).success;

  it('may be as many, and as much, as the bounds allow', () => {
    expect(isTaken()).toBe(true);
    expect(isTaken(...Array(200).fill({ text: 'x' }))).toBe(true);
    expect(isTaken(...Array(201).fill({ text: 'x' }))).toBe(false);
    expect(isTaken({ text: 'x', choices: Array(50).fill('x'.repeat(200)) })).toBe(true);
    expect(isTaken({ text: 'x', choices: Array(51).fill('x') })).toBe(false);
    expect(isTaken({ text: 'ä'.repeat(32_768) })).toBe(true);
    expect(isTaken({ text: 'ä'.repeat(32_769) })).toBe(false);
  });

  it.each([
    {}, { text: '' }, { text: ' \n' }, { text: 1 }, { text: 'x', choices: [] }, { text: 'x', choices: [''] }, { text: 'x', choices: [' '] },
    { text: 'x', choices: 'one' }, { text: 'x', choices: [1] }, { text: 'x', choices: ['x'.repeat(201)] }, { text: 'x', media: {} },
    { text: 'x', media: { url: 'https://files.example.com/a' } }, { text: 'x', media: { url: 'x'.repeat(1_001), type: 'image/png' } },
    { text: 'x', media: { url: 'https://files.example.com/a', type: 'image' } }, { choices: ['one'] }, { media: media('x').media }, null, 'x',
  ])('are refused as a whole for one that is %j', (reply) => {
    expect(isTaken({ text: 'fine' }, reply)).toBe(false);
  });

  it('have only the fields that were agreed on', () => {
    const given = [{ text: 'x', html: '<b>x</b>', choices: ['one'], media: { ...media('u').media, caption: 'y' } }];
    expect(repliesSchema.parse(given)).toEqual([{ text: 'x', choices: ['one'], media: media('u').media }]);
  });

  it('are JSON in UTF-8, and nothing else', () => {
    expect(parsed(Buffer.from('{"a":"ä"}'))).toEqual({ a: 'ä' });
    for (const bytes of [Buffer.from('{'), Buffer.from([0x22, 0xff, 0x22]), Buffer.alloc(0)]) expect(parsed(bytes)).toBeUndefined();
  });
});
