import { shownText } from './terminal-text.js';

/** Of the first that there is, the patterns hold. */
export const IGNORE_FILES = ['.slipwayignore', '.dockerignore', '.gitignore'] as const;
export type IgnoreFile = (typeof IGNORE_FILES)[number];

/** An entry of a folder that its zip does not have, a folder's path with `/` behind it; and what left it out. */
export interface LeftOut {
  readonly path: string;
  readonly by: 'default' | IgnoreFile;
}

const MOST_NAMES = 5;

/** `left out by default: .env, node_modules/; by .gitignore: dist/` in one line; undefined for nothing. */
export function leftOutText(leftOut: readonly LeftOut[]): string | undefined {
  const parts = (['default', ...IGNORE_FILES] as const).flatMap((by) => {
    const paths = leftOut.filter((one) => one.by === by).map(({ path }) => shownText(path));
    const more = paths.length > MOST_NAMES ? [`${paths.length - MOST_NAMES} more`] : [];
    return paths.length === 0 ? [] : [`by ${by}: ${[...paths.slice(0, MOST_NAMES), ...more].join(', ')}`];
  });
  return parts.length === 0 ? undefined : `left out ${parts.join('; ')}`;
}

/** `uploaded shop--web.zip (12 KiB)`, with what was left out. */
export function uploadedText(blob: string, bytes: number, leftOut: readonly LeftOut[]): string {
  const uploaded = `uploaded ${blob} (${Math.ceil(bytes / 1024)} KiB)`;
  return [uploaded, leftOutText(leftOut) ?? []].flat().join('; ');
}
