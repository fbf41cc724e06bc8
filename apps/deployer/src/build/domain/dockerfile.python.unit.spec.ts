import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { detect, treeOf } from '#libs/source-detect';
import { writeDockerfile } from './dockerfile.js';

const images = { byRuntime: { python: 'slipway/python:3.11' }, legacy: {} };

function write(files: Readonly<Record<string, string>>, fields: object = {}): string {
  const config = parseServiceConfig(JSON.stringify({ runtime: 'python', port: 8000, ...fields }));
  const written = writeDockerfile(detect(treeOf(files), config), { config, images, cacheMounts: true });
  return written?.dockerfile ?? '';
}

const FLASK = 'from flask import Flask\napp = Flask(__name__)\n';
const PROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask>=3", "gunicorn"]\n';
const BUILT = `${PROJECT}[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n`;
const POETRY =
  '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\npython = "^3.11"\nflask = "^3.0"\ngunicorn = "*"\n';
const DJANGO = {
  'requirements.txt': 'django\ngunicorn\n',
  'manage.py': 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
  'shop/wsgi.py': '',
  'shop/settings.py':
    'import os\nSECRET_KEY = os.environ["SECRET_KEY"]\nINSTALLED_APPS = ["django.contrib.staticfiles"]\nSTATIC_ROOT = "static"\n',
};

type Case = [name: string, files: Readonly<Record<string, string>>, fields?: object];

const cases: Case[] = [
  [
    'requirements',
    {
      'requirements.txt': '-r requirements/base.txt\n-c constraints.txt\n--find-links wheels\n',
      'requirements/base.txt': 'flask\n-r ../more.txt\n',
      'more.txt': 'gunicorn\n',
      'constraints.txt': 'flask==3.1.3\n',
      'wheels/own-1-py3-none-any.whl': '',
      'app.py': FLASK,
    },
  ],
  [
    'build-secrets',
    { 'requirements.txt': 'flask\ngunicorn\n', 'app.py': FLASK },
    { buildSecrets: { PIP_INDEX_URL: 'pip-index' } },
  ],
  ['requirements-editable', { 'requirements.txt': '-e .\ngunicorn\n', 'setup.py': '', 'app.py': FLASK }],
  [
    'requirements-folder',
    { 'requirements/production.txt': 'flask\ngunicorn\n', 'requirements/dev.txt': 'x', 'app.py': FLASK },
  ],
  [
    'own-install',
    { 'deps/all.txt': 'flask\n', 'app.py': FLASK },
    { install: 'pip install -r deps/all.txt', command: 'python app.py' },
  ],
  [
    'own-install-of-the-source',
    { 'setup.py': '', 'app.py': FLASK },
    { install: 'pip install .', command: 'python app.py' },
  ],
  ['project', { 'pyproject.toml': BUILT, 'shop/__init__.py': FLASK }],
  ['project-dependencies', { 'pyproject.toml': PROJECT, 'app.py': FLASK }],
  ['setup-py', { 'setup.py': 'setup(install_requires=["flask", "gunicorn"])', 'shop/__init__.py': FLASK }],
  ['poetry', { 'pyproject.toml': POETRY, 'poetry.lock': '', 'shop/app.py': FLASK }],
  ['poetry-package', { 'pyproject.toml': POETRY, 'poetry.lock': '', 'src/shop/__init__.py': FLASK }],
  ['poetry-unlocked', { 'pyproject.toml': POETRY, 'app.py': FLASK }],
  ['uv', { 'pyproject.toml': PROJECT, 'uv.lock': '', 'app.py': FLASK }],
  ['uv-package', { 'pyproject.toml': BUILT, 'uv.lock': '', 'src/shop/__init__.py': FLASK }],
  [
    'uv-without-server',
    {
      'pyproject.toml': '[project]\nname="x"\ndependencies=["fastapi"]\n',
      'uv.lock': '',
      'main.py': 'from fastapi import FastAPI\napp = FastAPI()\n',
    },
  ],
  ['pdm', { 'pyproject.toml': PROJECT, 'pdm.lock': '', 'app.py': FLASK }],
  ['pipenv', { Pipfile: '[packages]\nflask = "*"\ngunicorn = "*"\n', 'Pipfile.lock': '{}', 'app.py': FLASK }],
  ['pipenv-lock-only', { 'Pipfile.lock': '{}', 'app.py': FLASK }],
  ['django', DJANGO, { env: { SECRET_KEY: 'of-the-build' } }],
  ['django-secret', DJANGO, { secrets: { SECRET_KEY: 'shop-key' } }],
  [
    'procfile',
    {
      'requirements.txt': 'flask\ngunicorn\n',
      Procfile: 'web: gunicorn -b 0.0.0.0:$PORT app:app\n',
      'app.py': FLASK,
    },
  ],
  [
    'src-folder',
    { 'requirements.txt': 'flask\ngunicorn\n', 'src/app.py': `${FLASK}import pages\n`, 'src/pages.py': '' },
  ],
  [
    'inline-script',
    { 'tides.py': '# /// script\n# dependencies = ["bottle"]\n# ///\nimport bottle\nbottle.run()\n' },
  ],
  ['pylock', { 'pylock.toml': '[[packages]]\nname = "gunicorn"\n', 'app.py': FLASK }],
  ['nothing-installed', { 'main.py': 'print("hello")\n' }],
];

