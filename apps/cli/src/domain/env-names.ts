/** The file in which frameworks keep variables of a developer's machine. */
export const ENV_FILE = '.env';

/** Nobody reads a longer list. */
const MOST_NAMES = 20;

/** Names of the variables that a `.env` file sets, each once, never their values. */
export function envNames(text: string): readonly string[] {
  const lines = text.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=/gm);
  return [...new Set([...lines].map(([, name = '']) => name))].slice(0, MOST_NAMES);
}

/** `SECRET_KEY` as a secret is called. */
const secretName = (variable: string): string =>
  variable.toLowerCase().replaceAll(/_+/g, '-').replaceAll(/^-|-$/g, '');

/** Lines of a config.json that say how a service gets what its `.env` sets, which is not sent; none without such names. */
export function envLines(names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const secrets = names.map((name) => `"${name}": "${secretName(name)}"`).join(', ');
  return [
    `// ${ENV_FILE} is not sent. What it sets comes from secrets, each of which \`slipway secret set\` stores, or from env:`,
    `// "secrets": { ${secrets} },`,
  ];
}

/** The same of a site: only its build could see what `.env` sets. */
export function siteEnvLines(names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const env = names.map((name) => `"${name}": "..."`).join(', ');
  return [
    `// ${ENV_FILE} is not sent. If the build needs what it sets, write that here. Whoever loads the site may read it:`,
    `// "env": { ${env} },`,
  ];
}
