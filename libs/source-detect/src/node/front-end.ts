import type { Finding } from '../build-plan.js';
import type { SourceTree } from '../source-tree.js';
import { angularFolder } from './angular.js';
import { configOf } from './config-text.js';
import { dependsOn, type PackageJson, packageJsonOf } from './package-json.js';
import { isServed } from './served.js';

export interface FrontEnd {
  /** Of its tool, such as `vite`. */
  readonly name: string;
  readonly tool: Finding;
  /** What it builds, relative to the root. */
  readonly folder: string;
}

interface Tool {
  readonly tool: string;
  /** The package that shows it. */
  readonly on: string;
  /** Undefined where what it builds is a server. */
  folder(source: Source): string | undefined;
}

interface Source {
  readonly tree: SourceTree;
  readonly root: PackageJson;
}

/** The value of a setting, as tools of JavaScript write it: `outDir: 'build'`. */
const setting = (text: string, name: string): string | undefined =>
  new RegExp(`\\b${name}\\s*:\\s*['"\`]([\\w./@-]+)['"\`]`).exec(text)?.[1];

const clean = (folder: string): string => folder.replace(/^\.?\//, '').replace(/\/$/, '');

/** The folder of its configuration, else the tool's own. */
const set =
  (config: string, name: string, otherwise: string) =>
  ({ tree }: Source): string =>
    clean(setting(configOf(tree, config), name) ?? otherwise);

const always = (folder: string) => (): string => folder;

/** A tool that is built upon another comes before it. */
const TOOLS: readonly Tool[] = [
  { tool: 'next', on: 'next', folder: nextFolder },
  { tool: 'nuxt', on: 'nuxt', folder: nuxtFolder },
  { tool: 'sveltekit', on: '@sveltejs/kit', folder: svelteKitFolder },
  { tool: 'astro', on: 'astro', folder: astroFolder },
  { tool: 'react-router', on: '@react-router/dev', folder: withoutServer('react-router', 'build') },
  { tool: 'remix', on: '@remix-run/dev', folder: withoutServer('vite', 'build') },
  { tool: 'angular', on: '@angular/core', folder: ({ tree }) => angularFolder(tree) },
  { tool: 'gatsby', on: 'gatsby', folder: always('public') },
  { tool: 'docusaurus', on: '@docusaurus/core', folder: always('build') },
  { tool: 'vitepress', on: 'vitepress', folder: ofScript('vitepress', '.vitepress/dist') },
  { tool: 'vuepress', on: 'vuepress', folder: ofScript('vuepress', '.vuepress/dist') },
  { tool: 'eleventy', on: '@11ty/eleventy', folder: eleventyFolder },
  { tool: 'hexo', on: 'hexo', folder: always('public') },
  { tool: 'create-react-app', on: 'react-scripts', folder: always('build') },
  { tool: 'vue-cli', on: '@vue/cli-service', folder: set('vue', 'outputDir', 'dist') },
  { tool: 'preact-cli', on: 'preact-cli', folder: always('build') },
  { tool: 'rsbuild', on: '@rsbuild/core', folder: always('dist') },
  { tool: 'vite', on: 'vite', folder: set('vite', 'outDir', 'dist') },
  { tool: 'parcel', on: 'parcel', folder: parcelFolder },
  { tool: 'parcel', on: 'parcel-bundler', folder: parcelFolder },
  { tool: 'webpack', on: 'webpack', folder: always('dist') },
];

/** The tool that builds a site for browsers, where the source has no server of its own. */
export function frontEndOf(tree: SourceTree): FrontEnd | undefined {
  const root = packageJsonOf(tree);
  if (root === undefined || isServed(tree, root)) return undefined;
  const found = TOOLS.find(({ on }) => dependsOn(root, on));
  const folder = found?.folder({ tree, root });
  return found === undefined || folder === undefined
    ? undefined
    : {
        name: found.tool,
        tool: { what: `${found.tool}, which builds ${folder}`, by: 'package.json' },
        folder,
      };
}

const nextConfig = ({ tree }: Source): string => configOf(tree, 'next');

function nextFolder(source: Source): string | undefined {
  return setting(nextConfig(source), 'output') === 'export'
    ? clean(setting(nextConfig(source), 'distDir') ?? 'out')
    : undefined;
}

/** `nuxt generate` makes pages, `nuxt build` a server. */
function nuxtFolder({ root }: Source): string | undefined {
  return /\bnux[ti]i?\s+generate\b/.test(root.scripts['build'] ?? '') ? '.output/public' : undefined;
}

function svelteKitFolder({ tree, root }: Source): string | undefined {
  if (!dependsOn(root, '@sveltejs/adapter-static')) return undefined;
  return clean(setting(configOf(tree, 'svelte'), 'pages') ?? 'build');
}

function astroFolder({ tree }: Source): string | undefined {
  const text = configOf(tree, 'astro');
  return /\badapter\s*:/.test(text) ? undefined : clean(setting(text, 'outDir') ?? 'dist');
}

/** Both frameworks make a site of one page where they are told `ssr: false`. */
function withoutServer(config: string, otherwise: string): Tool['folder'] {
  return ({ tree }) => {
    const text = configOf(tree, config);
    const folder = clean(setting(text, 'buildDirectory') ?? otherwise);
    return /\bssr\s*:\s*false\b/.test(text) ? `${folder}/client` : undefined;
  };
}

/** The folder of pages is an argument: `vitepress build docs`. */
function ofScript(program: string, folder: string): Tool['folder'] {
  return ({ root }) => {
    const text = Object.values(root.scripts).find((script) => script.includes(`${program} build`)) ?? '';
    const pages = new RegExp(`\\b${program} build\\s+([\\w./-]+)`).exec(text)?.[1];
    return pages === undefined || pages === '.' ? folder : `${clean(pages)}/${folder}`;
  };
}

function eleventyFolder({ tree, root }: Source): string {
  const argument = /\beleventy\b.*--output[= ]([\w./-]+)/.exec(root.scripts['build'] ?? '')?.[1];
  const text = configOf(tree, '.eleventy') || configOf(tree, 'eleventy');
  return clean(argument ?? setting(text, 'output') ?? '_site');
}

function parcelFolder({ root }: Source): string {
  const named = /(?:--(?:dist-dir|out-dir)[= ]|\s-d )([\w./-]+)/.exec(root.scripts['build'] ?? '');
  return clean(named?.[1] ?? 'dist');
}
