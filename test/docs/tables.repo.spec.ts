import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const NOT_OURS = ['node_modules', 'dist', '.git', '.slipway'];
const pages = globSync('**/*.md', { cwd: root, exclude: (name) => NOT_OURS.includes(name) }).sort();

const isRow = (line: string | undefined): boolean => line?.startsWith('|') ?? false;
const isSeparator = (line: string | undefined): boolean => /^\|(?: *:?-+:? *\|)+\s*$/.test(line ?? '');

/** A separator is the second row of its table. */
function straySeparators(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, n) => {
    const isSecond = isRow(lines[n - 1]) && !isRow(lines[n - 2]) && !isSeparator(lines[n - 1]);
    return isSeparator(line) && !isSecond ? [`line ${n + 1}: ${line}`] : [];
  });
}

describe('tables in Markdown', () => {
  it('a stray row of dashes is found', () => {
    const table = ['| code | what |', '| ---- | ---- |', '| A    | b    |'];
    expect(straySeparators(table.join('\n'))).toEqual([]);
    const stray = [...table.slice(0, 2), '| --- | ---- |', ...table.slice(2)];
    expect(straySeparators(stray.join('\n'))).toEqual(['line 3: | --- | ---- |']);
    expect(straySeparators(table.slice(1).join('\n'))).toHaveLength(1);
  });

  it('the pages are found', () => expect(pages).toContain('README.md'));

  it.each(pages)('%s has no stray row of dashes', (page) => {
    expect(straySeparators(readFileSync(join(root, page), 'utf8'))).toEqual([]);
  });
});
