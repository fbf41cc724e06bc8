import type { CorpusProject } from './corpus.js';

/** The older form of config.json, in the ways in which people wrote it for the first deployer. */
export const olderProjects: readonly CorpusProject[] = [
  {
    name: 'older-absolute',
    convention: 'the older form with absolute paths',
    ends: { runs: 'answers', path: '/', says: 'signed with itsdangerous 2.2.0' },
    afterInit: { refused: 'SOURCE_UNCLEAR', says: 'command: nothing shows how the service starts' },
    isShort: true,
  },
  {
    name: 'older-dot-path',
    convention: 'the older form with ./requirements.txt, which includes another file',
    ends: { runs: 'answers', path: '/', says: 'in /app with itsdangerous 2.2.0' },
    afterInit: { refused: 'SOURCE_UNCLEAR', says: 'command: nothing shows how the service starts' },
  },
  {
    name: 'older-folder',
    convention: 'the older form with its code and its packages in src/',
    ends: { runs: 'answers', path: '/', says: 'from src with itsdangerous 2.2.0' },
    // It starts, and lacks the packages of src/, which no file at the root names.
    afterInit: { runs: 'answers', path: '/', says: '' },
  },
  {
    name: 'older-other-language',
    convention: 'the older form with an image that is neither of Python nor of Node.js',
    ends: { runs: 'answers', path: '/', says: 'no virtual environment: True' },
    afterInit: {
      refused: 'SOURCE_UNCLEAR',
      says: 'runtime: no file at the root shows what the source is written in',
    },
  },
  {
    name: 'older-node',
    convention: 'the older form with node:18-alpine',
    ends: { runs: 'answers', path: '/', says: 'a day has 86400000 ms' },
  },
  {
    name: 'older-no-command',
    convention: 'the older form with one of its six fields missing',
    ends: { refused: 'CONFIG_INVALID', says: 'command: expected' },
    afterInit: { refused: 'SOURCE_UNCLEAR', says: 'command: nothing shows how the service starts' },
  },
];
