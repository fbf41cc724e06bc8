import { SourceRefusal } from './refusal.js';
import type { SourceTree } from './source-tree.js';

interface Kind {
  readonly files: RegExp;
  readonly what: string;
  readonly hint: string;
}

const language = (name: string, files: RegExp, runtime = name.toLowerCase()): Kind => ({
  files,
  what: `a project of ${name}, which nothing here builds by itself`,
  hint: `If the platform has a base image for it, name that, such as "runtime": "${runtime}", with build and command. Else bring a Dockerfile.`,
});

/** What a tool makes of it is plain files. */
const site = (
  tool: string,
  files: RegExp,
  makes: { readonly by: string; readonly folder: string },
): Kind => ({
  files,
  what: `a site of ${tool}, which nothing here builds by itself`,
  hint: `Run \`${makes.by}\`, and push what it makes with "runtime": "static" and "output": "${makes.folder}". Or let a Dockerfile do both.`,
});

/** Named, since whoever brings such a source knows it by that name. */
const KINDS: readonly Kind[] = [
  language('Deno', /^deno\.jsonc?$/),
  language('Elixir', /^mix\.exs$/),
  language('.NET', /^[^/]+\.(?:csproj|fsproj|sln|slnx)$/, 'dotnet'),
  language('Scala', /^build\.sbt$/),
  language('Clojure', /^(?:project\.clj|deps\.edn)$/),
  language('Swift', /^Package\.swift$/),
  language('Dart', /^pubspec\.yaml$/),
  language('Haskell', /^(?:stack\.yaml|[^/]+\.cabal)$/),
  language('Gleam', /^gleam\.toml$/),
  language('Crystal', /^shard\.yml$/),
  language('Zig', /^build\.zig$/),
  site('Hugo', /^(?:hugo\.(?:toml|ya?ml|json)|archetypes\/default\.md)$/, { by: 'hugo', folder: 'public' }),
  site('Jekyll', /^_config\.ya?ml$/, { by: 'jekyll build', folder: '_site' }),
  site('mdBook', /^book\.toml$/, { by: 'mdbook build', folder: 'book' }),
  {
    files: /^(?:docker-)?compose(?:\.[\w-]+)?\.ya?ml$/,
    what: 'an application of Docker Compose, whose file is not read here',
    hint: 'Each of its services is deployed from its own folder: `slipway init FOLDER` writes a config.json for it. A service of a ready image is one with "runtime": "image".',
  },
];

/** Why a source of a kind that is known by name is not built by itself; undefined for any other. */
export function unknownKind({ paths }: Pick<SourceTree, 'paths'>): SourceRefusal | undefined {
  for (const { files, what, hint } of KINDS) {
    const path = paths.find((one) => files.test(one));
    if (path !== undefined)
      return new SourceRefusal({ field: 'runtime', why: `${path} shows ${what}`, hint });
  }
  return undefined;
}
