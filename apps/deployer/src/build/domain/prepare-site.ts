import type { Site } from '#libs/source-detect';

/** What lies beside a site that is given out as it is, and is not for its visitors. */
const NOT_SERVED = ['.slipway', 'Dockerfile', 'config.json'];

/** Says on the build's output what is wrong, in one line, and ends the build. */
const refuse = (text: string): string => `{ echo "${text}" >&2; exit 1; }`;

/** Why there is nothing to be seen. Fixed but for the names of pages, which hold no character that a shell knows. */
const checks = ({ pages }: Site): readonly string[] => [
  `[ -d "$1" ] || ${refuse(`config.json: output: the build made no folder $1; there are: $(ls -d */ 2>/dev/null | tr '\\n' ' ')`)}`,
  ...pages.map(({ oneOf, field }) => {
    const tests = oneOf.map((name) => `[ -f "$1/${name}" ]`);
    const why = `config.json: ${field}: the build made no ${oneOf[0]} in $1; it holds: $(ls "$1" | head -n 20 | tr '\\n' ' ')`;
    return [...tests, refuse(why)].join(' || ');
  }),
];

/**
 * Readies the files of a site, in the folder that is the script's first argument; of one that was built, also checks
 * them. Their time of change becomes that of the build: a web server tells versions of a file apart by it, and in an
 * archive all files have the same.
 */
export const prepareSite = (site: Site, isBuilt: boolean): string =>
  [
    'set -e',
    ...(isBuilt ? checks(site) : []),
    ...(site.folder === '.' ? [`rm -rf ${NOT_SERVED.join(' ')}`] : []),
    'find "$1" -type f -exec touch {} +',
    'chmod -R a+rX "$1"',
  ].join('; ');

/** What an engine says of this step, without its script. */
export const withoutScript = (said: string): string =>
  said.replaceAll(/set -e; [^\n]*?chmod -R a\+rX \\*"\$1\\*"/g, 'ready the files of the site');
