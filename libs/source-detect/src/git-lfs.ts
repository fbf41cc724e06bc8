import type { Finding } from './build-plan.js';
import type { SourceTree } from './source-tree.js';

const POINTER = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\r?\n/;
const MOST_NAMES = 3;
/** Sources have less; each is a look at a file. */
const MOST_FILES = 2_000;

/**
 * Files that Git LFS has not fetched: a checkout without it holds a short text in place of each. Said, and not refused,
 * since the service may do without them. Looked for only where `.gitattributes` at the root names the filter.
 * @see https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
 */
export function unfetchedFiles(tree: SourceTree): readonly Finding[] {
  if (!/\bfilter=lfs\b/.test(tree.text('.gitattributes') ?? '')) return [];
  const files = tree.paths.slice(0, MOST_FILES).filter((path) => POINTER.test(tree.text(path) ?? ''));
  if (files.length === 0) return [];
  const more = files.length > MOST_NAMES ? ` and ${files.length - MOST_NAMES} more` : '';
  const are = files.length === 1 ? 'is a pointer' : 'are pointers';
  return [
    {
      what: `${files.slice(0, MOST_NAMES).join(', ')}${more} ${are} of Git LFS without the content, which \`git lfs pull\` fetches`,
      by: '.gitattributes',
    },
  ];
}
