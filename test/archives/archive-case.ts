import type { ArchiveErrorCode, ArchiveLimits } from '#libs/archive';
import { type EntrySpec, zip, type ZipSpec } from './zip-writer.js';

/** Content by path; a directory's path ends in `/`, a link's content is `-> ` and its target. */
export type Tree = Readonly<Record<string, string>>;

export interface ArchiveCase {
  readonly name: string;
  readonly make: () => Buffer;
  readonly expected: { readonly code: ArchiveErrorCode; readonly says: RegExp } | { readonly tree: Tree };
  readonly allowSymlinks?: boolean;
}

/** Small, so that going past one takes a small archive. */
export const LIMITS: ArchiveLimits = {
  maxEntries: 50,
  maxEntryBytes: 4 * 1024 * 1024,
  maxTotalBytes: 6 * 1024 * 1024,
  maxRatio: 100,
};

/** What stands beside the entry in question, so that no case is refused for being empty. */
export const OTHER: EntrySpec = { name: 'config.json', content: '{}' };

type Made = readonly EntrySpec[] | (() => Buffer);
const maker = (made: Made, spec?: ZipSpec): (() => Buffer) =>
  typeof made === 'function' ? made : () => zip([...made, OTHER], spec);

export const refuses =
  (code: ArchiveErrorCode, says: RegExp) =>
  (name: string, made: Made, spec?: ZipSpec): ArchiveCase => ({
    name,
    make: maker(made, spec),
    expected: { code, says },
  });

/** The tree without config.json, which every list of entries gets. */
export const unpacks = (name: string, tree: Tree, made: Made, spec?: ZipSpec): ArchiveCase => ({
  name,
  make: maker(made, spec),
  expected: { tree: typeof made === 'function' ? tree : { 'config.json': '{}', ...tree } },
});

export const withLinks = (one: ArchiveCase): ArchiveCase => ({
  ...one,
  name: `${one.name} (links allowed)`,
  allowSymlinks: true,
});
