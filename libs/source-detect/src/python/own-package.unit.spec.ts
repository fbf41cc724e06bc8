import { describe, expect, it } from 'vitest';
import { type Files, FLASK, found, plan, project } from './python.testing.js';

const builtBy = (backend: string): string =>
  `${project('flask')}[build-system]\nrequires = []\nbuild-backend = "${backend}"\n`;
const HATCHLING = builtBy('hatchling.build');
const SETUPTOOLS = builtBy('setuptools.build_meta');

const installs = (files: Files): readonly string[] =>
  plan({ 'app.py': FLASK, ...files }).install.map(({ argv }) => argv.slice(3).join(' '));

describe('an application with a build system', () => {
  it.each<[string, Files]>([
    ['hatchling finds no folder of its name', { 'pyproject.toml': HATCHLING, 'web/a.py': '' }],
    [
      'setuptools finds several folders',
      { 'pyproject.toml': SETUPTOOLS, 'web/a.py': '', 'static/a.css': '' },
    ],
    ['setuptools finds several modules', { 'pyproject.toml': SETUPTOOLS, 'models.py': '' }],
  ])('was not built where %s: its dependencies are installed', (_, files) => {
    expect(installs(files)[0]).toBe('flask');
    expect(found({ 'app.py': FLASK, ...files })).toContain('pip, by project.dependencies of pyproject.toml');
  });

  it.each<[string, Files]>([
    ['a folder of its name', { 'pyproject.toml': HATCHLING, 'shop/__init__.py': '' }],
    ['a module of its name', { 'pyproject.toml': HATCHLING, 'shop.py': '' }],
    ['one folder', { 'pyproject.toml': SETUPTOOLS, 'web/a.py': '', 'tests/a.py': '' }],
    [
      'what its configuration names',
      {
        'pyproject.toml': `${SETUPTOOLS}[tool.setuptools]\npackages = ["web"]\n`,
        'web/a.py': '',
        'b/c.py': '',
      },
    ],
    [
      'dependencies that are computed',
      { 'pyproject.toml': HATCHLING.replace('[project]', '[project]\ndynamic = ["dependencies"]') },
    ],
    ['a setup.py', { 'pyproject.toml': SETUPTOOLS, 'setup.py': '', 'a/b.py': '', 'c/d.py': '' }],
  ])('is installed with %s', (_, files) => {
    expect(installs(files)[0]).toBe('.');
  });
});

describe('a project that is installed itself', () => {
  const described = HATCHLING.replace('version', 'readme = "README.md"\nversion');

  it('failed without its readme, which an ignore file leaves out', () => {
    expect(() => installs({ 'pyproject.toml': described, 'shop.py': '' })).toThrow(
      'config.json: install: pyproject.toml names README.md as its readme, and no such file is in the source',
    );
  });

  it.each<[string, Files]>([
    ['it is there', { 'pyproject.toml': described, 'shop.py': '', 'README.md': '' }],
    ['nothing is built', { 'pyproject.toml': described }],
    [
      'another folder is',
      { 'pyproject.toml': described, 'requirements.txt': './libs/own\n', 'libs/own/setup.py': '' },
    ],
  ])('is installed where %s', (_, files) => {
    expect(installs(files).length).toBeGreaterThan(0);
  });
});
