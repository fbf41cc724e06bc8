import type { CorpusProject } from './corpus.js';

/** Nothing but the language: no manifest, no framework. */
export const plainProjects: readonly CorpusProject[] = [
  {
    name: 'plain-node',
    convention: 'the first example in the documentation of Node.js',
    ends: { runs: 'answers', path: '/hello', says: 'You asked for /hello' },
    isShort: true,
  },
  {
    name: 'plain-python',
    convention: "http.server of Python's standard library",
    ends: { runs: 'answers', path: '/', says: 'Hello from the standard library' },
  },
  {
    name: 'plain-page',
    convention: 'one page of HTML',
    ends: { runs: 'answers', path: '/', says: 'A page without a generator.' },
  },
  {
    name: 'plain-notes',
    convention: 'a folder without anything that runs',
    ends: { refused: 'SOURCE_UNCLEAR', says: 'no file at the root shows what the source is written in' },
    isShort: true,
  },
];
