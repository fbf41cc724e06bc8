import { describe, expect, it } from 'vitest';
import { runtimeOf } from './runtime.js';
import { treeOf } from './source-tree.js';

type Files = Readonly<Record<string, string>>;

const ASSETS = JSON.stringify({
  scripts: { build: 'vite build', dev: 'vite' },
  devDependencies: { vite: '7' },
});
const STARTS = JSON.stringify({ scripts: { start: 'node server.js' } });

const runtime = (files: Files, command?: readonly string[]) => runtimeOf(treeOf(files), { command });

describe('a package.json that makes assets alone', () => {
  it.each<readonly [string, string, Files]>([
    ['php', 'composer.json', { 'composer.json': '', artisan: '', 'public/index.php': '' }],
    ['ruby', 'Gemfile', { Gemfile: '', 'config.ru': '' }],
    ['java', 'pom.xml', { 'pom.xml': '' }],
    ['go', 'go.mod', { 'go.mod': '', 'main.go': '' }],
    ['rust', 'Cargo.toml', { 'Cargo.toml': '', 'src/main.rs': '' }],
  ])('made a site of a service in %s', (what, by, files) => {
    expect(runtime({ 'package.json': ASSETS, ...files })).toEqual({ what, by });
  });

  it.each<readonly [string, string, Files]>([
    ['starts a server', 'node', { 'package.json': STARTS, 'go.mod': '' }],
    ['has tools of Ruby beside it', 'static', { 'package.json': ASSETS, Gemfile: '' }],
    ['compiles a library of Rust', 'static', { 'package.json': ASSETS, 'Cargo.toml': '', 'src/lib.rs': '' }],
  ])('is what it is where it %s', (_, what, files) => {
    expect(runtime(files).what).toBe(what);
  });

  it('gives way to what the command of config.json runs', () => {
    const files = { 'package.json': ASSETS, 'composer.json': '', artisan: '' };
    expect(runtime(files, ['php', 'artisan', 'serve']).what).toBe('php');
    expect(runtime(files, ['node', 'ssr.js']).what).toBe('node');
  });
});
