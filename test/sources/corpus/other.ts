import type { CorpusProject } from './corpus.js';

/** Services of any other runtime that has a base image. */
export const otherProjects: readonly CorpusProject[] = [
  {
    name: 'go-hello',
    isExample: true,
    convention: 'the web server of the Go documentation, with net/http',
    ends: { runs: 'answers', path: '/pkg', says: 'Hello from Go, at /pkg' },
  },
  {
    name: 'java-hello',
    isExample: true,
    convention: "jdk.httpserver of Java's own library",
    ends: { runs: 'answers', path: '/api', says: 'Hello from Java, at /api' },
    afterInit: {
      refused: 'SOURCE_UNCLEAR',
      says: 'runtime: no file at the root shows what the source is written in',
    },
  },
];
