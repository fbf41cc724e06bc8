import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { detect, type StepsPlan, treeOf } from '#libs/source-detect';
import { writeDockerfile } from './dockerfile.js';

const images = { byRuntime: { node: 'slipway/node:24', static: 'slipway/static:1' }, legacy: {} };

interface Source {
  readonly json?: object;
  /** Empty files. */
  readonly holds?: readonly string[];
  readonly texts?: Readonly<Record<string, string>>;
  readonly config?: object;
}

function written({ json, holds = [], texts = {}, config = {} }: Source): string {
  const files = {
    ...Object.fromEntries(holds.map((path) => [path, ''])),
    ...(json !== undefined && { 'package.json': JSON.stringify(json) }),
    ...texts,
  };
  const parsed = parseServiceConfig(JSON.stringify({ port: 8080, ...config }));
  const plan = detect(treeOf(files), parsed);
  return writeDockerfile(plan, { config: parsed, images, cacheMounts: false })?.dockerfile ?? '';
}

const server = { scripts: { start: 'node server.js' }, dependencies: { koa: '2.16.2' } };
const compiled = {
  scripts: { build: 'tsc', start: 'node dist/index.js' },
  dependencies: { koa: '2.16.2' },
  devDependencies: { typescript: '5.9.3' },
};
const berryLock = '__metadata:\n  version: 8\n  cacheKey: 10c0\n';
const nodeModules = 'nodeLinker: node-modules\n';

