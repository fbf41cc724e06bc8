import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { olderConfig as older } from '#libs/testing';
import { detect, findingsText, runtimeOf, type StepsPlan, treeOf } from './index.js';

function planned(config: object, files: Readonly<Record<string, string>>): StepsPlan {
  const plan = detect(treeOf(files), parseServiceConfig(JSON.stringify({ ...older, ...config })));
  if (plan.kind !== 'steps') throw new Error(plan.kind);
  return plan;
}

const source = { 's1.py': '', 'requirements.txt': 'flask' };

describe('case 10: the file of packages of the older form was not copied before it was installed', () => {
  it.each<readonly [string, string, Readonly<Record<string, string>>, readonly string[]]>([
    ['/myapp/requirements.txt', 'pip install -r /myapp/requirements.txt', source, ['requirements.txt']],
    ['./requirements.txt', 'pip install -r ./requirements.txt', source, ['requirements.txt']],
    ['requirements.txt', 'pip3 install --no-cache-dir -r requirements.txt', source, ['requirements.txt']],
    ['src/req.txt', 'pip install -r src/req.txt', { 'src/req.txt': '' }, ['src/req.txt']],
    ['/requirements.txt', 'pip install -r requirements.txt', source, ['requirements.txt']],
    [
      'package.json',
      'npm install',
      { 'package.json': '{}', 'package-lock.json': '{}' },
      ['package.json', 'package-lock.json'],
    ],
  ])('%s with %s: the file alone', (packages_file_path, package_installation_cmd, files, manifests) => {
    const plan = planned({ packages_file_path, package_installation_cmd }, files);
    expect([plan.manifests, plan.installNeedsSource]).toEqual([manifests, false]);
  });

  it.each<readonly [string, string, Readonly<Record<string, string>>]>([
    ['a file that is not there', 'pip install flask', { 's1.py': '' }],
    ['another file than it names', 'pip install -r dev.txt', { ...source, 'dev.txt': '' }],
    ['the source itself', 'pip install .', { ...source, 'setup.py': '' }],
    ['a script of the source', 'sh install.sh', { ...source, 'install.sh': '' }],
    ['what a shell reads', "sh -c 'pip install -r requirements.txt'", source],
    ['a file within the file', 'pip install -r requirements.txt', { 'requirements.txt': '-r base.txt\n' }],
  ])('%s: the whole source, as the first deployer did', (_what, package_installation_cmd, files) => {
    const plan = planned({ package_installation_cmd }, files);
    expect([plan.manifests, plan.installNeedsSource]).toEqual([[], true]);
  });

  it('is explained', () => {
    expect(findingsText(planned({}, source).found)).toBe(
      'image python:3.10-alpine, by language of config.json; packages of /myapp/requirements.txt, by package_installation_cmd of config.json',
    );
  });
});

describe('the image of the older form', () => {
  it('of Python gets a virtual environment, which sees what the image brings', () => {
    for (const language of ['python:3.10-alpine', 'tiangolo/uvicorn-gunicorn:python3.8', 'pypy:3', 'python'])
      expect(planned({ language }, source).setUp, language).toEqual([
        { argv: ['python3', '-m', 'venv', '--system-site-packages', '/opt/venv'] },
      ]);
  });

  it('of Node.js runs in production', () => {
    expect(planned({ language: 'node:20-alpine' }, source)).toMatchObject({
      setUp: [],
      runEnv: { NODE_ENV: 'production' },
    });
  });

  it.each(['ruby:3', 'golang:1.22', 'openjdk:17', 'ubuntu:22.04', 'registry.example.org/team/runner'])(
    '%s was given a virtual environment of Python: it is as it is',
    (language) => {
      expect(planned({ language }, source)).toMatchObject({
        base: { image: language },
        setUp: [],
        env: {},
        runEnv: {},
        command: ['python3', '/myapp/s1.py'],
      });
    },
  );
});

it('an image of another language was refused, for no file shows what it is written in: its name says it', () => {
  const said = (language: string) =>
    runtimeOf(treeOf({}), parseServiceConfig(JSON.stringify({ ...older, language }))).what;
  const images = [
    'ruby:3',
    'r.example.org:5000/a/golang@sha256:1',
    'a/My_Runner',
    'a/static:1',
    '7zip',
    'node:20',
  ];
  expect(images.map(said)).toEqual(['ruby', 'golang', 'my-runner', 'other', 'other', 'node']);
});

describe('a file of packages that is not in the source', () => {
  const wrong = {
    packages_file_path: 'requirements.txt',
    package_installation_cmd: 'pip install -r requirements.txt',
  };

  it('was built for a minute before it failed: it is refused before, by its field', () => {
    expect(() => planned(wrong, { 's1.py': '' })).toThrow(
      'config.json: packages_file_path: requirements.txt is not in the source, and package_installation_cmd installs it',
    );
  });

  it('may be one of the base image', () => {
    const path = '/opt/base/req.txt';
    const config = { packages_file_path: path, package_installation_cmd: `pip install -r ${path}` };
    expect(planned(config, { 's1.py': '' }).installNeedsSource).toBe(true);
  });
});
