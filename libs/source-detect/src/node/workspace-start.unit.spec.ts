import { expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import type { StepsPlan } from '../build-plan.js';
import { treeOf } from '../source-tree.js';
import { nodePlan } from './node.js';

type Files = Readonly<Record<string, string>>;

function planned(root: object, files: Files): StepsPlan {
  const json = { private: true, workspaces: ['apps/*', 'packages/*'], ...root };
  const tree = treeOf({ 'package.json': JSON.stringify(json), 'package-lock.json': '', ...files });
  return nodePlan(tree, parseServiceConfig('{"port":8080}'), []);
}

const web = (scripts: object, more: object = {}): Files => ({
  'apps/web/package.json': JSON.stringify({ name: 'web', scripts, ...more }),
  'packages/ui/package.json': '{"name":"ui"}',
});

it('the only package of a workspace that starts was named, and not started', () => {
  const plan = planned(
    { scripts: { build: 'turbo run build' } },
    web({ start: 'next start', build: 'next build' }, { dependencies: { next: '15' } }),
  );
  expect(plan.command).toEqual(['npm', 'run', 'start', '--workspace', 'web']);
  expect(plan.build.map(({ argv }) => argv)).toEqual([['npm', 'run', 'build']]);
  expect(plan.found).toContainEqual({
    kind: 'command',
    what: 'starts with `npm run start --workspace web`',
    by: 'start of apps/web/package.json',
  });
});

it('it is built by its own script where the root has none', () => {
  const plan = planned({}, web({ start: 'node dist/index.js', build: 'tsc' }));
  expect(plan.build.map(({ argv }) => argv)).toEqual([['npm', 'run', 'build', '--workspace', 'web']]);
});

it.each([
  ['vite', 'vite'],
  ['vite preview', 'vite'],
  ['next dev', 'next'],
])('a package that serves by %s is not started', (start, tool) => {
  const files = web({ start }, { dependencies: { [tool]: '*' } });
  expect(() => planned({}, files)).toThrow('config.json: command: ');
});

it('a program of the workspace was not found: it is linked only if its package is there', () => {
  const files = {
    ...web({ start: 'node .' }, { devDependencies: { cli: '*' } }),
    'packages/cli/package.json': '{"name":"cli","bin":{"hello":"./cli.js"}}',
  };
  const plan = planned({}, files);
  expect(plan.installNeedsSource).toBe(true);
  expect(plan.found).toContainEqual({
    what: 'installed with the whole source for the program of its package cli',
    by: 'packages/cli/package.json',
  });
});

it('a program that no package asks for needs no source', () => {
  const cli = { 'packages/cli/package.json': '{"name":"cli","bin":"./cli.js"}' };
  expect(planned({}, { ...web({ start: 'node .' }), ...cli }).installNeedsSource).toBe(false);
});
