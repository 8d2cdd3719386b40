// Secrets that are told once: what makes one, and that nothing else is taken for it.
import { isSecret, newSecret, secretHash } from '../../src/keys/secrets';

test('R46 a secret has its prefix and 256 bits, and is known by its hash alone', () => {
  const [one, other] = [newSecret('dmkey_'), newSecret('dmkey_')];
  expect(one).toMatch(/^dmkey_[A-Za-z0-9_-]{43}$/);
  expect(one).not.toBe(other);
  expect(isSecret('dmkey_', one, secretHash(one))).toBe(true);
  expect(isSecret('dmkey_', other, secretHash(one))).toBe(false);
});

test('nothing is taken for a secret that has another prefix or form, or of which no hash was found', () => {
  const one = newSecret('dmkey_');
  expect(isSecret('dmkey_', one, undefined)).toBe(false);
  expect(isSecret('dmtoken_', one, secretHash(one))).toBe(false);
  for (const odd of ['', 'dmkey_', `${one} `, `${one}=`]) expect(isSecret('dmkey_', odd, secretHash(odd))).toBe(false);
});
