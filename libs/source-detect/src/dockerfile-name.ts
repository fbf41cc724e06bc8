import { DOCKERFILES } from '#libs/contracts';
import { presentOf, type SourceTree } from './source-tree.js';

interface Named {
  readonly dockerfile?: string;
}

/** The Dockerfile that is built; undefined where none is named, and none lies at the root. */
export const dockerfileIn = (tree: SourceTree, { dockerfile }: Named): string | undefined =>
  dockerfile ?? presentOf(tree, DOCKERFILES)[0];

const OTHER_NAMES = /^(?:dockerfile|(?:Dockerfile|Containerfile)\.[\w.-]+|[\w.-]+\.[Dd]ockerfile)$/;

/** Folders of what builds a source, and of no service of its own. */
const FOR_BUILDS =
  /^\.?(?:docker|container|containers|build|deploy|deployment|deployments|ops|infra|infrastructure|ci)\//;

/** Other Dockerfiles of the same source: `Dockerfile.prod`, `docker/Dockerfile`. */
export const dockerfilesOf = ({ paths }: Pick<SourceTree, 'paths'>): readonly string[] =>
  paths.filter((path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name.endsWith('.dockerignore')) return false;
    return (
      OTHER_NAMES.test(path) ||
      (FOR_BUILDS.test(path) && (DOCKERFILES.includes(name) || OTHER_NAMES.test(name)))
    );
  });
