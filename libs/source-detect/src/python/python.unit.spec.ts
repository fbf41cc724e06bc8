import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { findingsText, type StepsPlan } from '../build-plan.js';
import { detect } from '../detect.js';
import { treeOf } from '../source-tree.js';

type Files = Readonly<Record<string, string>>;

const plan = (files: Files, fields: object = {}): StepsPlan => {
  const config = parseServiceConfig(JSON.stringify({ runtime: 'python', port: 8000, ...fields }));
  return detect(treeOf(files), config) as StepsPlan;
};
const found = (files: Files, fields: object = {}) => findingsText(plan(files, fields).found);
const command = (files: Files, fields: object = {}) => plan(files, fields).command?.join(' ');

const FLASK = 'from flask import Flask\n\napp = Flask(__name__)\n';
const MAIN = 'if __name__ == "__main__":\n    print("hello")\n';
const project = (...dependencies: string[]) =>
  `[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.10,<4"\ndependencies = ${JSON.stringify(dependencies)}\n`;

describe('what is said of a source', () => {
  it.each([
    [
      'Flask without a server',
      { 'requirements.txt': 'flask\n', 'app.py': FLASK },
      'python, by config.json; pip, by requirements.txt; a Flask app, app:app, by app.py; ' +
        'served by gunicorn 27.0.1, which is installed since no server is among the dependencies; ' +
        'starts with `gunicorn --bind 0.0.0.0:8000 app:app`',
    ],
    [
      'uv',
      {
        'pyproject.toml': project('fastapi', 'uvicorn'),
        'uv.lock': '',
        'main.py': 'from fastapi import FastAPI\napp = FastAPI()\n',
      },
      'python, by config.json; Python >=3.10,<4, by requires-python of pyproject.toml; uv 0.13.9, by uv.lock; ' +
        'a FastAPI app, main:app, by main.py; served by uvicorn, by its dependencies; ' +
        'starts with `uvicorn --host 0.0.0.0 --port 8000 main:app`',
    ],
    [
      'poetry without its lock file',
      {
        'pyproject.toml': '[tool.poetry.dependencies]\npython = "^3.11"\nbottle = "^0.13"\n',
        'main.py': MAIN,
      },
      'python, by config.json; Python ^3.11, by python of pyproject.toml; pip, by tool.poetry of pyproject.toml; ' +
        'no poetry.lock, so versions are chosen anew by each build; a script, by main.py; starts with `python main.py`',
    ],
    [
      'requirements.txt beside a lock file',
      { 'requirements.txt': '', 'pyproject.toml': project(), 'poetry.lock': '', 'main.py': MAIN },
      'python, by config.json; Python >=3.10,<4, by requires-python of pyproject.toml; pip, by requirements.txt; ' +
        'poetry.lock is not read, since requirements.txt is there; a script, by main.py; starts with `python main.py`',
    ],
    [
      'a Procfile with more than web',
      {
        'requirements.txt': '',
        Procfile: 'release: ./migrate\nweb: gunicorn -b :$PORT a:b\nclock: python clock.py\n',
      },
      'python, by config.json; pip, by requirements.txt; its web process, by Procfile; ' +
        "starts with `sh -c 'exec gunicorn -b :$PORT a:b'`; its release process is run only where `release` of config.json says it, by Procfile; " +
        'not started here: clock, by Procfile',
    ],
  ])('%s', (_, files, sentence) => {
    expect(found(files)).toBe(sentence);
  });

  it("shows no command of config.json: it may hold what is not for everybody's eyes", () => {
    const own = { install: 'pip install --index-url token@host x', command: 'serve --token abc' };
    expect(found({}, own)).toBe(
      'python, by config.json; installed by `install`, by config.json; started by `command`, by config.json',
    );
  });
});