describe('the Dockerfile of a service of Python', () => {
  it.each(cases)('%s', async (name, files, fields) => {
    await expect(write(files, fields)).toMatchFileSnapshot(`golden/python-${name}.Dockerfile`);
  });
});

describe('reported: sources of Python that did not build', () => {
  const linesOf = (files: Readonly<Record<string, string>>, fields: object = {}) =>
    write(files, fields).trim().split('\n');
  const placeOf = (lines: readonly string[], text: string) => {
    const place = lines.findIndex((line) => line.includes(text));
    expect(place, `${text} in\n${lines.join('\n')}`).toBeGreaterThan(-1);
    return place;
  };

  it('13: the files that requirements.txt refers to were not copied before it is installed', () => {
    const lines = linesOf({
      'requirements.txt': '-r requirements/base.txt\n',
      'requirements/base.txt': 'flask\n',
      'app.py': FLASK,
    });
    expect(placeOf(lines, '"requirements/base.txt"')).toBeLessThan(placeOf(lines, '"-r","requirements.txt"'));
  });

  it('13: an install by another file, or of the source itself, did not have what it reads', () => {
    const byFile = linesOf({ 'deps/all.txt': '' }, { install: 'pip install -r deps/all.txt', command: 'x' });
    expect(placeOf(byFile, 'COPY ["deps/all.txt","./deps/"]')).toBeLessThan(placeOf(byFile, '"install"'));
    for (const install of ['pip install .', 'make install', 'sh scripts/install.sh']) {
      const lines = linesOf({ 'setup.py': '' }, { install, command: 'x' });
      expect(placeOf(lines, 'COPY --chown'), install).toBeLessThan(
        placeOf(lines, `RUN --mount=type=cache,target=/root/.cache/pip ["${install.split(' ')[0] ?? ''}"`),
      );
    }
  });

  it.each([
    ['poetry.lock', '"poetry","export"'],
    ['uv.lock', '"uv","sync","--frozen","--no-dev"'],
    ['pdm.lock', '"pdm","sync","--prod"'],
  ])('14: only pyproject.toml and %s: nothing was installed', (lock, says) => {
    const lines = linesOf({ 'pyproject.toml': PROJECT, [lock]: '', 'app.py': FLASK });
    expect(placeOf(lines, says)).toBeLessThan(placeOf(lines, 'COPY --chown'));
  });

  it('14: only Pipfile.lock, only setup.py: nothing was installed', () => {
    placeOf(linesOf({ 'Pipfile.lock': '{}', 'app.py': FLASK }), '"pipenv","sync"');
    placeOf(linesOf({ 'setup.py': '', 'app.py': FLASK }), '"install","--disable-pip-version-check","."');
  });

  it('15: collectstatic failed with KeyError: SECRET_KEY of env is there when it runs', () => {
    const lines = linesOf(DJANGO, { env: { SECRET_KEY: 'of-the-build' } });
    expect(placeOf(lines, 'ENV SECRET_KEY="of-the-build"')).toBeLessThan(
      placeOf(lines, '"collectstatic","--noinput"'),
    );
  });

  it('15: a secret is in no layer: a stand-in is there for collectstatic alone', () => {
    const lines = linesOf(DJANGO, { secrets: { SECRET_KEY: 'shop-key' } });
    placeOf(lines, '"env","SECRET_KEY=not-known-to-the-build","python","manage.py","collectstatic"');
    expect(lines.filter((line) => line.startsWith('ENV SECRET_KEY'))).toEqual([]);
  });
});

it('a folder with a quote in its name ended the Dockerfile: what holds it is quoted', () => {
  const files = {
    'requirements.txt': 'flask\n',
    "Bob's/app.py": `from tools import x\n${FLASK}`,
    "Bob's/tools.py": 'x = 1\n',
  };
  expect(write(files)).toContain(`ENV PYTHONPATH="/app/Bob's"\n`);
});
