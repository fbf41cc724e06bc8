import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonError, parseJson } from './parse-json.js';

function errorOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    return error;
  }
}

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it.each([
    ['', 1, 1],
    ['{', 1, 2],
    ['{"a": hunter2}', 1, 7],
    ['{\n  "a": "b"\n  "c": 1\n}', 3, 3],
    ['{\n  "a": 1,\n}', 3, 1],
    ['{"a" 1}', 1, 6],
    ['{1: 2}', 1, 2],
    ['[1, 2', 1, 6],
    ['[1,]', 1, 4],
    ['[1}', 1, 3],
    ['{"a": "unterminated}', 1, 7],
    ['{"a": "bad \\x escape"}', 1, 7],
    ['[01]', 1, 2],
    ['[1.]', 1, 2],
    ['[truely]', 1, 2],
    ['{} {}', 1, 4],
    ['"a",', 1, 4],
  ])('says where %j is broken: line %i, column %i', (text, line, column) => {
    expect(errorOf(text)).toMatchObject({ code: 'JSON_INVALID', line, column });
  });

  it('is not stopped by depth', () => {
    expect(errorOf('['.repeat(20_000))).toMatchObject({ line: 1, column: 20_001 });
  });

  it('finds the place in whatever JSON.parse refuses, and repeats nothing of it', () => {
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', 'hunter2', '"', ',', '}', '\\', '\n', '0'))
      .map(([text, at, put]) => {
        const place = at % (text.length + 1);
        return `${text.slice(0, place)}${put}${text.slice(place + 1)}`;
      });
    fc.assert(
      fc.property(broken, (text) => {
        const said = refusalOf(text);
        if (said === undefined) return void parseJson(text);
        const error = errorOf(text) as JsonError;
        expect(error.message).toBe(`not valid JSON at line ${error.line}, column ${error.column}`);
        expect(error.cause).toBeUndefined();
        // V8 says the position in some of its messages: there, or later in the token that begins there.
        const position = Number(/at position (\d+)/.exec(said)?.[1] ?? NaN);
        const offset = offsetOf(text, error);
        if (!Number.isNaN(position)) expect(text.slice(offset, position)).toMatch(/^(?:"[^]*|[\w.+-]*)$/);
      }),
    );
  });
});

function refusalOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function offsetOf(text: string, { line, column }: JsonError): number {
  const before = text.split('\n').slice(0, line - 1);
  return before.reduce((sum, one) => sum + one.length + 1, column - 1);
}