describe('the server', () => {
  const wsgi = (server: string) => command({ 'requirements.txt': `flask\n${server}\n`, 'app.py': FLASK });
  const asgi = (server: string) =>
    command({
      'requirements.txt': `starlette\n${server}\n`,
      'app.py': 'from starlette.applications import Starlette\napp = Starlette()\n',
    });

  it.each([
    ['gunicorn', 'gunicorn --bind 0.0.0.0:8000 app:app'],
    ['waitress', 'waitress-serve --listen=0.0.0.0:8000 app:app'],
    ['hypercorn', 'hypercorn --bind 0.0.0.0:8000 app:app'],
    ['granian', 'granian --interface wsgi --host 0.0.0.0 --port 8000 app:app'],
    ['uvicorn', 'gunicorn --bind 0.0.0.0:8000 app:app'],
  ])('of a WSGI app with %s', (server, expected) => {
    expect(wsgi(server)).toBe(expected);
  });

  it.each([
    ['uvicorn[standard]', 'uvicorn --host 0.0.0.0 --port 8000 app:app'],
    ['Hypercorn', 'hypercorn --bind 0.0.0.0:8000 app:app'],
    ['daphne', 'daphne -b 0.0.0.0 -p 8000 app:app'],
    ['granian', 'granian --interface asgi --host 0.0.0.0 --port 8000 app:app'],
    ['gunicorn\nuvicorn', 'uvicorn --host 0.0.0.0 --port 8000 app:app'],
    ['gunicorn', 'uvicorn --host 0.0.0.0 --port 8000 app:app'],
  ])('of an ASGI app with %s', (server, expected) => {
    expect(asgi(server)).toBe(expected);
  });

  it('is there where a framework brings it', () => {
    const fastapi = {
      'requirements.txt': 'fastapi[standard]\n',
      'main.py': 'import fastapi\napi = fastapi.FastAPI()\n',
    };
    expect(plan(fastapi).install).toHaveLength(1);
    expect(command(fastapi)).toBe('uvicorn --host 0.0.0.0 --port 8000 main:api');
  });

  it('is the script itself where it listens for others on the port', () => {
    const itself = `${FLASK}if __name__ == "__main__":\n    app.run(host="0.0.0.0", port=int(os.environ["PORT"]))\n`;
    expect(command({ 'requirements.txt': 'flask\n', 'app.py': itself })).toBe('python app.py');
    expect(command({ 'requirements.txt': 'flask\ngunicorn\n', 'app.py': itself })).toContain('gunicorn');
    const local = `${FLASK}if __name__ == "__main__":\n    app.run(debug=True)\n`;
    expect(command({ 'requirements.txt': 'flask\n', 'app.py': local })).toContain('gunicorn');
  });
});

const WSGI = 'gunicorn --bind 0.0.0.0:8000';

