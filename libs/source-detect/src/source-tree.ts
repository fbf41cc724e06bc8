import { type ByteOrderMark, byteOrderMark, decoded } from './byte-order-mark.js';

/** What lies in a folder of source: names and, where they are asked for, texts. */
export interface SourceTree {
  /** Every file, relative to the root, with `/`, sorted. */
  readonly paths: readonly string[];
  /** The text of a file, without a byte order mark; undefined where there is none, or it is larger than 1 MiB. */
  text(path: string): string | undefined;
  /** The byte order mark of a file whose text can be read; undefined without one. */
  mark(path: string): ByteOrderMark | undefined;
}

/** A tree in memory; a file is its text, or its bytes. */
export const treeOf = (files: Readonly<Record<string, string | Buffer>>): SourceTree =>
  treeReading(
    new Map(
      Object.entries(files).map(([path, content]) => {
        const bytes = Buffer.from(content as string);
        return [path, { bytes: () => bytes.length, read: () => bytes }];
      }),
    ),
  );

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
  const contentOf = (path: string): Buffer | undefined => {
    const file = files.get(path);
    return (file?.bytes() ?? Infinity) > LARGEST_TEXT_BYTES ? undefined : file?.read();
  };
  return {
    paths: [...files.keys()].sort(),
    text(path) {
      const content = contentOf(path);
      return content && decoded(content);
    },
    mark(path) {
      const content = contentOf(path);
      return content && byteOrderMark(content);
    },
  };
}

/** Whether the tree holds the file. */
export const hasFile = ({ paths }: SourceTree, path: string): boolean => paths.includes(path);

/** Those of `names` that lie at the root, in the order of `names`. */
export const presentOf = (tree: SourceTree, names: readonly string[]): readonly string[] =>
  names.filter((name) => hasFile(tree, name));
