import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderTree, packDirectory } from '#libs/archive';
import { parseServiceConfig } from '#libs/contracts';
import { connectEngine, type Engine } from '#libs/engine';
import { detect } from '#libs/source-detect';
import { DOCKER_SOCKET, SshPool } from '#libs/ssh';
import { requireEnv, sshTargetOf, testNodes, uniqueName, until } from '#libs/testing';
import { writeDockerfile } from './domain/dockerfile.js';

/** Sites as they are built and given out, by the web server of the base image itself. */

const byRuntime = Object.fromEntries(
  requireEnv('BASE_IMAGES')
    .split(',')
    .map((pair) => pair.split('=') as [string, string]),
);
const label = { 'slipway.test': uniqueName('site') };
const tags: string[] = [];
const folders: string[] = [];
const ssh = new SshPool();
let engine: Engine;
let host: string;

beforeAll(async () => {
  const [node] = await testNodes();
  host = node.address;
  const socketPath = node.dockerSocket ?? DOCKER_SOCKET;
  engine = connectEngine({ ssh, target: sshTargetOf(node), socketPath });
});
afterAll(async () => {
  for (const { id } of await engine.list({ labels: label })) await engine.remove(id);
  for (const tag of tags) await engine.removeImage(tag);
  for (const folder of folders) rmSync(folder, { recursive: true });
  await engine.close();
  await ssh.close();
});

type Files = Readonly<Record<string, string | Buffer>>;

async function build(files: Files, config: object, onOutput?: (line: string) => void): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-site-'));
  folders.push(directory);
  for (const [name, content] of Object.entries({ ...files, 'config.json': 'SECRET' })) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  const parsed = parseServiceConfig(JSON.stringify({ runtime: 'static', port: 8080, ...config }));
  const plan = detect(await folderTree(directory), parsed);
  const parts = { config: parsed, images: { byRuntime, legacy: {} }, cacheMounts: false };
  const written = writeDockerfile(plan, parts);
  const extraFiles = { ...written?.extraFiles, Dockerfile: written?.dockerfile ?? '' };
  const tag = `${uniqueName('site')}:1`;
  tags.push(tag);
  await engine.build({ context: packDirectory(directory, { extraFiles }), tag, labels: label, onOutput });
  return tag;
}

let port = 20_000 + Math.floor(Math.random() * 9_000);

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  readonly bytes: Buffer;
}

type Get = (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;

/** Builds and starts the site, and gives what asks it; the path is sent as it is. */
async function serve(files: Files, config: object = {}): Promise<Get> {
  const image = await build(files, config);
  const hostPort = port++;
  const id = await engine.createContainer({
    ...{ name: uniqueName('site'), image, env: {}, labels: label, containerPort: 8080, hostPort },
    ...{ memoryMiB: 64, cpu: 0.5 },
  });
  await engine.start(id);
  const get: Get = (path, headers = {}) =>
    new Promise((resolve, reject) => {
      request({ host, port: hostPort, path, headers }, (answer) => {
        const { statusCode: status, headers: received } = answer;
        buffer(answer).then(
          (bytes) => resolve({ status, headers: received, body: bytes.toString(), bytes }),
          reject,
        );
      })
        .on('error', reject)
        .end();
    });
  await until('the site answers', () => get('/').then(Boolean, () => false));
  return get;
}

const HOSTILE = 'a"; } } # $request_uri ${uri} \\ {';

const PAGE = '<h1>Ebb</h1>'.repeat(9);

describe('reported: a file that lies compressed beside another (.br) was never given out', () => {
  let get: Get;
  beforeAll(async () => {
    const files = { 'index.html': PAGE, 'tide.html': PAGE, 'tide.css': 'b{}', 'alone.css': 'i{}' };
    const names = ['index.html', 'tide.html', 'tide.css'] as const;
    const packed = names.map((name) => [`${name}.br`, brotliCompressSync(files[name])] as const);
    get = await serve({ ...files, ...Object.fromEntries(packed) });
  });

  const HTML = 'text/html; charset=utf-8';
  it.each([
    ['/', 'gzip, br', HTML],
    ['/tide', 'br;q=0.9', HTML],
    ['/tide.css', 'gzip, deflate, br, zstd', 'text/css; charset=utf-8'],
  ])('%s to who takes %s', async (path, accepted, type) => {
    const { status, headers, bytes } = await get(path, { 'accept-encoding': accepted });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': type,
      'content-encoding': 'br',
      vary: 'Accept-Encoding',
    });
    expect(brotliDecompressSync(bytes).toString()).toBe(path === '/tide.css' ? 'b{}' : PAGE);
  });

  it.each([
    ['/', 'gzip'],
    ['/', 'br;q=0, gzip'],
    ['/alone.css', 'br'],
    ['/tide.css.br', 'br'],
  ])('%s as it lies there to who takes %s', async (path, accepted) => {
    const { status, headers } = await get(path, { 'accept-encoding': accepted });
    expect(status).toBe(200);
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers).toMatchObject({ vary: 'Accept-Encoding' });
  });
});

