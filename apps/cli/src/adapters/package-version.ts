import { existsSync, readFileSync } from 'node:fs';

/** The version of the package that this command belongs to, from sources and from dist alike. */
export function packageVersion(): string {
  let file = new URL('package.json', import.meta.url);
  while (!existsSync(file)) file = new URL('../package.json', file);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}
