import { describe, expect, it } from 'vitest';
import { serviceConfigSchema } from '#libs/contracts';
import { findingsText, type StepsPlan } from './build-plan.js';
import { detect } from './detect.js';
import { gitStep } from './git.js';
import { treeOf } from './source-tree.js';

const plan = (files: Readonly<Record<string, string>>): StepsPlan =>
  detect(treeOf(files), serviceConfigSchema.parse({ port: 8000, command: 'serve' })) as StepsPlan;

const project = (more: string): string =>
  `[project]\nname = "x"\nversion = "1"\ndependencies = ["units"]\n${more}`;
const poetry = '[tool.poetry.dependencies]\nunits = { git = "https://host/units.git", tag = "v1" }\n';

describe('a package that is named by an address of git', () => {
  it.each([
    [{ 'requirements.txt': 'git+https://host/units.git@v1#egg=units\n' }, 'requirements.txt'],
    [{ 'requirements.txt': '-r base.txt\n', 'base.txt': 'units @ git+https://host/units\n' }, 'base.txt'],
    [{ 'requirements.txt': '-e git+https://host/units.git#egg=units\n' }, 'requirements.txt'],
    [
      {
        'pyproject.toml': project('[tool.uv.sources]\nunits = { git = "https://host/units" }\n'),
        'uv.lock': '',
      },
      'pyproject.toml',
    ],
    [{ 'pyproject.toml': poetry, 'poetry.lock': '' }, 'pyproject.toml'],
    [
      {
        'pylock.toml':
          '[[packages]]\nname = "units"\nvcs = { type = "git", url = "https://host/units", commit-id = "a" }\n',
      },
      'pylock.toml',
    ],
    [{ 'main.py': '# /// script\n# dependencies = ["units @ git+https://host/units"]\n# ///\n' }, 'main.py'],
    [
      { 'package.json': JSON.stringify({ dependencies: { units: 'github:host/units' } }) },
      'its dependency units in package.json',
    ],
    [
      { 'package.json': JSON.stringify({ devDependencies: { units: 'git+ssh://git@host/units.git' } }) },
      'its dependency units in package.json',
    ],
    [
      { 'package.json': JSON.stringify({ dependencies: { units: 'host/units#v1' } }) },
      'its dependency units in package.json',
    ],
  ])('brings git before anything is installed: %o', (files, by) => {
    const { setUp, found } = plan(files);
    expect(setUp[0]).toEqual(gitStep);
    expect(findingsText(found)).toContain(
      `git is there for packages that are named by its addresses, by ${by}`,
    );
  });

  it('brings git for a pip install of config.json too', () => {
    const config = { port: 8000, command: 'serve', install: 'pip install git+https://host/units' };
    const tree = treeOf({ 'app.py': '' });
    expect(detect(tree, serviceConfigSchema.parse({ runtime: 'python', ...config }))).toMatchObject({
      setUp: [gitStep, expect.anything()],
    });
  });

  it.each([
    [{ 'requirements.txt': 'gitpython==3.1\n# git+https://host/old.git\nunits @ https://host/units.whl\n' }],
    [{ 'package.json': JSON.stringify({ dependencies: { a: '^1.0.0', b: 'npm:c@1', d: 'file:lib/d' } }) }],
    [{ 'package.json': JSON.stringify({ dependencies: { a: 'https://host/a.tgz', b: 'workspace:*' } }) }],
  ])('is not seen where there is none: %o', (files) => {
    expect(plan(files).setUp).not.toContainEqual(gitStep);
  });

  it.each<Readonly<Record<string, string>>>([
    { 'requirements.txt': 'git+ssh://git@host/units.git\n' },
    { 'pyproject.toml': project('[tool.uv.sources]\nunits = { git = "git@host:units" }\n'), 'uv.lock': '' },
  ])('over ssh is refused: a build has no key: %o', (files) => {
    expect(() => plan(files)).toThrow(
      /config.json: install: \S+ names a package by git over ssh, and a build has no key/,
    );
  });
});
