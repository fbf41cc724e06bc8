import { shownText } from './terminal-text.js';

/** What leaves out what never belongs in a source. */
export const BY_DEFAULT = 'default';

/** An entry of a folder that its zip does not have. */
export interface LeftOut {
  /** With `/` behind a folder's. */
  readonly path: string;
  /** `default`, or the name of an ignore file. */
  readonly by: string;
}

const MOST_NAMES = 5;

/** `left out by default: .env, node_modules/; by .gitignore: dist/` in one line; undefined for nothing. */
export function leftOutText(leftOut: readonly LeftOut[]): string | undefined {
  const reasons = new Set([BY_DEFAULT, ...leftOut.map(({ by }) => by)]);
  const parts = [...reasons].flatMap((by) => {
    const paths = leftOut.filter((one) => one.by === by).map(({ path }) => shownText(path));
    const more = paths.length > MOST_NAMES ? [`${paths.length - MOST_NAMES} more`] : [];
    return paths.length === 0
      ? []
      : [`by ${shownText(by)}: ${[...paths.slice(0, MOST_NAMES), ...more].join(', ')}`];
  });
  return parts.length === 0 ? undefined : `left out ${parts.join('; ')}`;
}

/** What tools of a front end read where they build for production. */
const ENV_FILES = new Set(['.env', '.env.production', '.env.local', '.env.production.local']);

interface SentSource {
  /** Its build takes values out of `.env` files. */
  readonly readsEnvFiles: boolean;
  readonly leftOut: readonly LeftOut[];
}

/** What follows of the environment files that its build does not see; undefined where none is left out. */
export function envFilesNote(service: string, { readsEnvFiles, leftOut }: SentSource): string | undefined {
  const text = readsEnvFiles ? envFilesText(leftOut) : undefined;
  return text === undefined ? undefined : `note: ${service}: ${text}`;
}

export function envFilesText(leftOut: readonly LeftOut[]): string | undefined {
  const names = leftOut
    .filter(({ by, path }) => by === BY_DEFAULT && ENV_FILES.has(path))
    .map(({ path }) => path);
  if (names.length === 0) return undefined;
  const [are, them] = names.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return `${names.join(', ')} ${are} left out, so the build does not see what ${are === 'is' ? 'it sets' : 'they set'}. Put such values into env of config.json, or bring ${them} back with ${names.map((name) => `!${name}`).join(' and ')} in .slipwayignore.`;
}

/** `uploaded shop--web.zip (12 KiB)`, with what was left out. */
export function uploadedText(blob: string, bytes: number, leftOut: readonly LeftOut[]): string {
  const uploaded = `uploaded ${blob} (${Math.ceil(bytes / 1024)} KiB)`;
  return [uploaded, leftOutText(leftOut) ?? []].flat().join('; ');
}
