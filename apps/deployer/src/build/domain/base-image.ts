import type { BaseWish, VersionWish } from '#libs/source-detect';
import { StepError } from '../../task/domain/task-error.js';

export interface BaseImages {
  /** By runtime, `python`, or by runtime and version, `python:3.12`. */
  readonly byRuntime: Readonly<Record<string, string>>;
  /** For the older form: the image to use where `language` begins so. */
  readonly legacy: Readonly<Record<string, string>>;
}

/** `slipway/python:3.11` is version 3.11, and 3 too. */
function hasVersion(image: string, version: string): boolean {
  const tag = image.slice(image.lastIndexOf(':') + 1);
  return tag === version || tag.startsWith(`${version}.`) || tag.startsWith(`${version}-`);
}

/**
 * The image that fits a wish.
 * @throws StepError RUNTIME_UNKNOWN, which lists what there is
 */
export function baseImageOf(wish: BaseWish, { byRuntime, legacy }: BaseImages): string {
  if ('image' in wish) {
    const mapped = Object.entries(legacy).find(([prefix]) => wish.image.startsWith(prefix));
    return mapped?.[1] ?? wish.image;
  }
  const { runtime, version } = wish;
  const image = (version && byRuntime[`${runtime}:${version.text}`]) ?? byRuntime[runtime];
  if (image !== undefined && (version === undefined || hasVersion(image, version.text))) return image;
  throw unknownRuntime(runtime, version, byRuntime);
}

function unknownRuntime(
  runtime: string,
  version: VersionWish | undefined,
  byRuntime: BaseImages['byRuntime'],
): StepError {
  const known = Object.entries(byRuntime).filter(([key]) => key.split(':')[0] === runtime);
  const available = known.map(([key, name]) => `${key} (${name})`).join(', ') || 'none';
  const isThere = known.length > 0 && version !== undefined;
  const runtimes = [...new Set(Object.keys(byRuntime).map((key) => key.split(':')[0]))].join(', ');
  return new StepError({
    code: 'RUNTIME_UNKNOWN',
    message: isThere
      ? `config.json: version: no base image has this version of ${runtime}; available: ${available}`
      : `config.json: runtime: there is no base image for ${runtime}; there are images for ${runtimes}`,
    hint: isThere
      ? `Leave version out, or add ${runtime}:VERSION=IMAGE to the deployer's BASE_IMAGES.`
      : `Add ${runtime}=IMAGE to the deployer's BASE_IMAGES, or name another runtime.`,
  });
}
