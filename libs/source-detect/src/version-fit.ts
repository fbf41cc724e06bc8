import semver from 'semver';
import type { VersionWish } from './build-plan.js';
import { beginsWith, fitsPep440, type VersionParts, versionParts } from './pep440.js';

/**
 * Whether an image of `version` fits a wish. `3.11` stands for every 3.11.x: it fits where one of them does, since an
 * image's tag says no more.
 */
export function fitsWish(version: VersionParts, { text, scheme = 'exact' }: VersionWish): boolean {
  if (scheme === 'pep440') return fitsPep440(version, text);
  if (scheme === 'semver') return fitsSemver(version, text);
  const wished = /^v?[\d.]+$/.test(text) ? versionParts(text) : undefined;
  return wished !== undefined && isSameBranch(version, wished);
}

/** 3.11 and 3.11.4 may be the same; 3.11 and 3.12 never are. */
function isSameBranch(a: VersionParts, b: VersionParts): boolean {
  const shared = Math.min(a.length, b.length);
  return beginsWith(a, b.slice(0, shared));
}

function fitsSemver(version: VersionParts, text: string): boolean {
  const range = semver.validRange(text);
  return range !== null && semver.intersects(range, version.slice(0, 3).join('.'));
}
