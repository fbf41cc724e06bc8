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
    text: (path) => (Object.hasOwn(files, path) ? files[path]?.replace(/^\uFEFF/, '') : undefined),
  };
}

/** Whether the tree holds the file. */
export const hasFile = ({ paths }: SourceTree, path: string): boolean => paths.includes(path);

/** Those of `names` that lie at the root, in the order of `names`. */
export const presentOf = (tree: SourceTree, names: readonly string[]): readonly string[] =>
  names.filter((name) => hasFile(tree, name));
