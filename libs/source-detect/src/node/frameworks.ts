import type { Step } from '../build-plan.js';
import type { SourceTree } from '../source-tree.js';
import { configOf } from './config-text.js';
import { dependsOn, type PackageJson } from './package-json.js';

/** How a framework's server is built and started where package.json has no script for it. */
export interface Framework {
  readonly name: string;
  readonly build: readonly string[];
  readonly command: readonly string[];
  /** What its own command to start needs besides: `next start` listens where it is told. */
  readonly runEnv: Readonly<Record<string, string>>;
  /** Puts together what it built. */
  readonly afterBuild: readonly Step[];
}

interface Known extends Pick<Framework, 'name' | 'build'> {
  readonly on: string;
  readonly command: (source: Source) => readonly string[] | undefined;
  readonly runEnv?: Readonly<Record<string, string>>;
  readonly afterBuild?: (source: Source) => readonly Step[];
}

interface Source {
  readonly tree: SourceTree;
  readonly root: PackageJson;
}

const ANY_ADDRESS = '0.0.0.0';
const STANDALONE = '.next/standalone';

const isStandalone = (tree: SourceTree): boolean =>
  /\boutput\s*:\s*['"]standalone['"]/.test(configOf(tree, 'next'));

const KNOWN: readonly Known[] = [
  {
    name: 'next',
    on: 'next',
    build: ['next', 'build'],
    command: ({ tree }) =>
      isStandalone(tree) ? ['node', `${STANDALONE}/server.js`] : ['next', 'start', '-H', ANY_ADDRESS],
    // An engine sets HOSTNAME to the container's own name, which the server would listen on.
    runEnv: { HOSTNAME: ANY_ADDRESS },
    afterBuild: ({ tree }) => (isStandalone(tree) ? standaloneFiles(tree) : []),
  },
  {
    name: 'nuxt',
    on: 'nuxt',
    build: ['nuxt', 'build'],
    command: () => ['node', '.output/server/index.mjs'],
    runEnv: { HOST: ANY_ADDRESS },
  },
  {
    name: 'sveltekit',
    on: '@sveltejs/kit',
    build: ['vite', 'build'],
    command: ({ tree, root }) =>
      dependsOn(root, '@sveltejs/adapter-node')
        ? ['node', /\bout\s*:\s*['"]([\w./-]+)['"]/.exec(configOf(tree, 'svelte'))?.[1] ?? 'build']
        : undefined,
  },
  {
    name: 'astro',
    on: 'astro',
    build: ['astro', 'build'],
    command: ({ root }) => (dependsOn(root, '@astrojs/node') ? ['node', 'dist/server/entry.mjs'] : undefined),
    runEnv: { HOST: ANY_ADDRESS },
  },
  {
    name: 'react-router',
    on: '@react-router/serve',
    build: ['react-router', 'build'],
    command: () => ['react-router-serve', 'build/server/index.js'],
  },
  {
    name: 'remix',
    on: '@remix-run/serve',
    build: ['remix', 'vite:build'],
    command: () => ['remix-serve', 'build/server/index.js'],
  },
  { name: 'nest', on: '@nestjs/core', build: ['nest', 'build'], command: nestCommand },
];

/** The compiler takes `src` off where nothing else is compiled. */
function nestCommand({ root }: Source): readonly string[] | undefined {
  return dependsOn(root, '@nestjs/cli') ? ['node', 'dist/main'] : undefined;
}

/** Its server gives out these too, and the build leaves them to whoever has a better way. */
function standaloneFiles(tree: SourceTree): readonly Step[] {
  const hasPublic = tree.paths.some((path) => path.startsWith('public/'));
  return [
    { argv: ['cp', '-r', '.next/static', `${STANDALONE}/.next/`] },
    ...(hasPublic ? [{ argv: ['cp', '-r', 'public', `${STANDALONE}/`] }] : []),
  ];
}

/** The framework whose server the source is. */
export function frameworkOf(tree: SourceTree, root: PackageJson): Framework | undefined {
  const source = { tree, root };
  for (const { on, command, afterBuild, ...known } of KNOWN) {
    const words = dependsOn(root, on) ? command(source) : undefined;
    if (words !== undefined)
      return { runEnv: {}, ...known, command: words, afterBuild: afterBuild?.(source) ?? [] };
  }
  return undefined;
}
