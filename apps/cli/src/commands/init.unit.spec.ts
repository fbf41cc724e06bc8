import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { TestFolder } from '../adapters/service-folder.testing.js';
import { Output } from '../output.js';
import { init } from './init.js';

let folder: TestFolder;
beforeEach(async () => {
  folder = await TestFolder.make();
});
afterEach(() => folder.remove());

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder.path, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

const inFolder = (name = ''): string => join(folder.path, name);
const read = (name: string): Promise<string> => readFile(inFolder(name), 'utf8');

async function initOf(
  name: string,
  flags: Omit<Parameters<typeof init>[0], 'directory'> = {},
): Promise<string> {
  const said: string[] = [];
  const stream = { write: (text: string) => said.push(text) } as never;
  const output = new Output({ json: false, out: stream, err: stream });
  expect(await init({ directory: inFolder(name), ...flags }, output)).toBe(0);
  return said.join('').replaceAll(folder.path, 'FOLDER');
}

const server = `const app = require('express')();
app.get('/health', (_, answer) => answer.send('ok'));
app.listen(process.env.PORT || 3000);
`;
const manifest = JSON.stringify({ dependencies: { express: '4' }, scripts: { start: 'node server.js' } });

describe('slipway init', () => {
  it('named a Dockerfile in a folder, and had no flag for it', async () => {
    await write({ 'shop/docker/Dockerfile': 'FROM a\nEXPOSE 9000\n', 'shop/notes.md': '' });
    await expect(initOf('shop')).rejects.toMatchObject({
      next: `slipway init ${inFolder('shop')} --dockerfile docker/Dockerfile`,
    });
    await initOf('shop', { dockerfile: 'docker/Dockerfile' });
    expect(parseServiceConfig(await read('shop/config.json'))).toMatchObject({
      port: 9000,
      dockerfile: 'docker/Dockerfile',
    });
  });

  it('left whoever has a .env to find out that it is not sent: it names its variables, and no value', async () => {
    await write({ 'api/server.js': server, 'api/package.json': manifest, 'api/.env': 'API_TOKEN=hunter2\n' });
    await initOf('api');
    const text = await read('api/config.json');
    expect(text).toContain('// .env is not sent. ');
    expect(text).toContain('// "secrets": { "API_TOKEN": "api-token" },');
    expect(text).not.toContain('hunter2');
  });

  it('writes a config.json with comments that say by what each field was found, and what to do next', async () => {
    await write({ 'api/server.js': server, 'api/package.json': manifest });
    const said = await initOf('api', { command: 'node server.js' });
    expect(said).toMatch(/^✔ wrote FOLDER\/api\/config\.json: node, by package\.json.*; port 3000\n/);
    expect(said).toContain('next: slipway deploy FOLDER/api --app api\n');
    const text = await read('api/config.json');
    expect(text.split('\n').slice(0, 10)).toEqual([
      '// Written by slipway init. docs/reference/config-json.md describes every field.',
      '{',
      '  // by package.json',
      '  "runtime": "node",',
      '  // by server.js, line 3; the service finds it in the variable PORT',
      '  "port": 3000,',
      '  // by the command line',
      '  "command": ["node", "server.js"],',
      '  // by server.js, line 2',
      '  "health": { "path": "/health" },',
    ]);
    expect(parseServiceConfig(text)).toMatchObject({
      ...{ runtime: 'node', port: 3000, command: ['node', 'server.js'], health: { path: '/health' } },
    });
  });

  it('says in the file that no health path was found, and leaves it out', async () => {
    await write({ 'a/Dockerfile': 'FROM scratch\nEXPOSE 9000\n' });
    await initOf('a');
    const text = await read('a/config.json');
    expect(text).toContain('// No health path was found');
    expect(parseServiceConfig(text)).toMatchObject({ runtime: 'dockerfile', port: 9000 });
    expect(parseServiceConfig(text).health).toBeUndefined();
  });

  it.each([
    ['a Dockerfile without EXPOSE', { Dockerfile: 'FROM scratch\n' }, 'the Dockerfile has no EXPOSE'],
    ['a source that names no port', { 'package.json': manifest, 'server.js': '' }, 'no file names a port'],
  ])('%s got port 8080 without a word: the command and the file say why', async (_, files, why) => {
    await write(Object.fromEntries(Object.entries(files).map(([name, text]) => [`a/${name}`, text])));
    const said = `port 8080 (${why}: correct it if the service listens on another port)\n`;
    expect(await initOf('a')).toContain(said);
    expect(await read('a/config.json')).toContain(
      `// ${why}: the service finds it in the variable PORT\n  "port": 8080,`,
    );
  });

  it('says no more of the port where the web server listens on any, or a file names it', async () => {
    await write({ 'a/index.html': '<!doctype html>', 'b/Dockerfile': 'FROM scratch\nEXPOSE 9000\n' });
    expect(await initOf('a')).toContain('; port 8080\n');
    expect(await initOf('b')).toContain('; port 9000\n');
  });

  it('gave a worker a port, which it never listened on: by its Procfile it has none', async () => {
    await write({
      'a/Procfile': 'release: python db.py\nworker: python count.py\n',
      'a/count.py': '',
      'a/requirements.txt': '',
    });
    expect(await initOf('a')).toContain('; no port\n');
    const text = await read('a/config.json');
    expect(text).toContain('// No port: nothing in it serves one, so it is a worker.');
    expect(text).not.toContain('health path');
    expect(parseServiceConfig(text)).toMatchObject({ runtime: 'python' });
    expect(parseServiceConfig(text).port).toBeUndefined();
  });

  it('left migrations and SQLite to be found out by an error: config.json has them as comments', async () => {
    await write({
      'a/requirements.txt': 'flask\nflask-migrate\n',
      'a/app.py': "from flask import Flask\napp = Flask(__name__)\nURI = 'sqlite:///app.db'\n",
      'a/migrations/env.py': '',
    });
    await initOf('a');
    const text = await read('a/config.json');
    expect(text).toContain('  // "release": "flask db upgrade",\n');
    expect(text).toContain('  // It uses SQLite, by app.py.');
    expect(text).toContain('  // "volumes": [{ "name": "data", "path": "/app/data" }],\n');
    expect(text).toContain('  // Found out anew at each deployment:\n  // - python, by requirements.txt\n');
    expect(parseServiceConfig(text).release).toBeUndefined();
  });

  it('proposes the release process of a Procfile, with a shell where its line needs one', async () => {
    for (const [folder, line] of [
      ['a', './migrate --all'],
      ['b', 'flask db upgrade && flask seed'],
    ] as const)
      await write({
        [`${folder}/Procfile`]: `web: python app.py\nrelease: ${line}\n`,
        [`${folder}/app.py`]: '',
      });
    await initOf('a');
    await initOf('b');
    expect(await read('a/config.json')).toContain('// "release": "./migrate --all",\n');
    expect(await read('b/config.json')).toContain(
      '// "release": ["sh", "-c", "flask db upgrade && flask seed"],\n',
    );
  });

  it('never writes over a config.json, unless that is asked for', async () => {
    await write({ 'a/index.html': '<!doctype html>', 'a/config.json': '{"runtime": "static", "port": 1}' });
    await expect(initOf('a')).rejects.toMatchObject({ code: 'CONFIG_EXISTS', exitCode: 2 });
    expect(await read('a/config.json')).toBe('{"runtime": "static", "port": 1}');
    await initOf('a', { force: true });
    expect(parseServiceConfig(await read('a/config.json')).port).toBe(8080);
  });

  it('says of another program’s config.json whose it is not', async () => {
    await write({ 'a/index.html': '', 'a/config.json': '{"development": {"password": "hunter2"}}' });
    const refused = initOf('a');
    await expect(refused).rejects.toMatchObject({ code: 'CONFIG_EXISTS' });
    await expect(refused).rejects.toThrow(/another program's config\.json lies there: .* no runtime/);
    await expect(refused).rejects.not.toThrow('hunter2');
  });

  it('a folder called config.json was a fault of the command', async () => {
    await write({ 'a/index.html': '', 'a/config.json/x': '' });
    await expect(initOf('a')).rejects.toMatchObject({ code: 'CONFIG_EXISTS', exitCode: 2 });
    await expect(initOf('a', { force: true })).rejects.toThrow(/something that is no file has its name/);
  });

  it('the next command of a folder with a blank in its name could not be typed', async () => {
    await write({ 'my site/index.html': '', 'my notes/notes.txt': '' });
    expect(await initOf('my site')).toContain('next: slipway deploy "FOLDER/my site" --app my-site\n');
    await expect(initOf('my notes')).rejects.toMatchObject({
      next: `slipway init "${inFolder('my notes')}" --runtime python`,
    });
  });

  it('what .env sets for the build of a site was not named, as the tutorial says it is', async () => {
    await write({ 'a/index.html': '', 'a/.env': 'VITE_TITLE=Shop\n' });
    await initOf('a');
    const text = await read('a/config.json');
    expect(text).toContain('// "env": { "VITE_TITLE": "..." },\n');
    expect(text).not.toContain('Shop');
  });

  it('a flag that the source does not use was to be given another value', async () => {
    await write({ 'a/index.html': '' });
    await expect(initOf('a', { command: 'python serve.py' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: 'Remove the field, or name the runtime that uses it: the files show "static".',
      next: undefined,
    });
  });

  it('writes nothing where it cannot tell, and says the field, its line and the flag', async () => {
    await write({ 'a/notes.txt': 'x' });
    await expect(initOf('a')).rejects.toMatchObject({
      code: 'SOURCE_UNCLEAR',
      exitCode: 2,
      message: `${inFolder('a')}: runtime: no file at the root shows what the source is written in`,
      hint: expect.stringContaining('In config.json that is a line such as "runtime": "python".') as string,
      next: `slipway init ${inFolder('a')} --runtime python`,
    });
    await expect(read('a/config.json')).rejects.toThrow('ENOENT');
  });

  it('takes what a flag says instead', async () => {
    await write({ 'a/run.sh': '' });
    await initOf('a', { runtime: 'go', port: 7000, command: 'sh run.sh --now' });
    expect(parseServiceConfig(await read('a/config.json'))).toMatchObject({
      ...{ runtime: 'go', port: 7000, command: ['sh', 'run.sh', '--now'] },
    });
  });

  it('refuses a command that needs a shell, and a runtime that is no name', async () => {
    await write({ 'a/app.py': '' });
    const wrong = initOf('a', { command: 'a && b', runtime: 'No!' });
    await expect(wrong).rejects.toMatchObject({ code: 'USAGE', exitCode: 2 });
    await expect(wrong).rejects.toThrow(/--runtime: .*--command: /);
  });

  it.each([
    ['python3 -m http.server $PORT', /^--command: expected no \$VARIABLE .*; no shell reads this/],
    ['a | b', /^--command: expected no \|, .* outside quotes; no shell reads this/],
    ['', /^--command: expected /],
  ])('said only "Invalid input" of --command %j: it says what config.json would', async (command, says) => {
    await write({ 'a/app.py': '' });
    const wrong = initOf('a', { command });
    await expect(wrong).rejects.toThrow(says);
    await expect(wrong).rejects.not.toThrow('Invalid input');
  });

  it('proposed a command of Python for every runtime: each has its own, as a line and as a flag', async () => {
    await write({ 'a/Cargo.toml': '', 'b/package.json': '{}', 'c/composer.json': '{}' });
    await expect(initOf('a')).rejects.toMatchObject({
      hint: expect.stringContaining('"build": "cargo build --release" and "command": "./target') as string,
      next: `slipway init ${inFolder('a')} --build "cargo build --release" --command ./target/release/app`,
    });
    await expect(initOf('b')).rejects.toMatchObject({
      next: `slipway init ${inFolder('b')} --command "node bin/www"`,
    });
    await expect(initOf('c')).rejects.toMatchObject({
      next: `slipway init ${inFolder('c')} --command "php -S 0.0.0.0:8080 -t public"`,
    });
  });

  it('of a mistyped runtime proposes the one that was meant', async () => {
    await write({ 'a/app.py': '' });
    await expect(initOf('a', { runtime: 'pyhton' })).rejects.toMatchObject({
      hint: expect.stringMatching(/^Is python meant\?/) as string,
      next: `slipway init ${inFolder('a')} --runtime python`,
    });
  });

  it('of the runtime image asks for the image, which a flag gives', async () => {
    await write({ 'a/notes.txt': '' });
    await expect(initOf('a', { runtime: 'image' })).rejects.toMatchObject({
      message: expect.stringContaining('image: the runtime "image" runs what somebody else built') as string,
      next: `slipway init ${inFolder('a')} --runtime image --image nginx:1.28`,
    });
    await initOf('a', { image: 'redis:8', port: 6379 });
    expect(parseServiceConfig(await read('a/config.json'))).toMatchObject({ image: 'redis:8', port: 6379 });
  });

  it('asked for output, which no flag gave: a flag gives it', async () => {
    await write({ 'a/package.json': '{"scripts":{"build":"make-site"}}' });
    await expect(initOf('a', { runtime: 'static' })).rejects.toMatchObject({
      next: `slipway init ${inFolder('a')} --runtime static --output dist`,
    });
    await initOf('a', { runtime: 'static', output: 'dist' });
    expect(parseServiceConfig(await read('a/config.json'))).toMatchObject({
      runtime: 'static',
      output: 'dist',
    });
  });

  it('writes the build of a program in Go with the command that starts it', async () => {
    await write({ 'a/go.mod': 'module a\n', 'a/main.go': 'package main\n' });
    await initOf('a', { command: './server' });
    expect(parseServiceConfig(await read('a/config.json'))).toMatchObject({
      ...{ runtime: 'go', build: ['go', 'build', '-o', 'server', '.'], command: ['./server'] },
    });
  });

  it('of a folder of sources writes one for each, and passes over what has one', async () => {
    const site = '<!doctype html>';
    await write({ 'shop/web/index.html': site, 'shop/old/index.html': site, 'shop/docs/notes.txt': 'x' });
    await write({
      'shop/old/config.json': '{"runtime": "static", "port": 1}',
      'shop/node_modules/a/index.js': '',
    });
    const said = await initOf('shop');
    expect(said).toContain('✔ wrote FOLDER/shop/web/config.json: static, by index.html');
    expect(said).toContain(
      'passed over old: it has a config.json already\nnext: slipway deploy FOLDER/shop --app shop',
    );
    expect(said).not.toContain('docs');
    await expect(initOf('shop')).rejects.toMatchObject({ code: 'CONFIG_EXISTS' });
  });

  it('wrote config.json files that deploy refused at once for the names of their folders: both map them, and say so', async () => {
    await write({
      'shop/Back/index.html': '<!doctype html>',
      'shop/front_end/index.html': '<!doctype html>',
    });
    const said = await initOf('shop');
    expect(said).toContain(
      '\nBack is deployed as back\nfront_end is deployed as front-end\nnext: slipway deploy',
    );
  });

  it('refuses a folder whose name cannot become one, before it writes', async () => {
    await write({ 'shop/a/index.html': '<!doctype html>', 'shop/日本/index.html': '<!doctype html>' });
    await expect(initOf('shop')).rejects.toMatchObject({ code: 'SERVICE_NAME', exitCode: 2 });
    await expect(read('shop/a/config.json')).rejects.toThrow('ENOENT');
  });

  it('offers an application id that can be one', async () => {
    await write({ 'My Site_2/index.html': '<!doctype html>' });
    expect(await initOf('My Site_2')).toContain('--app my-site-2\n');
  });
});
