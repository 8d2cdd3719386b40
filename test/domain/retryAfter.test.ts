import { retryAfterMs } from '../../src/domain/faults';

const now = Date.UTC(2026, 10, 24, 12, 0, 0);

describe('Retry-After', () => {
  it.each([
    ['7', 7_000], ['0', 0], [' 120 ', 120_000], ['Tue, 24 Nov 2026 12:00:30 GMT', 30_000],
    ['Tue, 24 Nov 2026 11:00:00 GMT', 0], ['999999', 3_600_000], ['Tue, 24 Nov 2099 12:00:00 GMT', 3_600_000],
    ['-1', undefined], ['1.5', undefined], ['soon', undefined], ['Soon please', undefined], ['', undefined],
    ['99999999999999', undefined], [undefined, undefined], [7, undefined], [['7'], undefined],
  ])('%j asks for %j ms', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});
