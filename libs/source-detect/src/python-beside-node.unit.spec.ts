import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { detect, findingsText, propose, treeOf } from './index.js';

const TAILWIND = JSON.stringify({
  scripts: { build: 'tailwindcss -o x.css' },
  devDependencies: { tailwindcss: '^3' },
});
const FLASK = 'from flask import Flask\napp = Flask(__name__)\n';
const DJANGO = {
  'manage.py': 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings")\n',
  'site/settings.py': '',
  'site/wsgi.py': 'application = get_wsgi_application()\n',
  'requirements.txt': 'django\n',
};

type Files = Readonly<Record<string, string>>;
const runtimeOf = (files: Files): string | undefined => propose(treeOf(files)).runtime?.value;

describe('a source of Python with a package.json for its style sheets', () => {
  it('was taken for Node.js and refused: Django is Python', () => {
    const { runtime, starts, command, found } = propose(treeOf({ ...DJANGO, 'package.json': TAILWIND }));
    expect(runtime).toEqual({ value: 'python', by: 'manage.py' });
    expect((command?.value ?? starts)?.[0]).toBe('gunicorn');
    expect(findingsText(found)).toContain('`npm run build` is not run');
  });

  it.each<readonly [string, Files]>([
    ['Flask', { 'package.json': TAILWIND, 'requirements.txt': 'flask', 'app.py': FLASK }],
    [
      'Flask, and npm init named a main that is not there',
      { 'package.json': '{"main":"index.js"}', 'requirements.txt': 'flask', 'app.py': FLASK },
    ],
    [
      'a front end that vite builds',
      { 'package.json': '{"devDependencies":{"vite":"5"}}', 'requirements.txt': 'flask', 'app.py': FLASK },
    ],
    [
      'a start that watches style sheets',
      { ...DJANGO, 'package.json': '{"scripts":{"start":"tailwindcss -o x.css --watch"}}' },
    ],
    [
      'a start that runs Python',
      { ...DJANGO, 'package.json': '{"scripts":{"start":"python manage.py runserver"}}' },
    ],
    ['a Procfile', { ...DJANGO, 'package.json': TAILWIND, Procfile: 'web: gunicorn site.wsgi\n' }],
    [
      'a bundle that webpack makes of src/index.js',
      { ...DJANGO, 'package.json': '{"devDependencies":{"webpack":"5"}}', 'src/index.js': '' },
    ],
  ])('%s is Python', (_, files) => {
    expect(runtimeOf(files)).toBe('python');
  });

  it.each([
    ['Pipfile.lock', '{}'],
    ['pylock.toml', ''],
    ['setup.cfg', '[options]\ninstall_requires = flask\n'],
  ])('was taken for Node.js and refused: %s', (manifest, text) => {
    expect(runtimeOf({ 'package.json': TAILWIND, [manifest]: text, 'app.py': FLASK })).toBe('python');
  });

  it.each<readonly [string, Files]>([
    ['a start script', { 'package.json': '{"scripts":{"start":"node a.js"}}', 'a.js': '' }],
    ['a server', { 'package.json': '{}', 'server.js': '' }],
    ['a main that is there', { 'package.json': '{"main":"index.js"}', 'index.js': '' }],
    ['a Procfile of Node.js', { 'package.json': '{}', 'a.js': '', Procfile: 'web: node a.js\n' }],
  ])('with %s it stays Node.js', (_, files) => {
    expect(runtimeOf({ ...files, 'requirements.txt': 'flask', 'app.py': FLASK })).toBe('node');
  });

  it('where neither starts is refused with both names, and the field', () => {
    const files = { 'package.json': TAILWIND, 'requirements.txt': 'numpy', 'tools.py': 'x = 1\n' };
    const config = parseServiceConfig('{"runtime":"node","port":80}');
    expect(() => detect(treeOf(files), config)).toThrow(
      'config.json: runtime: package.json and requirements.txt both lie at the root, and package.json starts nothing',
    );
  });

  it('is what its command says', () => {
    const files = { ...DJANGO, 'package.json': TAILWIND };
    const of = (command: string): string =>
      findingsText(detect(treeOf(files), parseServiceConfig(JSON.stringify({ port: 80, command }))).found);
    expect(of('gunicorn site.wsgi')).toMatch(/^python, by manage\.py/);
    expect(of('node tools/serve.js')).toMatch(/^node, by package\.json/);
  });
});
