import type { CorpusProject } from './corpus.js';

/** Projects of Python, by how they are installed and served. */
export const pythonProjects: readonly CorpusProject[] = [
  {
    name: 'python-flask-quickstart',
    convention: 'the quickstart of Flask: hello.py, and no server',
    ends: { runs: 'answers', path: '/', says: 'Hello from the quickstart' },
    isShort: true,
  },
  {
    name: 'python-flask-factory',
    convention: 'a factory with blueprints and a boot script, as in the Flask Mega-Tutorial',
    ends: { runs: 'answers', path: '/', says: 'Notes of the factory' },
  },
  {
    name: 'python-flask-migrations',
    convention: 'Flask-SQLAlchemy and Flask-Migrate with SQLite',
    ends: { runs: 'answers', path: '/books', says: 'The first' },
    afterInit: { runs: 'answers', path: '/', says: 'A shelf of books' },
  },
  {
    name: 'python-django-static',
    convention: 'django-admin startproject with an app, WhiteNoise, collectstatic and SQLite',
    ends: { runs: 'answers', path: '/visits', says: 'visits: ' },
    afterInit: { runs: 'answers', path: '/', says: 'static/shelves' },
  },
  {
    name: 'python-django-asgi',
    convention: 'Django by ASGI below backend/, with .python-version',
    ends: { runs: 'answers', path: '/', says: 'served by ASGIRequest' },
  },
  {
    name: 'python-fastapi',
    convention: 'the first steps of FastAPI',
    ends: { runs: 'answers', path: '/items/7?q=x', says: '"item_id":7' },
  },
  {
    name: 'python-starlette',
    convention: 'Starlette in a package app/, with Hypercorn',
    ends: { runs: 'answers', path: '/', says: 'Hello from Starlette' },
  },
  {
    name: 'python-quart-src',
    convention: 'Quart below src/, whose modules import each other by their bare names',
    ends: { runs: 'answers', path: '/', says: 'Quart below src' },
  },
  {
    name: 'python-poetry',
    convention: 'poetry new, with poetry.lock and a group dev',
    ends: { runs: 'answers', path: '/', says: 'group dev installed: False' },
  },
  {
    name: 'python-pipenv',
    convention: 'Pipfile and Pipfile.lock, with dev-packages',
    ends: { runs: 'answers', path: '/', says: 'dev-packages installed: False' },
  },
  {
    name: 'python-uv',
    convention: 'uv init, with uv.lock and a group dev',
    ends: { runs: 'answers', path: '/', says: 'group dev installed: False' },
    isShort: true,
  },
  {
    name: 'python-uv-package',
    convention: 'uv init --package, started by uv run',
    ends: { runs: 'answers', path: '/', says: 'Tides 0.1.0' },
  },
  {
    name: 'python-pdm',
    convention: 'pdm init, with pdm.lock and a group dev',
    ends: { runs: 'answers', path: '/', says: 'group dev installed: False' },
  },
  {
    name: 'python-pep621-src',
    convention: 'pyproject.toml by PEP 621 with hatchling, a src layout and a factory',
    ends: { runs: 'answers', path: '/', says: 'Parcel 1.2.0' },
  },
  {
    name: 'python-windows',
    convention:
      'pip freeze > requirements.txt in PowerShell 5, which is UTF-16; texts with CRLF and a byte order mark',
    ends: { runs: 'answers', path: '/', says: 'Frozen by PowerShell' },
  },
  {
    name: 'python-inline-script',
    convention: 'one script with its dependencies in a block at its top (PEP 723)',
    ends: { runs: 'answers', path: '/', says: 'Tides of one file' },
  },
  {
    name: 'python-pylock',
    convention: 'uv pip compile -o pylock.toml (PEP 751), beside the ranges of pyproject.toml',
    ends: { runs: 'answers', path: '/', says: 'Locked by PEP 751' },
  },
  {
    name: 'python-project-dependencies',
    convention: 'pyproject.toml by PEP 621 without a build system: an application, no package',
    ends: { runs: 'answers', path: '/', says: 'A shop without a build system' },
  },
  {
    name: 'python-application',
    convention:
      'an application with hatchling as its template has it, no package, and Procfile.txt of Windows',
    ends: { runs: 'answers', path: '/', says: 'Found: an umbrella, one glove' },
  },
  {
    name: 'python-setup-py',
    convention: 'setup.py of setuptools',
    ends: { runs: 'answers', path: '/', says: 'Ledger 0.3.0' },
  },
  {
    name: 'python-procfile',
    convention: 'a Procfile with web, worker and release, and runtime.txt',
    ends: { runs: 'answers', path: '/', says: 'Started by the Procfile' },
  },
  {
    name: 'python-requirements-folder',
    convention: 'requirements/base.txt, production.txt and dev.txt',
    ends: { runs: 'answers', path: '/', says: 'Installed from requirements/production.txt' },
  },
  {
    name: 'python-requirements-includes',
    convention: 'requirements.txt that includes others, constraints and a local package',
    ends: { runs: 'answers', path: '/', says: 'Greeting from a local package' },
  },
  {
    name: 'python-hashes',
    convention: 'pip-compile --generate-hashes',
    ends: { runs: 'answers', path: '/', says: 'Every hash was checked' },
  },
  {
    name: 'python-own-install',
    convention: 'an install of its own, by a requirement file of another name',
    ends: { runs: 'answers', path: '/', says: 'Installed by config.json' },
    afterInit: { refused: 'SOURCE_UNCLEAR', says: 'no file at the root shows what the source is written in' },
  },
  {
    name: 'python-standard-library',
    convention: 'a server of the standard library, without a package manager',
    ends: { runs: 'answers', path: '/', says: 'Nothing was installed' },
  },
  {
    name: 'python-wsgi-by-hand',
    convention: 'PEP 3333: an application without a framework',
    ends: { runs: 'answers', path: '/shop', says: 'WSGI without a framework at /shop' },
  },
  {
    name: 'python-worker',
    convention: 'a Procfile with a worker, and no port',
    ends: { runs: 'works', says: 'counted the birds' },
    isShort: true,
  },
  {
    name: 'python-refused-conda',
    convention: 'conda env export > environment.yml',
    ends: {
      refused: 'SOURCE_UNCLEAR',
      says: "install: environment.yml is Conda's, which is not used here, and app.py imports flask",
    },
  },
  {
    name: 'python-refused-freeze',
    convention: 'pip freeze > requirements.txt within Conda, which writes paths',
    ends: {
      refused: 'SOURCE_UNCLEAR',
      says: 'requirements.txt names bottle by a path of the machine on which it was written',
    },
  },
  {
    name: 'python-refused-version',
    convention: 'requires-python of a version that no base image has',
    ends: {
      refused: 'RUNTIME_UNKNOWN',
      says: 'no base image has this version of python (>=3.13, by requires-python of pyproject.toml); available: python (',
    },
  },
  {
    name: 'python-refused-nothing-starts',
    convention: 'a library: nothing in it is a service',
    ends: { refused: 'SOURCE_UNCLEAR', says: 'command: nothing shows how the service starts' },
  },
  {
    name: 'python-refused-missing-file',
    convention: 'requirements.txt that includes a file which was not pushed',
    ends: {
      refused: 'SOURCE_UNCLEAR',
      says: 'requirements.txt names requirements/base.txt, and no such file is in the source',
    },
  },
];
