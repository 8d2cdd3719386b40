// Which tests play which attack: found by the numbers with which their titles begin.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

export interface AttackTest {
  /** From the root of the repository, with slashes. */
  readonly file: string;
  /** The title without its numbers. */
  readonly sentence: string;
}

/** Tests by the number of the attack, `A17`. */
export type AttackTests = ReadonlyMap<string, readonly AttackTest[]>;

// Of a test, of a group of tests, or of what `.each` made of either. Rules (R..) may stand beside attacks.
const titleOfTest = /(?:\b(?:test|it|describe)|\))\(\s*(['"`])((?:[AR]\d\d,? )+)((?:\\.|(?!\1)[^\\])*)\1/g;

/** The tests of one file, by attack. */
export function findAttackTests(file: string, text: string): [attack: string, test: AttackTest][] {
  return [...text.matchAll(titleOfTest)].flatMap(([, , numbers = '', sentence = '']) => {
    const test = { file, sentence: sentence.replace(/\\(.)/g, '$1') };
    return [...numbers.matchAll(/A\d\d/g)].map(([attack]): [string, AttackTest] => [attack, test]);
  });
}

/** The tests of a repository, in order of files and of their lines. */
export function readAttackTests(root: string): AttackTests {
  const files = readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort();
  const found = new Map<string, AttackTest[]>();
  for (const file of files) {
    for (const [attack, test] of findAttackTests(file, readFileSync(join(root, file), 'utf8'))) {
      found.set(attack, [...found.get(attack) ?? [], test]);
    }
  }
  return found;
}
