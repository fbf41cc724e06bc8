import { hasFile, type SourceTree } from '../source-tree.js';
import type { PackageJson } from './package-json.js';
import { procfileOf } from '../procfile.js';
import { lastWords, programOf, wordsOfScript } from './script-words.js';

/** Programs that serve while one works on the source, and build it as they go. */
const FOR_WORK = [
  /^vite(?: (?:dev|serve))?(?: -.*)?$/,
  /^(?:next|astro|nuxt|nuxi|eleventy|parcel)$/,
  /^(?:next|nuxt|nuxi|astro|remix|react-router|vitepress|vuepress|rsbuild|snowpack|vinxi|svelte-kit|umi) dev\b/,
  /^(?:react-scripts|craco|docusaurus|expo|react-native) start\b/,
  /^(?:ng|vue-cli-service|webpack) (?:serve|s)\b/,
  /^(?:webpack-dev-server|live-server|browser-sync|electron)\b/,
  /^parcel (?!build)/,
  /^eleventy .*--(?:serve|watch)/,
  /^gatsby (?:develop|start)\b/,
  /^nest start\b/,
  /^tsc .*(?:-w|--watch)\b/,
];

/** Programs of a tool that show what it built; what they show needs none of them. */
const FOR_A_LOOK = [
  /^(?:vite|astro|nuxt|nuxi|vitepress|rsbuild) preview\b/,
  /^(?:next|nuxt) start\b/,
  /^(?:gatsby|docusaurus|hexo) (?:serve|server)\b/,
  /^(?:serve|http-server|sirv|lite-server|angular-http-server|local-web-server|ws|static-server)\b/,
  /^(?:remix-serve|react-router-serve)\b/,
];

const textOf = (words: readonly string[]): string => {
  const program = programOf(words);
  return (program[0] === 'npx' ? program.slice(1) : program).join(' ');
};

const isForWork = (words: readonly string[]): boolean => FOR_WORK.some((one) => one.test(textOf(words)));

const isForALook = (words: readonly string[]): boolean => FOR_A_LOOK.some((one) => one.test(textOf(words)));

/** Whether a script serves only while one works on the source: `vite`, `nest start`. */
export function isForWorkAlone(script: string | undefined, root: PackageJson): boolean {
  const words = wordsOfScript(script ?? '');
  return words !== undefined && isForWork(lastWords(words, root) ?? words);
}

/** The scripts that may start a service, the first that does. */
export const START_SCRIPTS = ['start', 'start:prod', 'start:production', 'serve:prod'];

const SERVERS = ['server.js', 'server.mjs', 'server.cjs', 'server.ts', 'server/index.js', 'server/index.ts'];

/** Whether the source starts a server of its own, and not only one that shows what its tool built. */
export function isServed(tree: SourceTree, root: PackageJson): boolean {
  if (procfileOf(tree).has('web') || SERVERS.some((path) => hasFile(tree, path))) return true;
  return START_SCRIPTS.some((name) => startsServer(root.scripts[name], root));
}

/** Whether a script starts a server, and not only one of a tool that shows what it built. */
export function startsServer(script: string | undefined, root: PackageJson): boolean {
  if (script === undefined) return false;
  const words = wordsOfScript(script);
  const last =
    words === undefined
      ? script
          .split(/\s*&&\s*/)
          .at(-1)
          ?.split(/\s+/)
      : lastWords(words, root);
  return last !== undefined && !isForWork(last) && !isForALook(last);
}
