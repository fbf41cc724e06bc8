import { describe, expect, it } from 'vitest';
import { type Files, MAIN, plan, project } from './python.testing.js';

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
