import { describe, expect, it } from 'vitest';
import { detect, findingsText, propose, treeOf } from './index.js';
import { parseServiceConfig } from '#libs/contracts';

const MAIN = 'package main\n\nfunc main() {}\n';
type Files = Readonly<Record<string, string>>;
const planned = (files: Files, config: object = {}) =>
  detect(
    treeOf({ 'go.mod': 'module shop\n', ...files }),
    parseServiceConfig(JSON.stringify({ port: 80, ...config })),
  );

describe('a module of Go', () => {
  it('with its program at the root was refused, and the example was one of Python: it is built and started', () => {
    const plan = planned({ 'main.go': MAIN, 'main_test.go': 'package main\n' });
    expect(plan).toMatchObject({
      build: [{ argv: ['go', 'build', '-o', 'bin/server', '.'] }],
      command: ['./bin/server'],
    });
    expect(findingsText(plan.found)).toBe(
      'go, by go.mod; built with `go build -o bin/server .`, by main.go; starts with `./bin/server`, by main.go',
    );
  });

  it('is proposed with its build and its command', () => {
    const { build, command } = propose(treeOf({ 'go.mod': 'module shop\n', 'main.go': MAIN }));
    expect(build).toEqual({ value: ['go', 'build', '-o', 'bin/server', '.'], by: 'main.go' });
    expect(command?.value).toEqual(['./bin/server']);
  });

  it('with a command alone got no build: it makes the program that the command names', () => {
    const given = { command: ['./server', '--port', '80'] };
    const { build, command } = propose(treeOf({ 'go.mod': 'module shop\n', 'main.go': MAIN }), given);
    expect(build?.value).toEqual(['go', 'build', '-o', 'server', '.']);
    expect(command?.value).toEqual(given.command);
  });

  it('builds the only program below cmd', () => {
    const plan = planned({ 'cmd/api/main.go': MAIN, 'api/api.go': 'package api\n' });
    expect(plan).toMatchObject({ build: [{ argv: ['go', 'build', '-o', 'bin/server', './cmd/api'] }] });
  });

  it.each<readonly [string, Files, object]>([
    ['several programs', { 'cmd/a/main.go': MAIN, 'cmd/b/main.go': MAIN }, {}],
    ['a program that is there', { 'main.go': MAIN, 'server/server.go': '' }, { command: './server' }],
    ['a build of its own', { 'main.go': MAIN }, { command: './a', build: 'make' }],
    ['an installation of its own', { 'main.go': MAIN }, { command: './a', install: 'go build -o a' }],
    ['a command that is no file', { 'main.go': MAIN }, { command: 'go run .' }],
  ])('of %s adds no build of its own', (_, files, config) => {
    const build = () => {
      const plan = planned(files, config);
      return plan.kind === 'steps' ? plan.build.map(({ argv }) => argv) : [];
    };
    if ('command' in config) expect(build()).toEqual('build' in config ? [['make']] : []);
    else expect(build).toThrow('config.json: command: nothing is found out of how a service in go starts');
  });
});