describe('the app', () => {
  const BASE = { 'requirements.txt': 'flask\ngunicorn\nuvicorn\n' };
  const CASES: readonly (readonly [string, Files, string])[] = [
    ['in a file of any name', { 'shop.py': FLASK }, `${WSGI} shop:app`],
    [
      'with a type, of another name',
      { 'app.py': 'import flask\nsite: flask.Flask = flask.Flask(__name__)\n' },
      `${WSGI} app:site`,
    ],
    [
      'of a factory that is called',
      { 'notes.py': 'from app import create_app\napp = create_app()\n', 'app/__init__.py': '' },
      `${WSGI} notes:app`,
    ],
    [
      'of a factory in a package',
      { 'shop/__init__.py': 'from flask import Flask\ndef create_app(config=None):\n  pass\n' },
      `${WSGI} shop:create_app()`,
    ],
    [
      'in wsgi.py that imports it',
      { 'wsgi.py': 'from shop import app as application\n', 'shop/__init__.py': '' },
      `${WSGI} wsgi:application`,
    ],
    ['in a package', { 'shop/__init__.py': '', 'shop/main.py': FLASK }, `${WSGI} shop.main:app`],
    ['below src', { 'src/shop/__init__.py': '', 'src/shop/web.py': FLASK }, `${WSGI} shop.web:app`],
    ['of Bottle', { 'app.py': 'import bottle\napp = bottle.default_app()\n' }, `${WSGI} app:app`],
    [
      'of Falcon by ASGI',
      { 'app.py': 'import falcon.asgi\napp = falcon.asgi.App()\n' },
      'uvicorn --host 0.0.0.0 --port 8000 app:app',
    ],
    ['of Falcon', { 'app.py': 'import falcon\napp = falcon.App()\n' }, `${WSGI} app:app`],
    [
      'of Litestar',
      { 'app.py': 'from litestar import Litestar\napp = Litestar([])\n' },
      'uvicorn --host 0.0.0.0 --port 8000 app:app',
    ],
    [
      'of Sanic',
      { 'server.py': 'from sanic import Sanic\napp = Sanic("x")\n' },
      'sanic server:app --host=0.0.0.0 --port=8000 --single-process',
    ],
    ['by hand', { 'app.py': 'def simple(environ, start_response):\n    pass\n' }, `${WSGI} app:simple`],
    [
      'by hand, async',
      { 'app.py': 'async def app(scope, receive, send):\n    pass\n' },
      'uvicorn --host 0.0.0.0 --port 8000 app:app',
    ],
    [
      'of Dash',
      { 'app.py': 'from dash import Dash\napp = Dash()\nserver = app.server\n' },
      `${WSGI} app:server`,
    ],
    [
      'in a package that hides a file',
      { 'app.py': FLASK, 'app/__init__.py': '', 'app/web.py': FLASK },
      `${WSGI} app.web:app`,
    ],
    ['not in the tests', { 'tests/app.py': FLASK, 'main.py': MAIN }, 'python main.py'],
  ];

  it.each(CASES)('%s', (_, files, expected) => {
    expect(command({ ...BASE, ...files })).toBe(expected);
  });

  it('of aiohttp is its script, or gunicorn with its worker', () => {
    const aiohttp = { 'main.py': `from aiohttp import web\napp = web.Application()\n${MAIN}` };
    expect(command({ ...aiohttp, 'requirements.txt': 'aiohttp\n' })).toBe('python main.py');
    expect(command({ ...aiohttp, 'requirements.txt': 'aiohttp\ngunicorn\n' })).toBe(
      `${WSGI} --worker-class aiohttp.GunicornWebWorker main:app`,
    );
  });

  it('of Streamlit and of Gradio is started by their usual commands', () => {
    expect(command({ 'requirements.txt': 'streamlit\n', 'Home.py': 'import streamlit as st\n' })).toBe(
      'streamlit run Home.py --server.port 8000 --server.address 0.0.0.0 --server.headless true',
    );
    const gradio = plan({ 'requirements.txt': 'gradio\n', 'app.py': 'import gradio as gr\ndemo.launch()\n' });
    expect(gradio.command).toEqual(['python', 'app.py']);
    expect(gradio.env).toMatchObject({ GRADIO_SERVER_NAME: '0.0.0.0', GRADIO_SERVER_PORT: '8000' });
  });

  it('is found by PYTHONPATH where it imports what lies beside it by a bare name', () => {
    const beside = plan({ 'api/main.py': `${FLASK}from models import Book\n`, 'api/models.py': '' });
    expect([beside.env['PYTHONPATH'], beside.command?.at(-1)]).toEqual(['/app/api', 'main:app']);
    const named = plan({ 'api/main.py': `${FLASK}from api.models import Book\n`, 'api/models.py': '' });
    expect([named.env['PYTHONPATH'], named.command?.at(-1)]).toEqual([undefined, 'api.main:app']);
  });

  it('of a script within a package is started by its name', () => {
    expect(command({ 'bot/__init__.py': '', 'bot/__main__.py': 'from . import run\n' })).toBe(
      'python -m bot',
    );
  });

  it('is refused where nothing shows it, by the field that would say it', () => {
    expect(() => plan({ 'requirements.txt': 'flask\n', 'shapes/square.py': 'SIDE = 2\n' })).toThrow(
      'config.json: command: nothing shows how the service starts',
    );
  });
});

describe('without a port', () => {
  const worker = {
    'requirements.txt': 'flask\n',
    'app.py': FLASK,
    Procfile: 'web: gunicorn app:app\nworker: python work.py\n',
  };

  it('the worker of the Procfile is started', () => {
    expect(found(worker, { port: undefined })).toMatch(
      /its worker process, by Procfile; starts with `python work.py`; not started here: web, by Procfile$/,
    );
    expect(found(worker)).toMatch(/its web process, .*; not started here: worker, by Procfile$/);
  });

  it('a script is started, and an app for a server is refused by the field port', () => {
    expect(command({ 'main.py': MAIN }, { port: undefined })).toBe('python main.py');
    expect(() => plan({ 'requirements.txt': 'flask\n', 'app.py': FLASK }, { port: undefined })).toThrow(
      'config.json: port: ',
    );
  });
});

