import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';

/** Programs of this machine with what they are linked to, by path: an image of them needs no base image. */
export function filesOf(programs: readonly string[]): ReadonlyMap<string, Buffer> {
  const libraries = programs.flatMap((program) =>
    [
      ...execFileSync('ldd', [program])
        .toString()
        .matchAll(/(\/\S+) \(0x/g),
    ].map(([, path = '']) => path),
  );
  return new Map([...programs, ...libraries].map((path) => [path, readFileSync(realpathSync(path))]));
}
