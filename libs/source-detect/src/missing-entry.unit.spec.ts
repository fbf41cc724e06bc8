import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import type { StepsPlan } from './build-plan.js';
import { detect } from './detect.js';
import { treeOf } from './source-tree.js';

type Files = Readonly<Record<string, string>>;

const plan = (files: Files, config: object = {}): StepsPlan =>
  detect(treeOf(files), parseServiceConfig(JSON.stringify({ port: 8080, ...config }))) as StepsPlan;
const starts = (start: string, more: object = {}): Files => ({
  'package.json': JSON.stringify({ scripts: { start }, ...more }),
});

describe('a service whose first file is not there ended as soon as it had been built', () => {
  it.each<readonly [string, Files, object]>([
    ['dist/main.js', { ...starts('node dist/main.js'), 'index.js': '' }, {}],
    ['worker.py', { 'app.py': '' }, { runtime: 'python', command: 'python worker.py' }],
    ['start.sh', { 'app.py': '' }, { runtime: 'python', command: 'sh ./start.sh' }],
    ['src/app.ts', { 'package.json': '{"devDependencies":{"tsx":"4"}}' }, { command: 'tsx src/app.ts' }],
  ])('%s is refused before it', (path, files, config) => {
    expect(() => plan(files, config)).toThrow(
      `config.json: build: ${path} starts it, and is neither in the source nor made by a build`,
    );
  });

  it('the name that differs by capitals is said, which other systems do not tell apart', () => {
    expect(() => plan({ ...starts('node Server.js'), 'server.js': '' })).toThrow(
      'config.json: command: Server.js starts it, and the source has server.js: capital letters count',
    );
  });

  it.each<readonly [string, Files, object]>([
    [
      'a build makes it',
      starts('node dist/main.js', { scripts: { start: 'node dist/main.js', build: 'make' } }),
      {},
    ],
    [
      'an installation may',
      starts('node made.js', { scripts: { start: 'node made.js', postinstall: 'make' } }),
      {},
    ],
    ['an own installation may', starts('node made.js'), { install: 'make' }],
    ['it lies outside of the source', { 'app.py': '' }, { runtime: 'python', command: 'python /opt/own.py' }],
    [
      'it starts in another folder',
      { 'app.py': '' },
      { runtime: 'python', command: 'python a.py', workdir: '/srv' },
    ],
    ['only an option names it', starts('node --require a.js .'), {}],
    ['its folder is named', { ...starts('node dist'), 'dist/index.js': '' }, {}],
    [
      'it is named by the folder of the image',
      { 'app.py': '' },
      { runtime: 'python', command: 'python /app/app.py' },
    ],
  ])('it is not refused where %s', (_, files, config) => {
    expect(plan(files, config).kind).toBe('steps');
  });
});

describe('what a compiler of TypeScript makes', () => {
  const typed = {
    ...starts('node dist/index.js', { devDependencies: { typescript: '5' } }),
    'tsconfig.json': '{ "compilerOptions": { "outDir": "./dist" } }',
    'src/index.ts': '',
  };

  it('was not made without a script build: .gitignore had left it out', () => {
    const { build, install, found } = plan(typed);
    expect(build.map(({ argv }) => argv)).toEqual([['tsc']]);
    expect(install.map(({ argv }) => argv.join(' '))).toEqual(['npm install --include=dev']);
    expect(found).toContainEqual({
      what: 'built with `tsc`',
      by: 'outDir of tsconfig.json, which is not in the source',
    });
  });

  it('is not made again where it was sent along', () => {
    expect(plan({ ...typed, 'dist/index.js': '' }).build).toEqual([]);
  });
});

it.each([
  ['docs:build', 'vitepress build docs', 'npm run docs:build'],
  ['build:prod', 'vite build --mode production', 'npm run build:prod'],
])('a script %s builds where none is called build', (name, script, argv) => {
  const json = { scripts: { [name]: script }, devDependencies: { vitepress: '1', vite: '5' } };
  const built = plan({ 'package.json': JSON.stringify(json) }, { output: 'dist', runtime: 'static' });
  expect(built.build.map((step) => step.argv.join(' '))).toEqual([argv]);
});

it.each([
  ['none that builds', { 'docker:build': 'docker build .' }],
  ['several', { 'build:a': 'vite build a', 'build:b': 'vite build b' }],
])('of scripts for builds, %s is run', (_, scripts) => {
  const json = { scripts: { start: 'node .', ...scripts } };
  expect(plan({ 'package.json': JSON.stringify(json) }).build).toEqual([]);
});

it('a release command whose file is not there was built and pushed before it failed', () => {
  const config = { runtime: 'python', command: 'python app.py' };
  const release = (command: string) => plan({ 'app.py': '' }, { ...config, release: command });
  expect(() => release('python migrate.py')).toThrow(
    'config.json: release: it runs migrate.py, which is neither in the source nor made by a build',
  );
  expect(release('python app.py').command).toEqual(['python', 'app.py']);
  expect(() => release('alembic upgrade head')).not.toThrow();
});
