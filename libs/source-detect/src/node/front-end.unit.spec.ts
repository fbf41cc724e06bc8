import { describe, expect, it } from 'vitest';
import { treeOf } from '../source-tree.js';
import { frontEndOf } from './front-end.js';

type Files = Readonly<Record<string, string>>;

interface Made {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

const folderOf = (json: Made, files: Files = {}): string | undefined =>
  frontEndOf(treeOf({ 'package.json': JSON.stringify(json), ...files }))?.folder;
const on = (...names: readonly string[]): Made => ({
  devDependencies: Object.fromEntries(names.map((name) => [name, '1.0.0'])),
});
const angular = (options: object, builder = '@angular/build:application'): Record<string, string> => ({
  'angular.json': JSON.stringify({
    projects: { shop: { projectType: 'application', architect: { build: { builder, options } } } },
  }),
});

describe('a front end', () => {
  const sites: readonly (readonly [tool: string, folder: string, json: Made, files?: Files])[] = [
    ['vite', 'dist', on('vite', 'react')],
    [
      'vite with outDir',
      'public_html',
      on('vite'),
      { 'vite.config.ts': "build: { outDir: './public_html' }" },
    ],
    [
      'vite with its preview as start',
      'dist',
      { ...on('vite'), scripts: { start: 'vite preview --port 80' } },
    ],
    ['create-react-app', 'build', { ...on('react-scripts'), scripts: { start: 'react-scripts start' } }],
    [
      'create-react-app shown by serve',
      'build',
      { ...on('react-scripts'), scripts: { start: 'serve -s build' } },
    ],
    ['vue-cli', 'dist', on('@vue/cli-service', 'webpack')],
    ['vue-cli with outputDir', 'docs', on('@vue/cli-service'), { 'vue.config.js': "outputDir: 'docs'," }],
    ['angular', 'dist/shop/browser', { ...on('@angular/core'), scripts: { start: 'ng serve' } }, angular({})],
    ['angular with a folder', 'out/browser', on('@angular/core'), angular({ outputPath: 'out' })],
    [
      'angular with two',
      'out/web',
      on('@angular/core'),
      angular({ outputPath: { base: 'out', browser: 'web' } }),
    ],
    [
      'angular before 17',
      'dist/shop',
      on('@angular/core'),
      angular({ outputPath: 'dist/shop' }, '@angular-devkit/build-angular:browser'),
    ],
    ['parcel', 'dist', { ...on('parcel'), scripts: { start: 'parcel index.html' } }],
    ['parcel with its folder', 'www', { ...on('parcel'), scripts: { build: 'parcel build --dist-dir www' } }],
    [
      'parcel with its folder, in short',
      'out',
      { ...on('parcel'), scripts: { build: 'parcel build -d out' } },
    ],
    ['eleventy', '_site', on('@11ty/eleventy')],
    [
      'eleventy with its folder',
      'public',
      on('@11ty/eleventy'),
      { '.eleventy.js': 'dir: { output: "public" }' },
    ],
    ['docusaurus', 'build', { ...on('@docusaurus/core'), scripts: { start: 'docusaurus start' } }],
    [
      'vitepress',
      'docs/.vitepress/dist',
      { ...on('vitepress', 'vite'), scripts: { b: 'vitepress build docs' } },
    ],
    ['astro', 'dist', { ...on('astro'), scripts: { start: 'astro dev' } }],
    ['gatsby', 'public', { ...on('gatsby'), scripts: { start: 'gatsby develop' } }],
    ['next that exports', 'out', on('next'), { 'next.config.mjs': "export default { output: 'export' }" }],
    ['nuxt that generates', '.output/public', { ...on('nuxt'), scripts: { build: 'nuxt generate' } }],
    ['sveltekit by its static adapter', 'build', on('@sveltejs/kit', '@sveltejs/adapter-static', 'vite')],
    [
      'react-router without a server',
      'build/client',
      on('@react-router/dev'),
      { 'react-router.config.ts': 'ssr: false' },
    ],
    [
      'remix without a server',
      'build/client',
      on('@remix-run/dev'),
      { 'vite.config.ts': 'remix({ ssr: false })' },
    ],
  ];
  for (const [tool, folder, json, files] of sites)
    it(`by ${tool} is built into ${folder}`, () => {
      expect(folderOf(json, files)).toBe(folder);
    });

  const others: readonly (readonly [what: string, json: Made, files?: Files])[] = [
    ['starts a server', { ...on('vite'), scripts: { start: 'NODE_ENV=production node server.js' } }],
    [
      'starts one through another script',
      { ...on('vite'), scripts: { start: 'npm run serve', serve: 'node .' } },
    ],
    ['builds, then starts one', { ...on('vite'), scripts: { start: 'vite build && node app.js' } }],
    ['holds a server beside it', on('vite'), { 'server.js': '' }],
    ['names one in its Procfile', on('vite'), { Procfile: 'web: node app.js' }],
    ['is rendered by next', on('next', 'react'), { 'next.config.js': '// output: "export"' }],
    ['is rendered by sveltekit', on('@sveltejs/kit', '@sveltejs/adapter-node', 'vite')],
    ['is rendered by astro', on('astro', '@astrojs/node'), { 'astro.config.mjs': 'adapter: node({})' }],
    ['is rendered by angular', on('@angular/core'), angular({ ssr: { entry: 'server.ts' } })],
    ['is rendered by react-router', on('@react-router/dev', 'vite')],
    ['is no front end', { dependencies: { express: '5.1.0' } }],
  ];
  for (const [what, json, files] of others)
    it(`is none where the source ${what}`, () => {
      expect(folderOf(json, files)).toBeUndefined();
    });

  it('is told with what it builds', () => {
    const { tool } = frontEndOf(treeOf({ 'package.json': JSON.stringify(on('vite')) })) ?? {};
    expect(tool).toEqual({ what: 'vite, which builds dist', by: 'package.json' });
  });
});
