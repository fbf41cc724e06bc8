import type { CorpusProject } from './corpus.js';

const answers = (says: string): CorpusProject['ends'] => ({ runs: 'answers', path: '/', says });

/** Services of Node.js. What their config.json does not say is found out. */
export const nodeProjects: readonly CorpusProject[] = [
  {
    name: 'node-express',
    convention: 'Express, started by its script, locked by npm',
    ends: answers('"mode":"production"'),
    isShort: true,
  },
  {
    name: 'node-no-lock',
    convention: 'npm init with a main and no script start, never locked',
    ends: answers('Good day from polka'),
  },
  {
    name: 'node-no-manifest',
    convention: 'one ES module without a package.json',
    ends: answers('No manifest, no packages'),
  },
  { name: 'node-yarn-1', convention: 'Koa, locked by Yarn Classic', ends: answers('installed by yarn 1') },
  {
    name: 'node-yarn-berry',
    convention: 'corepack use yarn, with nodeLinker: node-modules and a build',
    ends: answers('installed by yarn 4'),
  },
  {
    name: 'node-yarn-pnp',
    convention: "corepack use yarn, with Yarn's Plug'n'Play",
    ends: answers('installed by yarn 4, plug and play'),
  },
  { name: 'node-pnpm', convention: 'Koa, locked by pnpm', ends: answers('installed by pnpm'), isShort: true },
  {
    name: 'node-pnpm-workspace',
    convention: 'a workspace of pnpm whose root builds all and starts one',
    ends: answers('A parcel of 2000 g, built: true'),
  },
  {
    name: 'node-npm-workspaces',
    convention: 'workspaces of npm whose root starts one of them',
    ends: answers('Austen stands on shelf 1'),
  },
  {
    name: 'node-workspace-unclear',
    convention: 'workspaces of npm of which two can be started',
    ends: { refused: 'SOURCE_UNCLEAR', says: 'the root of the workspace starts nothing; admin, shop do' },
  },
  {
    name: 'node-workspace-program',
    convention: 'workspaces of npm of which one starts, and another brings a program for its build',
    ends: answers('written by a program of the workspace'),
  },
  { name: 'node-bun', convention: 'bun init, with Hono', ends: answers('Bun 1 serves this') },
  {
    name: 'node-typescript',
    convention: 'Fastify in TypeScript, compiled by tsc of the devDependencies',
    ends: answers('"metres":-2'),
  },
  {
    name: 'node-typescript-bare',
    convention: 'TypeScript without a script build: start runs dist/, which .gitignore names',
    ends: answers('The next ferry leaves in'),
  },
  {
    name: 'node-nest',
    convention: 'nest new: start is for development, start:prod for the rest',
    ends: answers('Modules, controllers and providers'),
  },
  {
    name: 'node-next',
    convention: 'create-next-app with output: standalone',
    ends: answers('a standalone server in'),
  },
  {
    name: 'node-sveltekit',
    convention: 'sv create with adapter-node',
    ends: answers('<h1>Rendered on the server</h1>'),
  },
  {
    name: 'node-vite',
    convention: 'npm create vite, template vanilla',
    ends: answers('<title>Built by Vite</title>'),
  },
  {
    name: 'node-postinstall',
    convention: 'a postinstall that runs a script of the source',
    ends: answers('We have poppy and rye'),
  },
  {
    name: 'node-husky',
    convention: 'husky init: prepare runs a development dependency',
    ends: answers('husky is not there'),
  },
  {
    name: 'node-procfile',
    convention: 'a Procfile of Heroku with $PORT',
    ends: answers('The process web of a Procfile'),
  },
  {
    name: 'node-engines-old',
    convention: 'engines of 2019',
    ends: { refused: 'RUNTIME_UNKNOWN', says: '(12.x, by engines of package.json)' },
    isShort: true,
  },
  {
    name: 'node-refused-lock',
    convention: 'a dependency that was added without npm install',
    ends: { refused: 'SOURCE_UNCLEAR', says: 'package-lock.json lacks sirv, which package.json depends on' },
  },
  {
    name: 'node-nothing-to-start',
    convention: 'a package of functions',
    ends: { refused: 'SOURCE_UNCLEAR', says: 'command: package.json has no script start' },
  },
  {
    name: 'node-esm',
    convention: 'Hono on Node.js as ES modules, with a range of engines',
    ends: answers('ES modules and an await at the top'),
  },
  {
    name: 'node-generator',
    convention: 'express-generator: bin/www, with cross-env',
    ends: answers('Started by bin/www'),
  },
  {
    name: 'node-tsx',
    convention: 'TypeScript run as it is by tsx of the devDependencies',
    ends: answers('TypeScript as it is, in spring'),
  },
  {
    name: 'node-local-package',
    convention: 'a dependency in a folder: file:./lib/units',
    ends: answers('10 km are 6.2 miles'),
  },
  {
    name: 'node-build-then-start',
    convention: 'a script start that builds first',
    ends: answers('Built once, not at each start'),
  },
];
