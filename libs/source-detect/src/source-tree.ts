/** What lies in a folder of source: names and, where they are asked for, texts. */
export interface SourceTree {
  /** Every file, relative to the root, with `/`, sorted. */
  readonly paths: readonly string[];
  /** The text of a file, without a byte order mark; undefined where there is none, or it is larger than 1 MiB. */
  text(path: string): string | undefined;
}

/** A tree in memory. */
export function treeOf(files: Readonly<Record<string, string>>): SourceTree {
  return {
    paths: Object.keys(files).sort(),
    text: (path) => (Object.hasOwn(files, path) ? withoutMark(files[path]) : undefined),
  };
}

/** No manifest that people write is larger; of a lock file that is, the name says enough. */
const LARGEST_TEXT_BYTES = 1024 ** 2;

/** A file whose text is read as it is asked for. */
export interface ReadableFile {
  /** Undefined for what has no text, such as a link. */
  readonly bytes: () => number | undefined;
  readonly read: () => Buffer;
}

/** A tree of files that lie elsewhere, by their paths. */
export function treeReading(files: ReadonlyMap<string, ReadableFile>): SourceTree {
  return {
    paths: [...files.keys()].sort(),
    text(path) {
      const file = files.get(path);
      if ((file?.bytes() ?? Infinity) > LARGEST_TEXT_BYTES) return undefined;
      return withoutMark(file?.read().toString('utf8'));
    },
  };
}

const withoutMark = (text: string | undefined): string | undefined => text?.replace(/^\uFEFF/, '');

/** Whether the tree holds the file. */
export const hasFile = ({ paths }: SourceTree, path: string): boolean => paths.includes(path);

/** Those of `names` that lie at the root, in the order of `names`. */
export const presentOf = (tree: SourceTree, names: readonly string[]): readonly string[] =>
  names.filter((name) => hasFile(tree, name));
