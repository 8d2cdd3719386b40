import { folderSettings } from '../../../src/directory/folder/folderFeed';

describe('the settings of a folder', () => {
  it.each([
    ['path', { path: 'relative/folder' }], ['path', {}], ['pattern', { path: '/x', pattern: '../*.csv' }],
    ['pattern', { path: '/x', pattern: '' }], ['pattern', { path: '/x', pattern: '*a*a*a*a*a' }],
    ['settledAfter', { path: '/x', settledAfter: '30' }], ['settledAfter', { path: '/x', settledAfter: '-1s' }],
    ['country', { path: '/x', country: 'Germany' }], ['order', { path: '/x', order: 'size' }],
    ['aliases', { path: '/x', aliases: { telefax: ['Fax'] } }], ['', { path: '/x', secret: 1 }],
  ])('are refused for %s in %j', (key, told) => {
    const issues = folderSettings.safeParse({ kind: 'folder', ...told }).error?.issues ?? [];
    expect(issues.map(({ path }) => path[0] ?? '')).toEqual([key]);
  });

  it('are few', () => {
    expect(folderSettings.parse({ kind: 'folder', path: '/x' })).toEqual({
      kind: 'folder', path: '/x', pattern: '*.csv', order: 'mtime', aliases: {}, complete: true, settledAfter: 30_000 });
  });
});