describe('a site as it is', () => {
  let get: Get;
  beforeAll(async () => {
    get = await serve(
      {
        ...{ 'index.html': '<h1>Grüße</h1>', 'about.html': 'about', 'docs/index.html': 'docs' },
        ...{ '404.html': 'nothing here', '.env': 'SECRET', 'empty/data.bin': '\0' },
        ...{ '.well-known/security.txt': 'Contact:', '.well-known/acme-challenge/token': 'token' },
        ...{ '.well-known/apple-app-site-association': '{}', '.well-known/.hidden': 'SECRET' },
        ...{ 'a.mjs': 'export {};', 'a.wasm': '', 'a.webmanifest': '{}', 'a.avif': '', 'a.woff2': '' },
        ...{ 'a.svg': '<svg/>', 'a.json': '{}', 'a.md': '# a' },
        ...{ 'big.css': 'a'.repeat(5_000), 'ready.js': 'plain', 'ready.js.gz': gzipSync('compressed') },
        ...{ 'assets/index-DiwrgTda.js': '', 'assets/photo-original.jpg': '', 'main.1a2b3c4d.css': '' },
      },
      {
        headers: {
          '/*': { 'X-Frame-Options': 'DENY', 'X-Hostile': HOSTILE },
          '/docs/*': { 'X-Frame-Options': 'SAMEORIGIN', 'Cache-Control': 'max-age=5' },
        },
        redirects: [
          { from: '/old', to: '/new' },
          { from: '/blog/*', to: '/posts/*', status: 302 },
          { from: '/blog/never', to: '/shadowed', status: 308 },
          { from: '/up/*', to: '/*', status: 302 },
          { from: '/away/*', to: 'https://example.org/*', status: 308 },
          { from: '/asked', to: '/x?a=1', status: 307 },
        ],
      },
    );
  });

  it.each<readonly [string, number, string]>([
    ['/', 200, '<h1>Grüße</h1>'],
    ['/about', 200, 'about'],
    ['/about.html', 200, 'about'],
    ['/docs/', 200, 'docs'],
    ['/.well-known/security.txt', 200, 'Contact:'],
    ['/.well-known/acme-challenge/token', 200, 'token'],
    ['/nothing', 404, 'nothing here'],
    ['/nothing.js', 404, 'nothing here'],
    ['/empty/', 404, 'nothing here'],
    ['/.env', 404, 'nothing here'],
    ['/%2eenv', 404, 'nothing here'],
    ['/.well-known/.hidden', 404, 'nothing here'],
    ['/config.json', 404, 'nothing here'],
    ['/.slipway/nginx.conf', 404, 'nothing here'],
    ['/Dockerfile', 404, 'nothing here'],
  ])('GET %s: %i', async (path, status, body) => {
    expect(await get(path)).toMatchObject({ status, body });
  });

  it.each<readonly [string, string]>([
    ['/', 'text/html; charset=utf-8'],
    ['/big.css', 'text/css; charset=utf-8'],
    ['/a.mjs', 'application/javascript; charset=utf-8'],
    ['/a.wasm', 'application/wasm'],
    ['/a.webmanifest', 'application/manifest+json'],
    ['/a.avif', 'image/avif'],
    ['/a.woff2', 'font/woff2'],
    ['/a.svg', 'image/svg+xml; charset=utf-8'],
    ['/a.json', 'application/json'],
    ['/a.md', 'text/markdown; charset=utf-8'],
    ['/.well-known/acme-challenge/token', 'text/plain; charset=utf-8'],
    ['/.well-known/apple-app-site-association', 'application/json'],
  ])('%s is %s', async (path, type) => {
    expect((await get(path)).headers['content-type']).toBe(type);
  });

  it('case 23: a folder without its slash led to the port within the container', async () => {
    const { status, headers } = await get('/docs?a=1');
    expect([status, headers['location']]).toEqual([301, '/docs/?a=1']);
  });

  it.each<readonly [string, number, string]>([
    ['/old', 301, '/new'],
    ['/old?a=1&b', 301, '/new?a=1&b'],
    ['/blog/2024/a?b=c', 302, '/posts/2024/a?b=c'],
    ['/blog/never', 302, '/posts/never'],
    ['/blog/', 302, '/posts/'],
    ['/away/a/b', 308, 'https://example.org/a/b'],
    ['/asked?b=2', 307, '/x?a=1'],
    ['/blog/%0d%0aSet-Cookie:a', 302, '/posts/%0d%0aSet-Cookie:a'],
    ['/up//evil.example/', 302, '/evil.example/'],
    ['/up/\\evil.example/', 302, '/evil.example/'],
    ['/up/%5cevil.example/', 302, '/%5cevil.example/'],
  ])('%s leads with %i to %s', async (path, status, location) => {
    const answer = await get(path);
    expect([answer.status, answer.headers['location']]).toEqual([status, location]);
  });

  it('has the headers that config.json names, whatever they hold', async () => {
    const { headers } = await get('/');
    expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'x-hostile': HOSTILE });
    expect((await get('/docs/')).headers).toMatchObject({
      'x-frame-options': 'SAMEORIGIN',
      'cache-control': 'max-age=5',
    });
    expect((await get('/nothing')).headers).toMatchObject({ 'x-frame-options': 'DENY' });
    expect(headers['server']).toBe('nginx');
  });

  it.each<readonly [string, string | undefined]>([
    ['/', 'no-cache'],
    ['/big.css', 'no-cache'],
    ['/assets/photo-original.jpg', 'no-cache'],
    ['/assets/index-DiwrgTda.js', 'public, max-age=31536000, immutable'],
    ['/main.1a2b3c4d.css', 'public, max-age=31536000, immutable'],
    ['/assets/index-DiwrgTdX.js', undefined],
  ])('%s is kept by %s', async (path, kept) => {
    expect((await get(path)).headers['cache-control']).toBe(kept);
  });

  it('is asked for again by its tag', async () => {
    const { headers } = await get('/');
    const again = await get('/', { 'if-none-match': headers['etag'] as string });
    expect([again.status, again.body]).toEqual([304, '']);
  });

  it('compresses texts, and takes what is compressed already', async () => {
    const accepting = { 'accept-encoding': 'gzip' };
    expect((await get('/big.css', accepting)).headers).toMatchObject({
      'content-encoding': 'gzip',
      vary: 'Accept-Encoding',
    });
    expect((await get('/ready.js', accepting)).headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-length': String(gzipSync('compressed').length),
      'content-type': 'application/javascript; charset=utf-8',
    });
    expect((await get('/ready.js')).body).toBe('plain');
  });
});

