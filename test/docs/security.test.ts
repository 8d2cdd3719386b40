// The page on attacks is what the code, the catalogue and the tests say; and it is not written when they disagree.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultPolicy } from '../../src/domain/policy';
import { findAttackTests, readAttackTests } from '../../src/docs/attackTests';
import type { AttackTests } from '../../src/docs/attackTests';
import { chanceUnder, exposures } from '../../src/docs/guessing';
import { chanceOf } from '../../src/domain/policy';
import { catalogueProblems, readCatalogue, securityPage } from '../../src/docs/security';

const root = join(__dirname, '../..');

test('docs/security.md is what the code would write (npm run docs)', () => {
  expect(readFileSync(join(root, 'docs/security.md'), 'utf8')).toBe(securityPage(root));
});

describe('the catalogue of attacks', () => {
  const attacks = readCatalogue(root);
  const tests = readAttackTests(root);
  const problems = (changed = attacks, played: AttackTests = tests, isFile = (_path: string) => true) =>
    catalogueProblems(changed, played, isFile);

  test('has each of A01 to A40, every row a test, and no test an attack without a row', () => {
    expect(problems()).toEqual([]);
  });

  test('is refused without one of the forty', () => {
    const { A17, ...others } = attacks;
    expect(A17).toBeDefined();
    expect(problems(others)).toContain('A17 has no row');
  });

  test('is refused when an attack has no test', () => {
    expect(problems(attacks, new Map([...tests].filter(([number]) => number !== 'A17')))).toEqual(['A17 has no test']);
  });

  test('is refused when a title names an attack that it does not know', () => {
    const test = { file: 'test/x.test.ts', sentence: 'does something' };
    expect(problems(attacks, new Map([...tests, ['A99', [test]]])))
      .toEqual(['test/x.test.ts: a title names A99, which has no row']);
  });

  test('is refused when a defence stands in a file that is not there, or has a number that the policy does not', () => {
    const [file] = attacks.A18!.files;
    expect(problems(attacks, tests, (path) => path !== file)).toContain(`A18: there is no ${file}`);
    const changed = { ...attacks, A18: { ...attacks.A18!, defence: 'at most {codesMax}' } };
    expect(problems(changed)).toEqual(['A18: the policy has no codesMax']);
  });
});

describe('the tests of an attack', () => {
  // Put together, so that this file names no attack by its own titles.
  const found = (...lines: string[]) => findAttackTests('x', lines.join('\n').replaceAll('#', 'A'))
    .map(([attack, { sentence }]) => `${attack} ${sentence}`);

  test('are those whose titles begin with its number, also beside others and rules', () => {
    expect(found(`test('#17 one', () => {`, `  it("#18 #19 two", `, `describe('#20, #21 three'`, `test('R12 #22 four'`))
      .toEqual(['A17 one', 'A18 two', 'A19 two', 'A20 three', 'A21 three', 'A22 four']);
  });

  test('may be made by tables, over several lines, with quotes inside', () => {
    expect(found(`test.each([[1, 2]])('#17 %s one'`, 'it.each<[string, () => void]>([', `])(`, `  '#18 it\\'s two', (`))
      .toEqual(['A17 %s one', `A18 it's two`]);
  });

  test('are none that name it elsewhere', () => {
    expect(found(`test('one (#17)'`, `// #17 one`, `expect('#17 one')`, `test('#171 one'`, `test('#17'`)).toEqual([]);
  });
});

describe('the chance of a guess', () => {
  const chances = Object.fromEntries(exposures.map((exposure) => [exposure.what, chanceUnder(defaultPolicy, exposure)]));
  const near = (what: string, expected: number) => expect(chances[what]! / expected).toBeCloseTo(1, 2);

  test('is what the formula says, also where it is too small for a difference of one', () => {
    expect(chanceOf(1, 6)).toBeCloseTo(1e-6, 12);
    expect(chanceOf(1, 10) / 1e-10).toBeCloseTo(1, 6);
    expect(chanceOf(693_147, 6)).toBeCloseTo(0.5, 5);
  });

  test('stays below what is promised for strangers: one in a million an employee, one in a thousand a year', () => {
    near('one employee, all strangers, until two operators reopen the pool', 6e-7);
    near('anybody at all, all strangers, a year', 7.3e-4);
    expect(chances['anybody at all, all strangers, a year']).toBeLessThan(1e-3);
    near('one code, known sender', 5e-6);
  });

  test('of known senders and strangers together is within a hundred guesses in a row, as NIST SP 800-63B-4 bounds it', () => {
    expect(defaultPolicy.knownGuessesInARowMax + defaultPolicy.strangerGuessesInARowMax).toBeLessThanOrEqual(100);
  });
});
