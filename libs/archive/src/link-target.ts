import { refused } from './errors.js';

export const MAX_TARGET_BYTES = 1024;

/**
 * What a symbolic link may point to: a relative path that stays below the root. `..` only at its beginning, where the
 * directories are real ones: behind another link it would lead to somewhere else than it reads.
 */
export function safeTarget(path: string, content: Buffer): string {
  const target = content.toString('utf8');
  const unsafe = (why: string): Error =>
    refused('ARCHIVE_LINK', path, `links to ${JSON.stringify(target)}, ${why}`);
  if (target === '' || !Buffer.from(target).equals(content)) throw unsafe('which is no name');
  if (/[\p{Cc}\\]/u.test(target) || target.startsWith('/') || /^[A-Za-z]:/.test(target))
    throw unsafe('which is not a relative path');
  const segments = target.replace(/\/$/, '').split('/');
  const down = segments.findIndex((segment) => segment !== '..');
  const climbed = down === -1 ? segments.length : down;
  if (segments.slice(climbed).some((segment) => ['', '.', '..'].includes(segment)))
    throw unsafe('which does not go up first and then down');
  if (climbed > path.split('/').length - 1) throw unsafe('which leads out of the archive');
  return target;
}
