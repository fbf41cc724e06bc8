import type { CorpusProject } from './corpus.js';

/** Nothing is built: config.json names what somebody else has pushed to a registry. */
export const imageProjects: readonly CorpusProject[] = [
  {
    name: 'image-elsewhere',
    convention: 'docker run --user 1000 REGISTRY/IMAGE:TAG COMMAND',
    isImage: true,
    ends: { runs: 'answers', path: '/', says: 'lit' },
    // Without config.json, nothing is left of it.
    afterInit: { refused: 'SOURCE_UNCLEAR', says: 'runtime: no file at the root shows' },
  },
];
