import type { CorpusProject } from './corpus.js';

/** Sources that bring their own Dockerfile. */
export const dockerfileProjects: readonly CorpusProject[] = [
  {
    name: 'dockerfile-plain',
    convention: 'the first Dockerfile of the guide of Docker for Node.js',
    ends: { runs: 'answers', path: '/pier', says: 'A harbour at /pier' },
  },
  {
    name: 'dockerfile-stages',
    convention: 'multi-stage builds: docker build --target and --build-arg',
    ends: { runs: 'answers', path: '/', says: 'Ahoy from a build argument' },
    afterInit: { fails: 'CONTAINER_EXITED', says: 'exited with code 7' },
  },
  {
    name: 'dockerfile-ignore',
    convention: 'a .dockerignore with exceptions, and a folder of which all is left out',
    ends: { runs: 'answers', path: '/', says: 'in the image: notes/public.md uploads; uploads: 0' },
    isShort: true,
  },
  {
    name: 'dockerfile-command',
    convention: 'docker run IMAGE COMMAND',
    ends: { runs: 'answers', path: '/', says: 'started from config.json' },
    afterInit: { runs: 'answers', path: '/', says: 'started from the Dockerfile' },
  },
  {
    name: 'dockerfile-process-one',
    convention: 's6-overlay: it has to be process 1',
    ends: { runs: 'answers', path: '/', says: 'process 1' },
    afterInit: { fails: 'CONTAINER_EXITED', says: 'exited with code 100' },
  },
  {
    name: 'dockerfile-folder',
    convention: 'docker build -f docker/Dockerfile .',
    ends: { runs: 'answers', path: '/', says: 'On the quay: .dockerignore docker quay.mjs' },
    afterInit: {
      refused: 'SOURCE_UNCLEAR',
      says: 'no file at the root shows what the source is written in, and docker/Dockerfile is used only where it is named',
    },
  },
  {
    name: 'dockerfile-containerfile',
    convention: 'podman build, which reads a Containerfile',
    ends: { runs: 'answers', path: '/', says: 'Built by a Containerfile' },
  },
  {
    name: 'dockerfile-no-stage',
    convention: 'docker build --target with a stage of another name',
    ends: { refused: 'SOURCE_UNCLEAR', says: 'target: the Dockerfile has no stage "production"' },
    afterInit: {
      fails: 'CONTAINER_EXITED',
      says: 'ended without an error, and a service has to go on running',
    },
  },
  {
    name: 'dockerfile-no-argument',
    convention: 'docker build --build-arg without its ARG',
    ends: { refused: 'SOURCE_UNCLEAR', says: 'args: the Dockerfile declares no build argument API_URL' },
    afterInit: {
      fails: 'CONTAINER_EXITED',
      says: 'ended without an error, and a service has to go on running',
    },
  },
];