const GOLDEN: Readonly<Record<string, Source>> = {
  'node-npm': { json: server, holds: ['server.js', 'package-lock.json', '.npmrc'] },
  'node-no-lock': { json: server, holds: ['server.js'] },
  'node-no-manifest': { holds: ['server.js'] },
  'node-npm-build': { json: compiled, holds: ['src/index.ts', 'package-lock.json'] },
  'node-yarn-1': { json: compiled, holds: ['src/index.ts'], texts: { 'yarn.lock': '# yarn lockfile v1\n' } },
  'node-yarn-berry': {
    json: compiled,
    holds: ['.yarn/patches/koa.patch', 'src/index.ts'],
    texts: { 'yarn.lock': berryLock, '.yarnrc.yml': nodeModules },
  },
  'node-yarn-pnp': {
    json: { ...server, type: 'module', packageManager: 'yarn@4.9.4' },
    holds: ['server.js'],
    texts: { 'yarn.lock': berryLock, '.yarnrc.yml': 'enableTelemetry: false\n' },
  },
  'node-pnpm': { json: compiled, texts: { 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" } },
  'node-pnpm-7': { json: compiled, texts: { 'pnpm-lock.yaml': 'lockfileVersion: 5.4\n' } },
  'node-pnpm-workspace': {
    json: {
      scripts: { build: 'pnpm -r build', start: 'node apps/api/server.js' },
      devDependencies: { turbo: '2.5.8' },
    },
    holds: ['apps/api/server.js'],
    texts: {
      'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
      'pnpm-workspace.yaml': 'packages: [apps/*, "packages/**", "!**/fixtures/**"]\n',
      'apps/api/package.json': '{"name":"api"}',
      'packages/ui/deep/package.json': '{"name":"deep"}',
      'packages/ui/fixtures/one/package.json': '{"name":"not-in-it"}',
    },
  },
  'node-bun': {
    json: { module: 'index.ts', devDependencies: { '@types/bun': '1.3.0' } },
    holds: ['bun.lock', 'index.ts'],
  },
  'node-bun-build': {
    json: { ...compiled, scripts: { build: 'bun build index.ts --outdir dist', start: 'bun dist/index.js' } },
    holds: ['bun.lockb', 'index.ts'],
  },
  'node-case-11-vite': {
    json: {
      scripts: { build: 'vite build', start: 'node server.js' },
      dependencies: { express: '5.1.0' },
      devDependencies: { vite: '7.1.9' },
    },
    holds: ['package-lock.json', 'server.js', 'index.html'],
    config: { env: { VITE_API_URL: '/api' } },
  },
  'node-case-12-postinstall': {
    json: { ...server, scripts: { ...server.scripts, postinstall: 'node scripts/make.js' } },
    holds: ['package-lock.json', 'scripts/make.js', 'server.js'],
  },
  'node-case-12-husky': {
    json: {
      ...server,
      scripts: { ...server.scripts, prepare: 'husky' },
      devDependencies: { husky: '9.1.7' },
    },
    holds: ['package-lock.json', 'server.js'],
  },
  'node-case-12-prisma': {
    json: {
      ...server,
      scripts: { ...server.scripts, postinstall: 'prisma generate' },
      devDependencies: { prisma: '6.16.3' },
    },
    holds: ['package-lock.json', 'prisma/schema.prisma', 'server.js'],
  },
  'node-next-standalone': {
    json: { scripts: { build: 'next build', start: 'next start' }, dependencies: { next: '15.5.4' } },
    holds: ['package-lock.json', 'public/logo.svg'],
    texts: { 'next.config.mjs': "export default { output: 'standalone' };" },
  },
  'node-next': {
    json: { scripts: { build: 'next build', start: 'next start' }, dependencies: { next: '15.5.4' } },
    holds: ['package-lock.json'],
  },
  'node-astro': {
    json: {
      scripts: { build: 'astro build', start: 'astro dev' },
      dependencies: { astro: '5.14.1', '@astrojs/node': '9.4.4' },
    },
    holds: ['package-lock.json'],
    texts: { 'astro.config.mjs': 'adapter: node({ mode: "standalone" })' },
  },
  'node-build-secrets': {
    json: compiled,
    holds: ['src/index.ts', '.npmrc'],
    texts: { 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" },
    config: { buildSecrets: { NPM_TOKEN: 'npm-token', SENTRY_AUTH_TOKEN: 'sentry' } },
  },
  'node-config-wins': {
    json: compiled,
    holds: ['package-lock.json'],
    config: { install: 'npm ci', build: 'npx tsc -p .', command: 'node out/main.js', version: '24' },
  },
};

describe('the Dockerfile of a source of Node.js', () => {
  it.each(Object.entries(GOLDEN))('%s', async (name, source) => {
    await expect(written(source)).toMatchFileSnapshot(`golden/${name}.Dockerfile`);
  });

  it('is refused where no base image has the version that package.json asks for', () => {
    const source = { json: { ...server, engines: { node: '12.x' } }, holds: ['server.js'] };
    expect(() => written(source)).toThrow(/this version of node \(12\.x, by engines of package\.json\)/);
  });
});

describe('reported cases of Node.js', () => {
  const planOf = (json: object, config: object = {}): StepsPlan => {
    const tree = treeOf({ 'package.json': JSON.stringify(json), 'package-lock.json': '', 'server.js': '' });
    const plan = detect(tree, parseServiceConfig(JSON.stringify({ port: 8080, ...config })));
    if (plan.kind !== 'steps') throw new Error('not built by steps');
    return plan;
  };
  const argvs = (steps: StepsPlan['install']): readonly string[] => steps.map(({ argv }) => argv.join(' '));

  it('11: a build has its development dependencies, and what runs has not', () => {
    const plan = planOf(compiled, { build: 'npm run build' });
    expect(argvs(plan.install)).toEqual(['npm ci --include=dev']);
    expect(argvs(plan.prune)).toEqual(['npm prune --omit=dev --ignore-scripts']);
    expect(plan.env).not.toHaveProperty('NODE_ENV');
    expect(plan.runEnv).toMatchObject({ NODE_ENV: 'production' });
  });

  it('12: prepare: husky is left out, for it fails without its development dependency', () => {
    const scripts = { ...server.scripts, prepare: 'husky' };
    const plan = planOf({ ...server, scripts, devDependencies: { husky: '9.1.7' } });
    expect(argvs(plan.install)).toEqual(['npm pkg delete scripts.prepare', 'npm ci --omit=dev']);
    expect(plan.installNeedsSource).toBe(false);
  });

  it('12: what is pruned runs no script again, whose tools would be gone', () => {
    const scripts = { ...server.scripts, postinstall: 'prisma generate' };
    const plan = planOf({ ...server, scripts, devDependencies: { prisma: '6.16.3' } });
    expect(argvs(plan.install)).toEqual(['npm ci --include=dev']);
    expect(argvs(plan.prune)).toEqual(['npm prune --omit=dev --ignore-scripts']);
  });

  it('12: a script that needs the source has it', () => {
    const scripts = { ...server.scripts, postinstall: 'node scripts/make.js' };
    expect(planOf({ ...server, scripts }).installNeedsSource).toBe(true);
  });

  const locked = (name: string, text = ''): StepsPlan => {
    const files = { 'package.json': JSON.stringify(server), 'server.js': '', [name]: text };
    return detect(treeOf(files), parseServiceConfig('{"port":8080}')) as StepsPlan;
  };

  it.each([
    ['pnpm-lock.yaml', "lockfileVersion: '6.0'\n", 'pnpm@8.15.9', 'pnpm install --frozen-lockfile --prod'],
    [
      'yarn.lock',
      '# yarn lockfile v1\n',
      'yarn@1.22.22',
      'yarn install --non-interactive --frozen-lockfile --production',
    ],
    ['yarn.lock', '__metadata:\n  version: 6\n', '@yarnpkg/cli-dist@3.8.7', 'yarn install --immutable'],
    ['bun.lockb', '', 'bun@1.4.5', 'bun install --frozen-lockfile --production'],
  ])('14: %s alone is installed by its own tool, locked', (name, text, tool, install) => {
    const plan = locked(name, text);
    expect(argvs(plan.setUp)).toEqual([`npm install --global ${tool}`]);
    expect(argvs(plan.install)).toEqual([install]);
    expect(plan.manifests).toContain(name);
  });

  it('14: a lock file without its package.json is refused', () => {
    const files = { 'pnpm-lock.yaml': '', 'server.js': '' };
    const refused = (): unknown =>
      detect(treeOf(files), parseServiceConfig('{"runtime":"node","port":8080}'));
    expect(refused).toThrow(/runtime: pnpm-lock\.yaml lies at the root, and the package\.json/);
  });
});

it('a manifest in a folder such as [slug] was copied by a pattern, which names another file or none', () => {
  const json = { ...server, workspaces: ['apps/*'] };
  for (const folder of ['apps/[slug]', 'apps/$HOME', "apps/it's", 'apps/*']) {
    const dockerfile = written({
      json,
      holds: ['package-lock.json', 'server.js'],
      texts: { [`${folder}/package.json`]: '{}' },
    });
    expect(dockerfile, folder).not.toContain('package.json');
    expect(dockerfile.indexOf('COPY --chown'), folder).toBeLessThan(dockerfile.indexOf('"npm","ci"'));
  }
});
