import type { ServiceConfig } from '#libs/contracts';
import type { Finding } from '../build-plan.js';
import { presentOf, type SourceTree } from '../source-tree.js';

/** Where the hosts of static sites read redirects and headers. Some lie among the pages. */
const FILES = [
  ...[
    '_redirects',
    'public/_redirects',
    'static/_redirects',
    '_headers',
    'public/_headers',
    'static/_headers',
  ],
  ...['netlify.toml', 'vercel.json', 'firebase.json', 'staticwebapp.config.json'],
];

/** One page for every path: each form as its host documents it. */
const ONE_PAGE: readonly (readonly [file: RegExp, rule: RegExp])[] = [
  [/(?:^|\/)_redirects$/, /^[ \t]*\/\*[ \t]+\/(?:index\.html)?[ \t]+200!?[ \t]*\r?$/m],
  [
    /^netlify\.toml$/,
    /^[ \t]*from\s*=\s*"\/\*"[^[]*?^[ \t]*to\s*=\s*"\/(?:index\.html)?"[^[]*?^[ \t]*status\s*=\s*200\b/m,
  ],
  [
    /^vercel\.json$/,
    /"(?:source|src)"\s*:\s*"\/?\((?:\.\*|\(\?![^"]*)\)"\s*,\s*"(?:destination|dest)"\s*:\s*"\/?(?:index\.html)?"/,
  ],
  [/^firebase\.json$/, /"source"\s*:\s*"\*\*"\s*,\s*"destination"\s*:\s*"\/index\.html"/],
  [/^staticwebapp\.config\.json$/, /"navigationFallback"\s*:\s*\{\s*"rewrite"\s*:\s*"\/index\.html"/],
];

/** The file that says that one page answers every path; undefined where none does. */
export const onePageBy = (tree: SourceTree): string | undefined =>
  presentOf(tree, FILES).find((path) =>
    ONE_PAGE.some(([file, rule]) => file.test(path) && rule.test(tree.text(path) ?? '')),
  );

/** Rules that were written for another host: said, where config.json has none in their place. */
export function unreadRules(tree: SourceTree, config: ServiceConfig): readonly Finding[] {
  const { fallback, redirects, headers } = config;
  if (fallback !== undefined || redirects !== undefined || headers !== undefined) return [];
  const files = presentOf(tree, FILES);
  if (files.length === 0) return [];
  const are = files.length === 1 ? 'is' : 'are';
  return [
    { what: `${files.join(', ')} ${are} not read: fallback, redirects and headers of config.json say it` },
  ];
}
