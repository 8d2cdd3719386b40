import type { ImportReport } from '../../../src/directory/applyFeed';
import { reportLines, sharedLines } from '../../../src/directory/delivery/importReport';

const applied: ImportReport = {
  outcome: 'applied', source: 'csv', people: 12_345, added: 3, changed: 12, reactivated: 1, deactivated: 4,
  unchanged: 12_325, activeBefore: 12_000, deactivationsMax: 1_200, sessionsEnded: 2,
  contactsChanged: 0, told: 0, untold: 0, problems: [], problemCount: 0, notices: [], noticeCount: 0,
};

describe('the report of an import', () => {
  it('says what was applied', () => {
    expect(reportLines(applied)).toEqual([
      '12,345 people read from csv',
      '3 added, 12 changed, 1 back again, 4 left, 12,325 unchanged; 2 sessions ended',
      'Applied.']);
  });

  it('says who is told of changed contacts, and that the others are not', () => {
    expect(reportLines({ ...applied, contactsChanged: 1_500, told: 200, untold: 2_790 }).slice(2, 4)).toEqual([
      '1,500 people have other contacts: what is new gets no code yet',
      '200 former and new contacts are told; 2,790 are not told, they are too many for one import']);
    expect(reportLines({ ...applied, contactsChanged: 2, told: 3 })[3])
      .toBe('3 former and new contacts are told');
  });

  it('names lines and columns, problems first', () => {
    expect(reportLines({
      ...applied, outcome: 'refused', problemCount: 60,
      problems: Array.from({ length: 60 }, (_, i) => ({ where: `line ${i + 2}`, column: 'mobile', why: 'is a pager' })),
      notices: [{ where: 'line 1', why: 'column 8 "salary" is ignored' }], noticeCount: 1,
    })).toEqual([
      ...Array.from({ length: 50 }, (_, i) => `line ${i + 2}, mobile: is a pager`), 'and 10 more',
      'notice: line 1 column 8 "salary" is ignored',
      '12,345 people read from csv',
      'Nothing was applied: 60 problems.']);
  });

  it.each([
    ['dryRun', 'Nothing was applied: this was a dry run.'],
    ['busy', 'Nothing was applied: another import from csv is under way.'],
    ['tooMany', 'Nothing was applied: 4 of 12,000 active people would be out, more than the 1,200 that may leave at '
      + 'once. If they all left, force it.'],
  ] as const)('says that nothing was applied when it was %s', (outcome, sentence) => {
    expect(reportLines({ ...applied, outcome }).at(-1)).toBe(sentence);
  });

  it('is the same as JSON', () => {
    expect(JSON.parse(JSON.stringify(applied))).toEqual(applied);
  });
});

test('what several people have is one line, and none where there is nothing', () => {
  expect(sharedLines({ employeeIds: 0, numbers: 0, addresses: 0 })).toEqual([]);
  expect(sharedLines({ employeeIds: 1, numbers: 2, addresses: 0 })).toEqual([
    'several active people have the same: employee IDs: 1, telephone numbers: 2, work addresses: 0; nobody is verified by those']);
});
