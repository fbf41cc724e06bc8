import type { CorpusProject } from './corpus.js';

/** Services of any other runtime that has a base image. */
export const otherProjects: readonly CorpusProject[] = [
  {
    name: 'go-hello',
    convention: 'the web server of the Go documentation, with net/http',
    ends: { runs: 'answers', path: '/pkg', says: 'Hello from Go, at /pkg' },
  },
  {
    name: 'java-hello',
    convention: "jdk.httpserver of Java's own library",
    ends: { runs: 'answers', path: '/api', says: 'Hello from Java, at /api' },
  },
];
