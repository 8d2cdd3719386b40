import { createReportFeed } from '../../../src/directory/report/reportFeed';
import { reportSettings } from '../../../src/directory/report/reportSettings';

const bearer = { kind: 'bearer', token: 'abc' };
const client = { kind: 'clientCredentials', tokenUrl: 'https://login.example/token', clientId: 'c', clientSecret: 's' };
const plain = { kind: 'report', url: 'https://hr.example/report?format=json', format: 'json', auth: bearer, fields: { employee_id: 'ID' } };

const messages = (told: object) => {
  const { error } = reportSettings.safeParse({ ...plain, ...told });
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
};

describe('the settings of a report', () => {
  it.each([
    [{}], [{ auth: client }], [{ auth: { kind: 'basic', user: 'u', password: 'p:p' } }], [{ auth: { ...bearer, token: 'abc\n' } }],
    [{ rows: '', next: 'next', country: 'DE', activeValues: ['1'], absentValues: ['leave'], complete: false }],
    [{ url: 'http://127.0.0.1:1/', allowInsecure: true }], [{ format: 'csv', fields: { employee_id: 'ID', mobile: 'Cell' } }],
    [{ fields: { employee_id: 'a.b', external_id: 'c', department: 'd' } }],
  ])('may be %j', (told) => {
    const settings = reportSettings.parse({ ...plain, ...told });
    expect(createReportFeed({ source: 'hr', ...settings }, {})).toMatchObject({
      source: 'hr', complete: settings.complete, hasDeltas: false });
  });

  it.each([
    ['url', { url: 'http://hr.example/' }], ['url', { url: 'ftp://hr.example/', allowInsecure: true }], ['url', { url: 'hr.example' }],
    ['url', { url: 'https://user:secret@hr.example/' }], ['url', { url: 'https://hr.example/#secret' }],
    ['auth', { auth: { ...client, tokenUrl: 'http://login.example/' } }], ['auth.tokenUrl', { auth: { ...client, tokenUrl: 'secret' } }],
    ['auth.clientSecret', { auth: { ...client, clientSecret: ' ' } }], ['auth.token', { auth: { kind: 'bearer', token: 'sec ret' } }],
    ['auth.user', { auth: { kind: 'basic', user: 'a:secret', password: 'p' } }], ['auth.kind', { auth: { kind: 'none' } }],
    ['fields', { fields: { mobile: 'x' } }], ['fields', { fields: { employee_id: 'x', secret: 'y' } }],
    ['fields', { format: 'csv', fields: { employee_id: 'x', external_id: 'y' } }],
    ['rows', { format: 'csv', rows: 'secret' }], ['next', { format: 'csv', next: 'secret' }],
    ['country', { country: 'Germany' }], ['activeValues', { activeValues: [] }], ['', { secret: 1 }],
  ])('are refused for %s in %j', (key, told) => {
    const [first = '', ...others] = messages(told);
    expect(first.startsWith(`${key}: `)).toBe(true);
    expect(others).toEqual([]);
  });
});
