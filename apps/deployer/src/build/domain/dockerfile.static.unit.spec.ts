import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { detect, treeOf } from '#libs/source-detect';
import { writeDockerfile } from './dockerfile.js';

const images = { byRuntime: { python: 'py:3', node: 'node:24', static: 'nginx:1' }, legacy: {} };

type Files = Readonly<Record<string, string>>;

function write(files: Files, config: object = {}) {
  const parsed = parseServiceConfig(JSON.stringify({ runtime: 'static', port: 8080, ...config }));
  const written = writeDockerfile(detect(treeOf(files), parsed), {
    config: parsed,
    images,
    cacheMounts: false,
  });
  return { dockerfile: written?.dockerfile ?? '', conf: written?.extraFiles['.slipway/nginx.conf'] ?? '' };
}

const golden = (name: string): string => `./golden/${name}`;

describe('the image of a site', () => {
  it.each<readonly [string, Files, object]>([
    ['static-as-it-is', { 'index.html': '' }, {}],
    ['static-one-folder', { 'public/index.html': '', 'README.md': '' }, {}],
    [
      'static-fallback',
      { 'dist/index.html': '', 'dist/200.html': '' },
      { output: 'dist', fallback: '200.html' },
    ],
    ['static-mkdocs', { 'mkdocs.yml': '', 'requirements.txt': 'mkdocs', 'docs/index.md': '' }, {}],
    [
      'static-build-secrets',
      { 'make.sh': '' },
      { build: 'sh make.sh', output: 'out', buildSecrets: { FONTS_TOKEN: 'fonts' } },
    ],
    ['static-script', { 'make.sh': '' }, { build: 'sh make.sh', output: 'out' }],
  ])('%s', async (name, files, config) => {
    await expect(write(files, config).dockerfile).toMatchFileSnapshot(golden(`${name}.Dockerfile`));
  });

  it('config.json, and what Slipway adds, were given out to visitors: they are removed from the root', () => {
    expect(write({ 'index.html': '' }).dockerfile).toContain('rm -rf .slipway Dockerfile config.json;');
    // One of the site's own.
    expect(
      write({ 'dist/index.html': '', 'dist/config.json': '' }, { output: 'dist' }).dockerfile,
    ).not.toContain('rm -rf');
  });
});

describe('the configuration of its web server', () => {
  it('of a plain site', async () => {
    await expect(write({ 'index.html': '' }).conf).toMatchFileSnapshot(golden('static-as-it-is.nginx.conf'));
  });

  it('with all that config.json can say of it', async () => {
    const config = {
      fallback: 'index.html',
      headers: {
        '/*': { 'X-Frame-Options': 'DENY', 'Content-Security-Policy': "default-src 'self'" },
        '/embed/*': { 'X-Frame-Options': 'SAMEORIGIN', 'Cache-Control': 'max-age=60' },
      },
      redirects: [
        { from: '/old', to: '/new' },
        { from: '/blog/*', to: 'https://blog.example.org/*', status: 308 },
      ],
    };
    await expect(write({ 'index.html': '' }, config).conf).toMatchFileSnapshot(
      golden('static-all.nginx.conf'),
    );
  });

  it('takes no value of config.json for its own language', () => {
    const hostile = '"; } } server { listen 81; } # ${request_uri} \\';
    const { conf } = write({ 'index.html': '' }, { headers: { '/*': { 'X-A': hostile } } });
    const [line = ''] = conf.split('\n').filter((one) => one.includes('listen 81'));
    const word = String.raw`"\"; } } server { listen 81; } # ` + '${dollar}{request_uri} ' + String.raw`\\";`;
    expect(line.trim()).toBe(String.raw`"~^\\/.*$" ` + word);
    expect(conf.split('\n').filter((one) => /^\s*server \{/.test(one))).toHaveLength(1);
  });
});
