import { describe, expect, it } from 'vitest';
import { command, FLASK, found, MAIN, plan, project } from './python.testing.js';

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

describe('without a port', () => {
  const worker = {
    'requirements.txt': 'flask\n',
    'app.py': FLASK,
    'work.py': '',
    Procfile: 'web: gunicorn app:app\nworker: python work.py\n',
  };

  it('the worker of the Procfile is started', () => {
    expect(found(worker, { port: undefined })).toMatch(
      /its worker process, by Procfile; starts with `python work.py`; not started here: web, by Procfile$/,
    );
    expect(found(worker)).toMatch(/its web process, .*; not started here: worker, by Procfile$/);
  });

  it('a worker of Celery is started, by its module or by its package', () => {
    const text = 'from celery import Celery\n\napp = Celery("tasks")\n';
    const celery = { 'requirements.txt': 'celery\n' };
    expect(command({ ...celery, 'tasks.py': text }, { port: undefined })).toBe(
      'celery -A tasks worker --loglevel INFO',
    );
    const inPackage = { ...celery, 'shop/__init__.py': '', 'shop/celery.py': text };
    expect(command(inPackage, { port: undefined })).toBe('celery -A shop worker --loglevel INFO');
    expect(() => plan({ ...celery, 'tasks.py': text })).toThrow('config.json: command: ');
  });

  it('a script is started, and an app for a server is refused by the field port', () => {
    expect(command({ 'main.py': MAIN }, { port: undefined })).toBe('python main.py');
    expect(() => plan({ 'requirements.txt': 'flask\n', 'app.py': FLASK }, { port: undefined })).toThrow(
      'config.json: port: ',
    );
  });
});

it('a folder with a name such as c++ ended the task with an internal error', () => {
  const app = { 'requirements.txt': 'flask', 'app.py': 'from flask import Flask\napp = Flask(__name__)\n' };
  for (const folder of ['c++', '(old', '[draft', 'a\\']) {
    const files = { ...app, [`${folder}/tools.py`]: 'import os\n', [`${folder}/x(.py`]: '' };
    expect(plan(files), folder).toMatchObject({ command: ['gunicorn', '--bind', '0.0.0.0:8000', 'app:app'] });
  }
});
