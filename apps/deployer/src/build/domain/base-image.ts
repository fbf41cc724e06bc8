import {
  type BaseWish,
  beginsWith,
  compareVersions,
  fitsWish,
  nearestRuntime,
  versionParts,
  type VersionParts,
  type VersionWish,
} from '#libs/source-detect';
import { StepError } from '../../task/domain/task-error.js';

export interface BaseImages {
  /** By runtime, `python`, or by runtime and version, `python:3.12`. */
  readonly byRuntime: Readonly<Record<string, string>>;
  /** For the older form: the image to use where `language` begins so. */
  readonly legacy: Readonly<Record<string, string>>;
}

interface Base {
  /** `python`, `python:3.12`. */
  readonly key: string;
  readonly image: string;
}

/** What stands behind the last colon, unless that belongs to the port of a registry. */
const tagOf = (name: string): string => {
  const [, tag = ''] = /:([^:/@]+)(?:@[^@]*)?$/.exec(name) ?? [];
  return tag;
};

/** By the image's tag, `3.11-slim`; by its key where that says another version, as an own image may count its own. */
function versionOf({ key, image }: Base): VersionParts {
  const said = versionParts(tagOf(key));
  const own = versionParts(tagOf(image));
  if (own === undefined || said === undefined) return own ?? said ?? [];
  return beginsWith(own, said) ? own : said;
}

/** `version: "22-alpine"` is no version of the runtime: it names a tag, or a key in the configuration. */
const isNamed = ({ key, image }: Base, text: string): boolean =>
  tagOf(key) === text || tagOf(image) === text || tagOf(image).startsWith(`${text}-`);

function fits(base: Base, wish: VersionWish | undefined): boolean {
  if (wish === undefined || isNamed(base, wish.text)) return true;
  const version = versionOf(base);
  return version.length > 0 && fitsWish(version, wish);
}

/** Newest first; of two that are as new, the one that says more of its version. */
const byAge = (a: Base, b: Base): number =>
  compareVersions(versionOf(b), versionOf(a)) || versionOf(b).length - versionOf(a).length;

/**
 * The image that fits a wish: of a runtime the newest whose version fits; without a version the runtime's own.
 * @throws StepError RUNTIME_UNKNOWN, which lists what there is
 */
export function baseImageOf(wish: BaseWish, { byRuntime, legacy }: BaseImages): string {
  if ('image' in wish) {
    const mapped = Object.entries(legacy).find(([prefix]) => wish.image.startsWith(prefix));
    return mapped?.[1] ?? wish.image;
  }
  const { runtime, version } = wish;
  const bases = basesOf(runtime, byRuntime);
  const usual = version === undefined ? byRuntime[runtime] : byRuntime[`${runtime}:${version.text}`];
  const [newest] = bases.filter((base) => fits(base, version)).sort(byAge);
  const image = usual ?? newest?.image;
  if (image !== undefined) return image;
  throw version === undefined || bases.length === 0
    ? unknownRuntime(runtime, byRuntime)
    : unknownVersion({ runtime, version, bases });
}

const basesOf = (runtime: string, byRuntime: BaseImages['byRuntime']): readonly Base[] =>
  Object.entries(byRuntime)
    .map(([key, image]) => ({ key, image }))
    .filter(({ key }) => key.split(':')[0] === runtime);

function unknownRuntime(runtime: string, byRuntime: BaseImages['byRuntime']): StepError {
  const runtimes = [...new Set(Object.keys(byRuntime).map((key) => key.split(':')[0] ?? key))];
  const meant = nearestRuntime(runtime, [...runtimes, 'dockerfile', 'image']);
  return new StepError({
    code: 'RUNTIME_UNKNOWN',
    message: `config.json: runtime: there is no base image for ${runtime}; there are images for ${runtimes.join(', ')}`,
    hint: `${meant === undefined ? '' : `Did you mean ${meant}? Otherwise: `}Add ${runtime}=IMAGE to the deployer's BASE_IMAGES, or name another runtime.`,
  });
}

interface UnknownVersion {
  readonly runtime: string;
  readonly version: VersionWish;
  readonly bases: readonly Base[];
}

function unknownVersion({ runtime, version, bases }: UnknownVersion): StepError {
  const available = bases.map(({ key, image }) => `${key} (${image})`).join(', ');
  // What config.json would say: of the runtime's own image the version in its tag.
  const [newest] = [...bases].sort(byAge);
  const named = newest === undefined ? '' : tagOf(newest.key) || versionOf(newest).join('.');
  const example = named === '' ? '' : `, such as "version": "${named}"`;
  const isOwn = version.by === 'config.json';
  const wished = isOwn ? '' : ` (${version.text}, by ${version.by})`;
  return new StepError({
    code: 'RUNTIME_UNKNOWN',
    message: `config.json: version: no base image has this version of ${runtime}${wished}; available: ${available}`,
    hint: `${isOwn ? `Name a version that there is${example}, or leave it out` : `Name a version that there is in config.json${example}`}; or add ${runtime}:VERSION=IMAGE to the deployer's BASE_IMAGES.`,
  });
}
