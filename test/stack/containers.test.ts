// The container files say the same as the code: read here, since nothing runs them in a test.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settings } from '../../src/config';
import { readJsonSetting } from '../../src/config/jsonSetting';
import { defaultPolicy, policyProblems } from '../../src/domain/policy';
import { partnerSettings } from '../../src/partners/partnerSettings';
import { temporalSettings } from '../../src/stack/temporal/temporalServer';
import { assistantSettings } from '../../src/assistant/assistantSettings';
import { serviceSettings } from '../../src/services/serviceSettings';
import { behindTheDoor } from '../../src/stack/up/behindTheDoor';
import { hrPartner } from '../../src/stack/up/hrPartner';
import { playPolicy } from '../../src/stack/up/localSettings';

const read = (file: string) => readFileSync(join(__dirname, '../..', file), 'utf8');
const compose = read('docker-compose.yml');

test('Temporal in a container is set as the local one is', () => {
  const given = [...compose.matchAll(/--dynamic-config-value (\S+)/g)].map(([, setting]) => setting);
  expect(given.sort()).toEqual([...temporalSettings].sort());
});

test('budgets in containers are those of the local stack', () => {
  expect(JSON.parse(/DOORMAN_POLICY: '(.*)'/.exec(compose)![1]!)).toEqual(playPolicy);
  expect(policyProblems({ ...defaultPolicy, ...playPolicy }, true)).toEqual([]);
});

test('HR in containers is that of the local stack, and shares its secret with the simulator', () => {
  const [, given] = /DOORMAN_PARTNERS: '(.*)'/.exec(compose)!;
  const [, secret] = /SIMULATOR_HR_SECRET: (.*)/.exec(compose)!;
  expect(given).toBe(hrPartner(secret!));
  expect(() => readJsonSetting(given!, partnerSettings)).not.toThrow();
});

test('the compose file sets nothing that nobody reads', () => {
  const given = [...compose.matchAll(/^\s+([A-Z][A-Z_]+): /gm)].map(([, name]) => name!);
  const read = new Set([...Object.keys(settings), ...Object.keys(settings).map((name) => `${name}_FILE`), 'HEALTH_PORT']);
  expect(given.filter((name) => !read.has(name) && !name.startsWith('SIMULATOR_') && !name.startsWith('POSTGRES_'))).toEqual([]);
});

test('the example of an environment names every setting', () => {
  const named = new Set([...read('.env.example').matchAll(/^(?:# )?([A-Z][A-Z_]+)=/gm)].map(([, name]) => name));
  expect(Object.keys(settings).filter((name) => !named.has(name))).toEqual([]);
});

test('no image runs as root, and each says whether it is well', () => {
  const last = read('Dockerfile').split(/^FROM /m).at(-1)!;
  expect(last).toMatch(/^USER node$/m);
  expect(last).toMatch(/^HEALTHCHECK /m);
  expect(read('Dockerfile').match(/^FROM node:24-bookworm-slim/gm)).toHaveLength(2);
});

test('the compose file has behind the door what `npm start` has', () => {
  const [, accountsToken] = /SIMULATOR_ACCOUNTS_TOKEN: (\S+)/.exec(compose)!;
  const [, assistantSecret] = /ASSISTANT_SECRET: (\S+)/.exec(compose)!;
  const wanted = behindTheDoor('http://simulator:3010', { accountsToken: accountsToken!, assistantSecret: assistantSecret! });
  for (const [name, value] of Object.entries(wanted)) {
    expect([name, new RegExp(`${name}: '(.*)'`).exec(compose)?.[1]]).toEqual([name, value]);
  }
  expect(() => readJsonSetting(wanted.DOORMAN_SERVICES, serviceSettings)).not.toThrow();
  expect(() => readJsonSetting(wanted.DOORMAN_ASSISTANT, assistantSettings)).not.toThrow();
});
