import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';
import { anchorsOf, relativeLinksOf, sentencesOf, wordsOf } from './markdown.js';

const root = join(import.meta.dirname, '../..');
const pages = [
  ...globSync('*.md', { cwd: root }),
  ...globSync('{docs,examples}/**/*.md', { cwd: root }),
].sort();
const read = (page: string): string => readFileSync(join(root, page), 'utf8');

const README_BYTES = 8_000;
const SENTENCE_WORDS = 40;

interface Link {
  readonly from: string;
  readonly target: string;
  /** The file that it leads to, from the project's root. */
  readonly file: string;
  readonly anchor: string | undefined;
}

const linksOf = (page: string): readonly Link[] =>
  relativeLinksOf(read(page)).map((target) => {
    const [path = '', anchor] = target.split('#');
    return { from: page, target, file: path === '' ? page : normalize(join(dirname(page), path)), anchor };
  });

const isBroken = ({ file, anchor }: Link): boolean =>
  !existsSync(join(root, file)) || (anchor !== undefined && !anchorsOf(read(file)).has(anchor));

it('finds the pages', () => {
  for (const page of ['README.md', 'ARCHITECTURE.md', 'docs/README.md', 'docs/reference/glossary.md'])
    expect(pages).toContain(page);
});

it('every relative link leads to a file, and its anchor to a heading', () => {
  const broken = pages.flatMap(linksOf).filter(isBroken);
  expect(broken.map(({ from, target }) => `${from}: ${target}`)).toEqual([]);
});

it('README.md is short', () => {
  expect(Buffer.byteLength(read('README.md'))).toBeLessThanOrEqual(README_BYTES);
});

it('every page is reached from README.md', () => {
  const reached = new Set(['README.md']);
  // A set goes on with what is added while it is walked.
  for (const page of reached)
    for (const { file } of linksOf(page)) if (pages.includes(file)) reached.add(file);
  expect(pages.filter((page) => !reached.has(page))).toEqual([]);
});

it(`no sentence is longer than ${SENTENCE_WORDS} words`, () => {
  const long = pages.flatMap((page) =>
    sentencesOf(read(page)).flatMap((sentence) => {
      const words = wordsOf(sentence).length;
      return words > SENTENCE_WORDS ? [`${page}: ${words} words: ${sentence}`] : [];
    }),
  );
  expect(long).toEqual([]);
});
