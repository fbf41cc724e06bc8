import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { detect, findingsText, SourceRefusal, type StepsPlan, treeOf } from '../index.js';

type Files = Readonly<Record<string, string>>;

const detected = (files: Files, config: object = {}): StepsPlan => {
  const parsed = parseServiceConfig(JSON.stringify({ runtime: 'static', port: 8080, ...config }));
  const plan = detect(treeOf(files), parsed);
  if (plan.kind !== 'steps') throw new Error(plan.kind);
  return plan;
};
const explained = (files: Files, config?: object): string => findingsText(detected(files, config).found);

function refusal(files: Files, config?: object): SourceRefusal {
  try {
    detected(files, config);
  } catch (error) {
    if (error instanceof SourceRefusal) return error;
    throw error;
  }
  throw new Error('not refused');
}

const vite: Files = {
  'package.json': JSON.stringify({ scripts: { build: 'vite build' }, devDependencies: { vite: '7' } }),
  'package-lock.json': '',
  'index.html': '<script src=/src/main.js>',
};

describe('a site that lies there as it is', () => {
  it.each<readonly [string, Files, object, string, string]>([
    ['at the root', { 'index.html': '' }, {}, '.', 'static, by config.json'],
    ['with a page of the older kind', { 'index.htm': '' }, {}, '.', 'static, by config.json'],
    [
      'in the one folder that has a page',
      { 'public/index.html': '', 'README.md': '' },
      {},
      'public',
      'static, by config.json; serves public, by public/index.html',
    ],
    [
      'in the folder that config.json names',
      { 'a/index.html': '', 'index.html': '' },
      { output: 'a' },
      'a',
      'static, by config.json; serves a, by config.json',
    ],
    [
      'beside a manifest that only formats it',
      { 'index.html': '', 'package.json': '{"devDependencies":{"prettier":"3"}}' },
      {},
      '.',
      'static, by config.json',
    ],
    [
      'pushed as its tool built it',
      { ...vite, 'dist/index.html': '' },
      { output: 'dist' },
      'dist',
      'static, by config.json; serves dist, by config.json',
    ],
  ])('%s', (_what, files, config, folder, text) => {
    const plan = detected(files, config);
    expect(plan.site?.folder).toBe(folder);
    expect([...plan.install, ...plan.build]).toEqual([]);
    expect(explained(files, config)).toBe(text);
  });

  it('is refused without a page, before it is built, with the folders that have one', () => {
    const found = refusal({ 'web/app/index.html': '', 'docs/api/v1/index.html': '' });
    expect(found.message).toBe(
      'config.json: output: the root of the source holds no index.html, so the site would have no first page',
    );
    expect(found.hint).toBe('Name the folder that is served, such as "web/app" or "docs/api/v1".');
    expect(refusal({ 'style.css': '' }).hint).toMatch(/^Add an index.html/);
    expect(refusal({ 'index.html': '' }, { output: 'dist' }).message).toMatch(
      /^config.json: output: dist holds no/,
    );
  });

  it('is refused where two folders may be meant', () => {
    expect(refusal({ 'docs/index.html': '', 'public/index.html': '' }).hint).toContain('"docs" or "public"');
  });

  it.each<Files>([{ 'index.html': '' }, { ...vite, 'dist/index.html': '' }])(
    'what it installs was ignored without a word: %o',
    (files) => {
      const output = 'package.json' in files ? 'dist' : undefined;
      expect(refusal(files, { install: 'npm ci', output }).message).toBe(
        'config.json: install: nothing of this site is built, so nothing would use what it installs',
      );
    },
  );

  it('needs no first page where it leads elsewhere', () => {
    const redirects = [{ from: '/', to: '/en/' }];
    expect(detected({ 'en/index.html': '' }, { redirects, output: '.' }).site?.pages).toEqual([]);
  });

  it('is refused where its fallback is not there', () => {
    expect(refusal({ 'index.html': '' }, { fallback: '200.html' }).message).toBe(
      'config.json: fallback: the root of the source holds no such page',
    );
  });
});

describe('case 16: a site that has to be built was given out as its sources, a white page', () => {
  it('by the tool of its front end, with its development dependencies and its folder', () => {
    const plan = detected(vite);
    expect(explained(vite)).toMatch(/^static, by config.json; built with node, by package.json; npm/);
    expect(explained(vite)).toMatch(
      /; vite, which builds dist, by package.json; serves dist, by what its tool builds$/,
    );
    expect(plan.base).toMatchObject({ runtime: 'node' });
    expect(plan.site).toMatchObject({ folder: 'dist', base: { runtime: 'static' } });
    expect(plan.build.map(({ argv }) => argv.join(' '))).toEqual(['npm run build']);
  });

  it('also where config.json does not say that it is one', () => {
    expect(explained(vite, { runtime: undefined })).toMatch(/^static, by package.json; built with node/);
  });

  it('into another folder, with another command, where config.json says so', () => {
    const plan = detected(vite, { build: 'npx vite build --outDir x', output: 'x', version: '1.28' });
    expect(plan.build.map(({ argv }) => argv.join(' '))).toEqual(['npx vite build --outDir x']);
    expect(plan.site).toMatchObject({ folder: 'x', base: { runtime: 'static', version: { text: '1.28' } } });
    expect(plan.base).toEqual({ runtime: 'node' });
  });

  it('is refused where nothing shows the folder, or what builds it', () => {
    const script = { 'package.json': '{"scripts":{"build":"node make.js"}}', 'make.js': '' };
    expect(refusal(script)).toMatchObject({ field: 'output' });
    expect(detected(script, { output: 'public' }).site?.folder).toBe('public');
    const without = { 'package.json': '{"devDependencies":{"vite":"7"}}', 'index.html': '' };
    expect(refusal(without).message).toBe(
      'config.json: build: package.json has no script "build", and depends on vite, which builds dist',
    );
  });

  it('by the tools of Python', () => {
    const mkdocs = { 'mkdocs.yml': '', 'requirements.txt': 'mkdocs', 'docs/index.md': '' };
    expect(explained(mkdocs)).toBe(
      'static, by config.json; built with python, by mkdocs.yml; pip, by requirements.txt; builds with mkdocs build, by mkdocs.yml; serves site, by mkdocs.yml',
    );
    const sphinx = detected({
      'docs/conf.py': '',
      'docs/requirements.txt': '',
      'requirements.txt': 'sphinx',
    });
    expect(sphinx.site?.folder).toBe('docs/_build/html');
  });

  it.each(['Pipfile.lock', 'pylock.toml', 'setup.cfg'])(
    'without a look at %s it was built in the image of the web server, which has no Python',
    (manifest) => {
      const plan = detected({ [manifest]: '', 'make.py': '' }, { build: 'python make.py', output: 'out' });
      expect(plan.base).toMatchObject({ runtime: 'python' });
      expect(explained({ [manifest]: '' }, { build: 'python make.py', output: 'out' })).toContain(
        `built with python, by ${manifest}`,
      );
    },
  );

  it('by a script without a manifest', () => {
    const plan = detected({ 'make.sh': '' }, { build: 'sh make.sh', output: 'out' });
    expect(plan.base).toEqual({ runtime: 'static', version: undefined });
    expect(plan.build).toEqual([{ argv: ['sh', 'make.sh'] }]);
  });
});
