import { expect, it } from 'vitest';
import { anchorsOf, relativeLinksOf, sentencesOf, wordsOf } from './markdown.js';

const page = `# The \`slipway\` command, in short

One sentence
over two lines. Another with \`code. And more\` (and [a link](other.md#part)).

- an item, see [the web](https://example.com)
- a second one. Of two sentences.

| a table | [linked](table.md) |

## Again

## Again

\`\`\`sh
# no heading, [no link](nowhere.md)
\`\`\`
`;

it('finds headings as GitHub names them, and none in code', () => {
  expect([...anchorsOf(page)]).toEqual(['the-slipway-command-in-short', 'again', 'again-1']);
});

it('finds relative links, also in tables, and none in code', () => {
  expect(relativeLinksOf(page)).toEqual(['other.md#part', 'table.md']);
});

it('splits prose into sentences, without tables and code', () => {
  expect(sentencesOf(page)).toEqual([
    'One sentence over two lines.',
    'Another with CODE (and a link).',
    'an item, see the web',
    'a second one.',
    'Of two sentences.',
  ]);
});

it('counts words, not signs', () => {
  expect(wordsOf('a - b, c: 12 %')).toHaveLength(4);
});
