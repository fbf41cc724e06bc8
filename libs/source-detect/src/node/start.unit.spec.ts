import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
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
    ['remix-serve build/server/index.js', 'remix-serve build/server/index.js'],
    ['node server.js | pino-pretty', 'npm start'],
    ['cd api && node server.js', 'npm start'],
    ['node "$ENTRY"', 'npm start'],
  ])('%s is run as %s', (script, run) => {
    expect(byScript(script)).toBe(run);
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
