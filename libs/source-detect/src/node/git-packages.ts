import type { PackageJson } from './package-json.js';

/** `git+https://...`, `git@host:a/b.git`, `https://host/a/b.git`, and the short forms: `github:a/b`, `a/b#v1`. */
const BY_GIT =
  /^(?:git(?:\+\w+)?:|git@|(?:github|gitlab|bitbucket|gist):|https?:\/\/\S+\.git(?:#|$)|[\w-]+\/[\w.-]+(?:#.+)?$)/;

/** Who names a package by an address of git; undefined where nobody does. */
export function namesGit(packages: readonly PackageJson[]): string | undefined {
  const wanted = packages.flatMap(({ dependencies, devDependencies }) =>
    Object.entries({ ...dependencies, ...devDependencies }),
  );
  const named = wanted.find(([, version]) => BY_GIT.test(version));
  return named === undefined ? undefined : `its dependency ${named[0]} in package.json`;
}