it('case 23: a path that an application reads in the browser was not found: its fallback is given', async () => {
  const files = {
    'dist/index.html': 'app',
    'dist/a.js': '',
    'dist/media/a.png': '',
    'dist/config.json': '{}',
  };
  const get = await serve(files, { output: 'dist', fallback: 'index.html' });
  for (const path of ['/', '/login', '/users/jane.doe', '/media/', '/index.html'])
    expect(await get(path)).toMatchObject({
      status: 200,
      body: 'app',
      headers: { 'cache-control': 'no-cache' },
    });
  for (const path of ['/b.js', '/media/b.png', '/.env', '/.well-known/security.txt'])
    expect((await get(path)).status).toBe(404);
  // Of the application itself; the one beside it is Slipway's.
  expect(await get('/config.json')).toMatchObject({ status: 200, body: '{}' });
});

it('a changed page of the same size was taken for the same: all files of an archive have one time', async () => {
  const first = await serve({ 'index.html': 'one' });
  const { headers } = await first('/');
  // The web server tells times of change apart by the second.
  await until('the next second', () => Date.now() >= Date.parse(String(headers['last-modified'])) + 1_000);
  const second = await serve({ 'index.html': 'two' });
  const asked = {
    'if-none-match': headers['etag'] as string,
    'if-modified-since': headers['last-modified'] as string,
  };
  expect(await second('/', asked)).toMatchObject({ status: 200, body: 'two' });
});

describe('a site that is built', () => {
  it('gives out what its build makes, and nothing else', async () => {
    const files = {
      'make.sh': 'mkdir out && umask 077 && echo "$GREETING" > out/index.html',
      'secret.txt': '',
    };
    const get = await serve(files, { build: 'sh make.sh', output: 'out', env: { GREETING: 'built' } });
    expect(await get('/')).toMatchObject({ status: 200, body: 'built\n' });
    expect((await get('/secret.txt')).status).toBe(404);
    expect((await get('/make.sh')).status).toBe(404);
  });

  it.each<readonly [string, string, object, string]>([
    [
      'no such folder',
      'mkdir other',
      {},
      'config.json: output: the build made no folder out; there are: other/',
    ],
    [
      'no page',
      'mkdir out && touch out/a.js',
      {},
      'config.json: output: the build made no index.html in out; it holds: a.js',
    ],
    [
      'no such fallback',
      'mkdir out && touch out/index.html',
      { fallback: '200.html' },
      'config.json: fallback: the build made no 200.html in out; it holds: index.html',
    ],
  ])('fails where it makes %s, and says so', async (_what, script, config, sentence) => {
    const lines: string[] = [];
    const built = build({ 'make.sh': script }, { build: 'sh make.sh', output: 'out', ...config }, (line) =>
      lines.push(line),
    );
    await expect(built).rejects.toMatchObject({ code: 'BUILD_FAILED' });
    expect(lines.join('\n')).toContain(sentence);
  });
});
