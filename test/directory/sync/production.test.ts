// What an operator hears at the start of sources that sign in by a password of old.
import { productionRefusals, warnOfPasswords } from '../../../src/directory/sync/production';
import { directorySettings } from '../../../src/directory/sync/sources';

const legacy = (more: object) => directorySettings.parse({ sources: [{
  name: 'sf', kind: 'successFactors', url: 'https://api4.example/odata/v2', companyId: 'ACME', user: 'sfapi',
  legacyBasic: true, password: 'secret', ...more }, { name: 'people', kind: 'csv', path: '/people.csv' }] });

function warnings(more: object, at: string): unknown[] {
  const said: unknown[] = [];
  warnOfPasswords(legacy(more), Date.parse(at), { warn: (...words) => { said.push(words); } });
  return said;
}

test('one that signs in by password is taken until the day that is named, with a warning each time', () => {
  const until = { acceptLegacyBasicUntil: '2027-06-30' };
  expect([productionRefusals(legacy({})).length, productionRefusals(legacy(until))]).toEqual([1, []]);
  expect(warnings(until, '2027-06-30T23:59:59Z')).toEqual([
    ['a source signs in by password, which SAP ends', { source: 'sf' }]]);
  expect(warnings(until, '2027-07-01T00:00:00Z')).toEqual([
    ['a source is not read, its legacy time is over', { source: 'sf' }]]);
  expect(warnings({}, '2027-07-01T00:00:00Z')).toHaveLength(1);
  expect(warnings({ legacyBasic: false }, '2027-07-01T00:00:00Z')).toEqual([]);
});

test('secrets of sources that are public, short or made by hand are refused, and none is repeated', () => {
  const report = (auth: object) => directorySettings.parse({ sources: [{
    name: 'people', kind: 'report', url: 'https://hr.example/people', format: 'csv', fields: { employee_id: 'id' }, auth }] });
  expect(productionRefusals(report({ kind: 'bearer', token: 'canary-short' }))).toEqual([
    'source people: token is short: 16 characters are needed']);
  expect(productionRefusals(report({ kind: 'basic', user: 'doorman', password: 'postgres' }))).toEqual([
    'source people: password is public, as it is made for trying out']);
  expect(productionRefusals(report({ kind: 'basic', user: 'doorman', password: 'a short one' }))).toEqual([]);
  expect(productionRefusals(legacy({ acceptLegacyBasicUntil: '2027-06-30', password: 'password' }))).toEqual([
    'source sf: password is public, as it is made for trying out']);
});
