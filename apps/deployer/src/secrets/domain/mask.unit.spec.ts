import { describe, expect, it } from 'vitest';
import { masked } from './mask.js';

describe('a masked text', () => {
  it('has no value in it, wherever and however often it stood', () => {
    expect(masked('login hunter2: denied (hunter2)', ['hunter2'])).toBe('login [secret]: denied ([secret])');
  });

  it.each([
    ['in JSON', JSON.stringify({ password: 'a "quoted"\npassword' }), 'a "quoted"\npassword'],
    ['in a URL', `postgres://shop:${encodeURIComponent('p@ss/w:rd')}@db/shop`, 'p@ss/w:rd'],
    ['without the line break that ended it', 'key is abc.', 'abc\n'],
  ])('has no value %s', (_where, text, value) => {
    const without = masked(text, [value]);
    expect(without).toContain('[secret]');
    for (const part of ['quoted', 'p%40ss', 'abc']) expect(without).not.toContain(part);
  });

  it('has no line of a value of several lines, since a tail may begin within it', () => {
    const key = '-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----';
    expect(masked('MIIEvQIBADANBg\n-----END KEY-----\nread', [key])).toBe('[secret]\n[secret]\nread');
  });

  it('keeps the rest of a value that holds another from being left over', () => {
    expect(masked('user-hunter2-extra', ['hunter2', 'user-hunter2-extra'])).toBe('[secret]');
  });

  it('does not take its own mark for a value', () => {
    expect(masked('the secret is s', ['secret', 's'])).toBe('the [secret] i[secret] [secret]');
  });

  it('takes a value for what it is, not for a pattern', () => {
    expect(masked('abc a.c $&', ['a.c', '$&'])).toBe('abc [secret] [secret]');
  });

  it('is the text itself where there are no values', () => {
    expect(masked('all is well', [])).toBe('all is well');
  });
});
