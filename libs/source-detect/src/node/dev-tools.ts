import type { PackageJson } from './package-json.js';

/** Programs whose package has another name. */
const PACKAGES: Readonly<Record<string, string>> = {
  tsc: 'typescript',
  nest: '@nestjs/cli',
  ng: '@angular/cli',
  'vue-cli-service': '@vue/cli-service',
  'babel-node': '@babel/node',
  'remix-serve': '@remix-run/serve',
  'react-router-serve': '@react-router/serve',
  dotenv: 'dotenv-cli',
  dotenvx: '@dotenvx/dotenvx',
  nuxi: 'nuxt',
  swc: '@swc/cli',
};

/** `ts-node` of `ts-node/register`, `@swc-node/register` of `@swc-node/register/esm`. */
const packageOf = (word: string): string =>
  PACKAGES[word] ??
  word
    .split('/')
    .slice(0, word.startsWith('@') ? 2 : 1)
    .join('/');

/**
 * A development dependency without which the service would not start: `tsx src/server.ts`, `node -r dotenv/config`.
 * Scripts that it runs are looked into.
 */
export function devToolOf(text: string, root: PackageJson, seen: readonly string[] = []): string | undefined {
  const words = text.split(/[\s;&|=]+/).filter((word) => word !== 'node');
  const isOnlyForDevelopment = (name: string): boolean =>
    Object.hasOwn(root.devDependencies, name) && !Object.hasOwn(root.dependencies, name);
  const own = words.map(packageOf).find(isOnlyForDevelopment);
  if (own !== undefined) return own;
  const calls = /\b(?:npm|pnpm|yarn|bun)\b/.test(text);
  const called = calls
    ? words.filter((word) => Object.hasOwn(root.scripts, word) && !seen.includes(word))
    : [];
  return called
    .map((name) => devToolOf(root.scripts[name] ?? '', root, [...seen, name]))
    .find((tool) => tool !== undefined);
}
