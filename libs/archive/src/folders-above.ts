/** `a` and `a/b` of `a/b/c`. */
export const foldersAbove = (path: string): readonly string[] =>
  path.split('/').flatMap((_, index, parts) => (index === 0 ? [] : [parts.slice(0, index).join('/')]));
