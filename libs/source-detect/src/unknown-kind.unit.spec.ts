import { expect, it } from 'vitest';
import { SourceRefusal } from './refusal.js';
import { runtimeOf } from './runtime.js';
import { treeOf } from './source-tree.js';

function refusalOf(...paths: string[]): SourceRefusal {
  try {
    runtimeOf(treeOf(Object.fromEntries(paths.map((path) => [path, '']))), {});
  } catch (error) {
    if (error instanceof SourceRefusal) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

it.each([
  [['deno.json', 'main.ts'], 'deno.json shows a project of Deno', '"runtime": "deno"'],
  [['mix.exs'], 'mix.exs shows a project of Elixir', '"runtime": "elixir"'],
  [['Shop.csproj', 'Program.cs'], 'Shop.csproj shows a project of .NET', '"runtime": "dotnet"'],
  [
    ['config.toml', 'archetypes/default.md'],
    'archetypes/default.md shows a site of Hugo',
    '"output": "public"',
  ],
  [['_config.yml', 'index.md'], '_config.yml shows a site of Jekyll', 'jekyll build'],
  [['compose.yaml', 'web/Dockerfile'], 'compose.yaml shows an application of Docker Compose', 'slipway init'],
  [['docker-compose.prod.yml'], 'docker-compose.prod.yml shows', 'slipway init'],
])('%o was of no kind at all: it is named, with a way to deploy it', (paths, why, hint) => {
  expect(refusalOf(...paths).message).toContain(`config.json: runtime: ${why}`);
  expect(refusalOf(...paths).hint).toContain(hint);
});

it('any other is told by what is missing', () => {
  expect(refusalOf('notes.md').message).toContain('no file at the root shows what the source is written in');
});
