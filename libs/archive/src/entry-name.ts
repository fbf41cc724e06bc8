import { refused } from './errors.js';

/** What common file systems and container engines hold. */
const MAX_SEGMENT_BYTES = 255;
const MAX_PATH_BYTES = 1024;

/** Control characters, line breaks, and what makes a name read differently from what it is. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;
/** What looks like a slash and stays so under compatibility normalisation; the fullwidth ones become slashes by it. */
const SLASHES = /[/\\\u2044\u2215\u29f5\u29f8\u29f9]/u;

const BACKSLASH_HINT =
  "The name has backslashes, as some programs on Windows write them; they are read as slashes. Make the zip anew from inside the service's folder; slipway push makes one from a folder.";

const RENAME_HINT = 'Rename it, or leave it out by its name in .slipwayignore.';

/** Some programs on Windows write `\` where the format asks for `/`. */
const slashed = (name: string): string => name.replaceAll('\\', '/');

/** Whether an entry's name is that of a directory. */
export const isDirectoryName = (name: string): boolean => slashed(name).endsWith('/');

/** An entry's path below the root: NFC, `/` between its segments, no segment empty, `.` or `..`. */
export function safePath(given: string): string {
  const name = slashed(given);
  const hint = name === given ? undefined : BACKSLASH_HINT;
  const unsafe = (why: string): Error => refused('ARCHIVE_UNSAFE', given, why, hint);
  const unfit = (why: string): Error => refused('ARCHIVE_UNSAFE', given, why, hint ?? RENAME_HINT);
  if (name === '') throw unsafe('is an empty name');
  if (UNSEEN.test(name)) throw unfit('has a control character or an invisible one in its name');
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) throw unsafe('is an absolute name');
  if (climbs(name)) throw unsafe('leads out of the archive');
  const segments = segmentsOf(name.normalize('NFC'));
  if (segments.includes('')) throw unsafe('has an empty part in its path');
  if (segments.some((segment) => /[. ]$/.test(segment)))
    throw unfit('has a part that ends in a dot or a space, which some systems leave out');
  if (segments.some((segment) => Buffer.byteLength(segment) > MAX_SEGMENT_BYTES))
    throw unfit(`has a part of more than ${MAX_SEGMENT_BYTES} bytes in its path`);
  const path = segments.join('/');
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw unfit(`has more than ${MAX_PATH_BYTES} bytes`);
  return path;
}

/** The parts of a path without `.`, and without the empty one behind a directory's slash. */
const segmentsOf = (name: string): string[] =>
  name
    .replace(/\/$/, '')
    .split('/')
    .filter((segment) => segment !== '.');

/** Also in the eyes of a reader that takes look-alikes of dots and slashes for them. */
const climbs = (name: string): boolean =>
  name.normalize('NFKC').split(SLASHES).includes('..') || name.split('/').includes('..');
