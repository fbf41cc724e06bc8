import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommentedJson } from './parse-commented-json.js';
import { parseJson } from './parse-json.js';

function errorOf(text: string): unknown {
  try {
    return parseCommentedJson(text);
  } catch (error) {
    return error;
  }
}

describe('parseCommentedJson', () => {
  it('reads every JSON as parseJson does', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(3), (text, indent) => {
        const value = parseJson(text);
        expect(parseCommentedJson(JSON.stringify(value, undefined, indent))).toEqual(value);
      }),
    );
  });

  it.each<[string, unknown]>([
    ['// first\n{"a": 1} // last', { a: 1 }],
    ['{/* one */"a"/* "two" */:/*\n*/1}', { a: 1 }],
    ['{"a": "// no comment", "b": "/* nor */ this"}', { a: '// no comment', b: '/* nor */ this' }],
    ['{"a": "\\" // in it"}', { a: '" // in it' }],
    ['{"a": [1, 2,], "b": {"c": 1, } /* here */ ,\n}', { a: [1, 2], b: { c: 1 } }],
    ['{"a": ",}"}', { a: ',}' }],
    ['{"a": 1, "b": {"a": 2}, "c": ["a", "a"]}', { a: 1, b: { a: 2 }, c: ['a', 'a'] }],
    ['{"a": 1 /***/ }', { a: 1 }],
  ])('reads %j', (text, value) => {
    expect(parseCommentedJson(text)).toEqual(value);
  });

  it.each([
    ['{"a": hunter2 // there\n}', 1, 7],
    ['{ // "a"\n  "b" 1 }', 2, 7],
    ['{"a": 1} /* never closed', 1, 10],
    ['{"a": 1} /*/', 1, 10],
    ['[,]', 1, 2],
    ['{,}', 1, 2],
    ['[1,,]', 1, 4],
    ['{"a":,}', 1, 6],
    ['{"a": "never closed // here', 1, 7],
    ['{} / /', 1, 4],
    [',', 1, 1],
  ])('says where %j is broken: line %i, column %i', (text, line, column) => {
    expect(errorOf(text)).toMatchObject({ message: `not valid JSON at line ${line}, column ${column}` });
  });

  it.each([
    ['{"a": 1, "a": 2}', 1, 10],
    ['{"a": 1,\n // "a"\n "\\u0061": 2}', 3, 2],
    ['[{"x": {"y": 1}, "x": 2}]', 1, 18],
  ])('refuses a key that stands twice: %j', (text, line, column) => {
    expect(errorOf(text)).toMatchObject({
      message: `a key that stands twice at line ${line}, column ${column}`,
    });
  });

  it('is not slow and not stopped by what is long or deep', () => {
    const long = 250_000;
    for (const text of [
      '/*'.repeat(long / 2),
      ','.repeat(long),
      `[1${' '.repeat(long)},${' '.repeat(long)}x`,
      '['.repeat(long),
    ])
      expect(errorOf(text)).toMatchObject({ code: 'JSON_INVALID' });
  });
});
