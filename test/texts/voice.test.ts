import { createTexts, languages } from '../../src/texts/render';
import { spoken } from './spoken';

const texts = createTexts({ organisation: 'Contoso', language: 'en' });
const tags = languages.map(({ tag }) => tag);

describe('what is said in a call', () => {
  const say = (tag: string) => spoken.map((text) => texts.render(text, tag));

  it.each(tags)('in %s names the organisation, the time and what to write, and holds no mark of the chat', (tag) => {
    const [ask, , , , warning] = say(tag);
    expect(ask).toContain('Contoso');
    expect(warning).toMatch(/\b5 min/i);
    expect(warning).toContain(languages.find((language) => language.tag === tag)!.commands.notMe[0]!.toUpperCase());
    for (const text of say(tag)) expect(text).not.toMatch(/[*_~`\n]/);
  });

  it.each(tags)('in %s says before keys are pressed what an answering machine may keep', (tag) => {
    const [ask, ...later] = say(tag);
    expect(ask).toMatch(/ 4 .* 7\.$/);
    for (const text of later) expect(ask).not.toContain(text);
  });

  it('is spoken by a voice of the language that it is in', () => {
    expect(['en', 'de-AT', 'es_MX', 'FR', 'ja'].map((language) => texts.voiceTag(language)))
      .toEqual(['en-US', 'de-DE', 'es-ES', 'fr-FR', 'en-US']);
    expect(languages.map(({ tag, voiceTag }) => voiceTag.startsWith(`${tag}-`))).toEqual(languages.map(() => true));
  });

  it('has the organisation\'s name as it is', () => {
    const text = createTexts({ organisation: 'Best_Buy *more*', language: 'en' }).render({ key: 'voiceAsk', params: { first: '4', second: '7' } }, 'en');
    expect(text).toContain('Best_Buy *more*,');
  });
});
