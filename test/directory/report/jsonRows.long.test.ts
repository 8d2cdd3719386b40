// Rows are found in bytes as JSON.parse would find them, or not at all.
import fc from 'fast-check';
import { findRows, UnreadableJson } from '../../../src/directory/report/jsonRows';

const rowsOf = (document: string, ...path: string[]) => [...findRows(Buffer.from(document), path).rows()];

describe('the rows of a document', () => {
  it.each([
    ['{"Report_Entry":[{"a":1},{"a":2}]}', ['Report_Entry'], [{ a: 1 }, { a: 2 }]],
    ['[{"a":1}]', [], [{ a: 1 }]],
    ['{"data":{"count":1,"rows":[{"a":"]}"}],"next":null}}', ['data', 'rows'], [{ a: ']}' }]],
    [' \r\n\t{ "other" : "[\\"" , "rows" : [ ] , "end" : { } } ', ['rows'], []],
    ['{"a":[1],"\\u0072ows":[{"b":"\\\\"}]}', ['rows'], [{ b: '\\' }]],
    ['\uFEFF{"rows":[{"a":"☎"}]}', ['rows'], [{ a: '☎' }]],
    ['{"rows":[null,true,-1.5e3,"x",[[]]]}', ['rows'], [null, true, -1500, 'x', [[]]]],
    ['{"__proto__":{"rows":[1]},"rows":[2]}', ['rows'], [2]],
    ['{"__proto__":{"rows":[1]}}', ['__proto__', 'rows'], [1]],
  ])('%s are found at %p', (document, path, rows) => {
    expect(rowsOf(document, ...path)).toEqual(rows);
  });

  it.each([
    '', ' ', '{', '[', '{}', '[]', '{"rows":', '{"rows":[', '{"rows":[1', '{"rows":[1,]}', '{"rows":[,1]}', '{"rows":[1 2]}',
    '{"rows":[1]', '{"rows":[1]}}', '{"rows":[1]} x', '{"rows":[1],}', '{"rows":[1}}', '{"rows":[[1}]]}', '{"rows":[{"a":1]]}',
    '{"rows":{"a":[1]}}', '{"rows":"[1]"}', '{rows:[1]}', "{'rows':[1]}", '{"rows":[01]}', '{"rows":[nul]}', '{"rows":["\t"]}',
    '{"rows":["a]}', '{"rows":[1],"rows":[2]}', '{"rows" [1]}', '{"x":1 "rows":[1]}', '<html>[1]</html>', 'null', '"rows"',
    '{"rows":[1],"x":nope}', '{"x":{,},"rows":[1]}',
  ])('are none in %s', (document) => {
    expect(() => rowsOf(document, 'rows')).toThrow(UnreadableJson);
  });

  it('are none in what is not UTF-8, inside a row and outside', () => {
    for (const place of [10, 3]) {
      const document = Buffer.from('{"x":"é","rows":["é"]}'.replace('é', place === 3 ? 'é' : 'e'));
      document[document.indexOf(0xc3)] = 0xff;
      expect(() => [...findRows(document, ['rows']).rows()]).toThrow(UnreadableJson);
    }
  });

  it('are what JSON.parse finds, whatever they hold and however it is spaced', () => {
    const rows = fc.array(fc.jsonValue({ depthSize: 'small' }));
    const around = fc.dictionary(fc.string().filter((key) => key !== 'rows'), fc.jsonValue());
    fc.assert(fc.property(rows, around, around, fc.constantFrom(undefined, 1, '\t'), (list, before, after, space) => {
      const document = JSON.stringify({ ...before, rows: list, ...after }, null, space);
      const found = findRows(Buffer.from(document), ['rows']);
      expect([...found.rows()]).toEqual(JSON.parse(document).rows);
      expect(found.envelope).toEqual({ ...JSON.parse(document), rows: [] });
      expect(JSON.parse(found.bytes.toString())).toEqual(JSON.parse(document).rows);
    }), { numRuns: 500 });
  });

  it('are refused where JSON.parse refuses the document, at whatever byte it is broken', () => {
    const document = '{"a":[1,"x"],"rows":[{"b":"c\\"d"},{"e":[true,null]}],"f":{"g":-1}}';
    const byte = fc.constantFrom(...'{}[],:"\\ 0a');
    fc.assert(fc.property(fc.nat(document.length - 1), byte, fc.boolean(), (at, put, isCut) => {
      const broken = isCut ? document.slice(0, at) : document.slice(0, at) + put + document.slice(at + 1);
      let expected: unknown;
      try {
        expected = (JSON.parse(broken) as { rows?: unknown }).rows;
      } catch { /* stays undefined */ }
      if (Array.isArray(expected)) expect(rowsOf(broken, 'rows')).toEqual(expected);
      else expect(() => rowsOf(broken, 'rows')).toThrow(UnreadableJson);
    }), { numRuns: 3_000 });
  });

  it('are refused, and not opened, where they are nested or wide beyond reason', () => {
    const deep = `{"rows":[${'['.repeat(5_000_000)}`;
    const wide = `{"rows":[[${'{},'.repeat(500_000)}{}]]}`;
    const beside = `{"x":"${'y'.repeat(1_100_000)}","rows":[]}`;
    for (const document of [deep, wide, beside]) expect(() => rowsOf(document, 'rows')).toThrow(UnreadableJson);
  });

  it('are not repeated by what refuses them', () => {
    for (const document of ['{"rows":[{"a":"secret"]}', '{"rows":["secret]}', '{"secret":[1]}']) {
      const refusal = () => {
        try {
          return rowsOf(document, 'rows');
        } catch (error) {
          return error as Error;
        }
      };
      expect(refusal()).toBeInstanceOf(UnreadableJson);
      expect(`${(refusal() as Error).message} ${String((refusal() as Error).cause)}`).not.toContain('secret');
    }
  });
});