describe('Django', () => {
  const django = (settings: string, more: Files = {}): Files => ({
    'requirements.txt': 'django\ngunicorn\n',
    'manage.py': 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    'shop/settings.py': settings,
    'shop/wsgi.py': '',
    ...more,
  });
  const STATIC = 'INSTALLED_APPS = ["django.contrib.staticfiles"]\nSTATIC_ROOT = BASE_DIR / "static"\n';

  it('collects its static files only where its settings say where to', () => {
    expect(plan(django(STATIC)).build).toEqual([
      { argv: ['python', 'manage.py', 'collectstatic', '--noinput'] },
    ]);
    expect(
      plan(django('INSTALLED_APPS = ["django.contrib.staticfiles"]\n# STATIC_ROOT = "x"\n')).build,
    ).toEqual([]);
    expect(plan(django(STATIC), { env: { DISABLE_COLLECTSTATIC: '1' } }).build).toEqual([]);
    expect(plan(django(STATIC), { build: 'make assets' }).build[0]?.argv).toEqual(['make', 'assets']);
  });

  it('collects them with stand-ins for the secrets that its settings read', () => {
    const files = django(`${STATIC}KEY = env("SECRET_KEY")\nDB = env("DATABASE_URL")\n`);
    const secrets = { secrets: { SECRET_KEY: 'key', DATABASE_URL: 'db', MAIL: 'mail' } };
    const env = ['env', 'SECRET_KEY=not-known-to-the-build', 'DATABASE_URL=sqlite:///:memory:'];
    expect(plan(files, secrets).build[0]?.argv.slice(0, 3)).toEqual(env);
    expect(found(files, secrets)).toContain(
      'static files are collected, with a stand-in for SECRET_KEY and DATABASE_URL, by STATIC_ROOT of its settings; ',
    );
  });

  it('uses the settings of its server, where they are split', () => {
    const split = {
      'requirements.txt': 'django\ngunicorn\n',
      'manage.py': 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\n',
      'config/wsgi.py': 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
      'config/settings/base.py': STATIC,
      'config/settings/local.py': '',
      'config/settings/production.py': '',
    };
    expect(plan(split).build[0]?.argv.at(-1)).toBe('--settings=config.settings.production');
    expect(command(split)).toBe(`${WSGI} config.wsgi:application`);
  });

  it('is served by ASGI where only such a server is there, and from its folder', () => {
    const files = django('', { 'requirements.txt': 'django\ndaphne\n', 'shop/asgi.py': '' });
    expect(command(files)).toBe('daphne -b 0.0.0.0 -p 8000 shop.asgi:application');
    const below = Object.fromEntries(
      Object.entries(django('')).map(([path, text]) => [
        path === 'requirements.txt' ? path : `site/${path}`,
        text,
      ]),
    );
    expect(plan(below).env['PYTHONPATH']).toBe('/app/site');
  });
});

describe('the version', () => {
  const version = (files: Files, fields: object = {}) => plan({ 'main.py': MAIN, ...files }, fields).base;
  it.each([
    [{ '.python-version': '# local\n3.11.4\n' }, '3.11.4', '.python-version', 'exact'],
    [{ 'runtime.txt': 'python-3.10.2\n' }, '3.10.2', 'runtime.txt', 'exact'],
    [{ '.tool-versions': 'nodejs 20.1.0\npython 3.12.1\n' }, '3.12.1', '.tool-versions', 'exact'],
    [{ Pipfile: '[requires]\npython_version = "3.9"\n' }, '3.9', 'python_version of Pipfile', 'exact'],
    [{ 'pyproject.toml': project() }, '>=3.10,<4', 'requires-python of pyproject.toml', 'pep440'],
    [
      { 'pyproject.toml': '[tool.poetry.dependencies]\npython = "^3.9"\n' },
      '^3.9',
      'python of pyproject.toml',
      'pep440',
    ],
    [
      { 'setup.cfg': '[options]\npython_requires = >=3.8\n' },
      '>=3.8',
      'python_requires of setup.cfg',
      'pep440',
    ],
    [{ 'setup.py': "setup(python_requires='>=3.7')" }, '>=3.7', 'python_requires of setup.py', 'pep440'],
  ] as const)('%o', (files, text, by, scheme) => {
    expect(version(files)).toEqual({ runtime: 'python', version: { text, by, scheme } });
  });

  it('of config.json wins', () => {
    expect(version({ '.python-version': '3.11' }, { version: '3.12' })).toMatchObject({
      version: { text: '3.12', by: 'config.json' },
    });
  });

  it('that nobody can read asks for nothing', () => {
    expect(version({ '.python-version': 'my-virtualenv\n' })).toEqual({
      runtime: 'python',
      version: undefined,
    });
  });
});

it('a folder with a name such as c++ ended the task with an internal error', () => {
  const app = { 'requirements.txt': 'flask', 'app.py': 'from flask import Flask\napp = Flask(__name__)\n' };
  for (const folder of ['c++', '(old', '[draft', 'a\\']) {
    const files = { ...app, [`${folder}/tools.py`]: 'import os\n', [`${folder}/x(.py`]: '' };
    const plan = detect(treeOf(files), parseServiceConfig('{ "port": 8000 }'));
    expect(plan, folder).toMatchObject({ command: ['gunicorn', '--bind', '0.0.0.0:8000', 'app:app'] });
  }
});
