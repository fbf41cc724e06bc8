import { expect, it } from 'vitest';
import { FLASK, plan } from './python.testing.js';

it('an app whose framework nobody installs was built, and ended with a missing module', () => {
  expect(() => plan({ 'app.py': FLASK })).toThrow(
    'config.json: install: app.py imports flask, and no requirements.txt, pyproject.toml, Pipfile or setup.py says',
  );
  expect(() => plan({ 'app.py': FLASK }, { command: 'python app.py' })).toThrow('config.json: install: ');
});

it('environment.yml of Conda is named, for nothing here reads it', () => {
  expect(() => plan({ 'app.py': FLASK, 'environment.yml': 'dependencies:\n  - flask\n' })).toThrow(
    "install: environment.yml is Conda's, which is not used here, and app.py imports flask",
  );
});

it.each(['Requirements.txt', 'requirement.txt', 'requirements.in'])(
  '%s was taken for no list of packages at all, without a word of its name',
  (name) => {
    expect(() => plan({ 'app.py': FLASK, [name]: 'flask\n' })).toThrow(
      `install: app.py imports flask, and ${name} is not read: the file of pip is called requirements.txt`,
    );
  },
);

it.each([
  ['a manifest', { 'requirements.txt': 'flask\n', 'app.py': FLASK }, {}],
  ['an own command', { 'app.py': FLASK }, { install: 'pip install flask' }],
  ['the source itself', { 'app.py': 'import bottle\napp = bottle.Bottle()\n', 'bottle.py': '' }, {}],
  ['nobody, and nothing is imported', { 'main.py': 'import http.server\n' }, {}],
])('it is not refused where it comes from %s', (_, files, fields) => {
  expect(plan(files as Readonly<Record<string, string>>, fields).kind).toBe('steps');
});
