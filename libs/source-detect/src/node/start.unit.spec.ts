import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { findingsText } from '../build-plan.js';
import { treeOf } from '../source-tree.js';
import { nodePlan } from './node.js';

type Files = Readonly<Record<string, string>>;

const command = (json: object, files: Files = {}): string | undefined => {
  const tree = treeOf({ 'package.json': JSON.stringify(json), 'package-lock.json': '', ...files });
  return nodePlan(tree, parseServiceConfig('{"port":8080}'), []).command?.join(' ');
};
const byScript = (start: string, more: Files = {}): string | undefined =>
  command({ scripts: { start, ...more } });
const bunLock = { 'bun.lock': '{}' };

describe('a script start', () => {
  it.each([
    ['node server.js', 'node server.js'],
    [
      'NODE_ENV=production node --max-old-space-size=200 .',
      'env NODE_ENV=production node --max-old-space-size=200 .',
    ],
    ['cross-env DEBUG=app:* node bin/www', 'env DEBUG=app:* node bin/www'],
    ['exec node server.js', 'node server.js'],
    ['nodemon server.js', 'node server.js'],
    ['nodemon -r dotenv/config --watch src -e js,json src/app.js 1', 'node -r dotenv/config src/app.js 1'],
    ['nodemon --quiet --watch=lib server.js', 'node server.js'],
    ['npx nodemon server.js', 'node server.js'],
    ['nodemon --exec tsx src/app.ts', 'nodemon --exec tsx src/app.ts'],
    ['nodemon src/app.ts', 'nodemon src/app.ts'],
    ['nodemon', 'nodemon'],
    ['node --watch --watch-path=lib server.js', 'node server.js'],
    ['node --env-file=.env server.js', 'node server.js'],
    ['NODE_ENV=production pm2 start app.js -i max', 'env NODE_ENV=production node app.js'],
    ['pm2 start ecosystem.config.js', 'pm2-runtime start ecosystem.config.js'],
    ['pm2-runtime app.js', 'pm2-runtime app.js'],
    ['forever start app.js --port 1', 'node app.js --port 1'],
    ['remix-serve build/server/index.js', 'remix-serve build/server/index.js'],
    ['node server.js | pino-pretty', 'npm start'],
    ['cd api && node server.js', 'npm start'],
    ['node "$ENTRY"', 'npm start'],
  ])('%s is run as %s', (script, run) => {
    expect(byScript(script)).toBe(run);
  });

  it('says which file of variables is missing: .env is never pushed', () => {
    const json = JSON.stringify({ scripts: { start: 'node --env-file=.env a.js' } });
    const { found } = nodePlan(treeOf({ 'package.json': json }), parseServiceConfig('{"port":8080}'), []);
    expect(found.at(-1)?.what).toBe(
      '.env is not in the source: its variables are those of `env` in config.json',
    );
  });

  it('reads a file of variables that is in the source', () => {
    const json = { scripts: { start: 'node --env-file=./defaults.env a.js' } };
    expect(command(json, { 'defaults.env': '' })).toBe('node --env-file=./defaults.env a.js');
  });

  it('is run through the scripts that it calls, unless others run before or behind them', () => {
    expect(byScript('npm run serve', { serve: 'node app.js' })).toBe('node app.js');
    expect(byScript('yarn serve', { serve: 'node app.js' })).toBe('node app.js');
    expect(byScript('node app.js', { prestart: 'node migrate.js' })).toBe('npm start');
    expect(byScript('npm run a', { a: 'npm run b', b: 'npm run a' })).toBe('npm start');
  });

  it('that builds first finds it built', () => {
    const scripts = { build: 'tsc', start: 'npm run build && node dist/app.js' };
    expect(command({ scripts })).toBe('node dist/app.js');
    expect(byScript('tsc && node dist/app.js')).toBe('npm start');
  });

  it('for development gives way to the one for production', () => {
    expect(byScript('nest start', { 'start:prod': 'node dist/main' })).toBe('node dist/main');
  });
});

describe('without a script start', () => {
  it.each<readonly [string, object, Files]>([
    ['node lib/app.js', { main: './lib/app' }, { 'lib/app.js': '' }],
    ['node server.js', { main: 'index.js' }, { 'server.js': '', 'app.js': '' }],
    ['node src/index.mjs', {}, { 'src/index.mjs': '' }],
    ['node dist/app.js', { main: 'dist/app.js', scripts: { build: 'tsc' } }, {}],
    [
      'node out/server.js',
      { scripts: { build: 'tsc' } },
      { 'tsconfig.json': '{"compilerOptions":{/* */"outDir":"./out"}}', 'src/server.ts': '' },
    ],
    [
      'node out/src/server.js',
      { scripts: { build: 'tsc' } },
      { 'tsconfig.json': '{"compilerOptions":{"outDir":"out","rootDir":"."}}', 'src/server.ts': '' },
    ],
    [
      'node web.js --port 8080',
      { main: 'other.js' },
      { 'other.js': '', Procfile: 'release: x\nweb: node web.js --port $PORT\n' },
    ],
    ['sh -c node web.js > /dev/null', {}, { Procfile: 'web: node web.js > /dev/null' }],
    ['node app.js', { scripts: { serve: 'node app.js' } }, { Procfile: 'web: npm run serve' }],
    ['bun index.ts', { module: 'index.ts' }, { 'index.ts': '', ...bunLock }],
    [
      'node .next/standalone/server.js',
      { dependencies: { next: '15' } },
      { 'next.config.js': 'output: "standalone"' },
    ],
    ['next start -H 0.0.0.0', { dependencies: { next: '15' } }, {}],
    ['node .output/server/index.mjs', { dependencies: { nuxt: '4' } }, {}],
    ['node build', { devDependencies: { '@sveltejs/kit': '2', '@sveltejs/adapter-node': '5' } }, {}],
    [
      'node dist/server/entry.mjs',
      { dependencies: { astro: '5', '@astrojs/node': '9' } },
      { 'astro.config.mjs': 'adapter: node()' },
    ],
    [
      'node dist/main',
      { dependencies: { '@nestjs/core': '11' }, devDependencies: { '@nestjs/cli': '11' } },
      {},
    ],
  ])('%s starts it', (run, json, files) => {
    expect(command(json, files)).toBe(run);
  });
});

describe('processes of a Procfile that are not started were passed over without a word', () => {
  const Procfile = 'release: node migrate.js\nweb: node web.js --port $PORT\nworker: npm run work\n';
  const scripts = { work: 'node work.js' };
  const tree = treeOf({ 'package.json': JSON.stringify({ scripts }), 'web.js': '', 'work.js': '', Procfile });
  const said = (config: object): string =>
    findingsText(nodePlan(tree, parseServiceConfig(JSON.stringify(config)), []).found);
  const release = 'its release process is run only where `release` of config.json says it, by Procfile';

  it.each([
    ['with a port', { port: 8080 }, 'worker'],
    ['without a port', {}, 'web'],
    ['with the command of one', { port: 8080, command: 'node web.js --port 8080' }, 'worker'],
    ['with the command of the other', { command: 'node work.js' }, 'web'],
    ['with another command', { port: 8080, command: 'node a.js' }, 'web, worker'],
  ])('%s', (_, config, others) => {
    expect(said(config)).toMatch(new RegExp(`${release}; not started here: ${others}, by Procfile$`));
    expect(said({ ...config, release: 'node migrate.js' })).not.toContain(release);
  });
});
