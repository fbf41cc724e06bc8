import { describe, expect, it } from 'vitest';
import { treeOf } from '../source-tree.js';
import { procfileCommand } from './procfile-command.js';
import { pipInstallReads, requirementFile, requirementsOf } from './requirements.js';

type Files = Readonly<Record<string, string | Buffer>>;
const read = (files: Files) => requirementsOf(treeOf(files), 'requirements.txt');

describe('a requirement file', () => {
  it('names files from where it lies itself, in all the ways in which pip reads them', () => {
    const files = {
      'requirements.txt':
        '-r a/one.txt\n-ra/two.txt\n--requirement=a/three.txt\n--constraint a/limits.txt # why\n',
      'a/one.txt': '-r ../four.txt\n-c limits.txt\n',
      'a/two.txt': '-r one.txt\n',
      'a/three.txt': '',
      'a/limits.txt': 'x==1\n',
      'four.txt': '-r requirements.txt\n',
    };
    expect([...read(files).files].sort()).toEqual(Object.keys(files).sort());
  });

  it('names packages with extras, markers, hashes and addresses, and options that are none', () => {
    const text =
      '--index-url https://example.com/simple\nflask==3.1.3 \\\n    --hash=sha256:ab \\\n    --hash=sha256:cd\n' +
      'uvicorn[standard]>=0.30 ; python_version > "3.8"\nown @ https://example.com/own-1.whl\n-r https://example.com/r.txt\n';
    const { packages, files, needsSource } = read({ 'requirements.txt': text });
    expect(packages.map((each) => each.split(/[ =>[]/)[0])).toEqual(['flask', 'uvicorn', 'own']);
    expect([files, needsSource]).toEqual([['requirements.txt'], false]);
  });

  it.each([
    '.',
    '-e .',
    '-e ./libs/own',
    './libs/own',
    '--editable=.[web]',
    'own @ file:./libs/own',
    'file:libs/own',
  ])('installs a folder of the source by %s', (line) => {
    expect(read({ 'requirements.txt': `${line}\n`, 'libs/own/setup.py': '' }).needsSource).toBe(true);
  });

  it('names archives of the source, one or a folder of them', () => {
    const files = {
      'requirements.txt': 'wheels/a-1-py3-none-any.whl\n-f more\n',
      'wheels/a-1-py3-none-any.whl': '',
      'more/b.whl': '',
    };
    expect(read(files)).toEqual({
      files: ['requirements.txt', 'wheels/a-1-py3-none-any.whl', 'more/b.whl'],
      needsSource: false,
      packages: [],
    });
  });

  it('a constraint was taken for a package that is installed', () => {
    const files = {
      'requirements.txt': '-c limits.txt\nflask\n',
      'limits.txt': 'gunicorn==23.0.0\npywin32==306\nown @ file:./own.whl\n-r more.txt\n',
      'more.txt': 'redis\n',
      'own.whl': '',
    };
    expect(read(files)).toEqual({
      files: ['requirements.txt', 'limits.txt', 'own.whl', 'more.txt'],
      needsSource: false,
      packages: ['redis', 'flask'],
    });
    const both = { 'requirements.txt': '-c all.txt\n-r all.txt\n', 'all.txt': 'flask==3\n' };
    expect(read(both).packages).toEqual(['flask==3']);
  });

  it('of PowerShell is UTF-16', () => {
    const utf16 = Buffer.from('\uFEFFflask==3\r\n', 'utf16le');
    expect(read({ 'requirements.txt': utf16 }).packages).toEqual(['flask==3']);
  });

  it('is refused where it names a file that is not there', () => {
    expect(() => read({ 'requirements.txt': '-r base.txt\n' })).toThrow(
      'config.json: install: requirements.txt names base.txt, and no such file is in the source',
    );
  });

  it.each([
    [['requirements/dev.txt', 'requirements/prod.txt', 'requirements/base.txt'], 'requirements/prod.txt'],
    [['requirements/base.txt', 'requirements/test.txt'], 'requirements/base.txt'],
    [['requirements/live.txt', 'requirements/dev.txt'], 'requirements/live.txt'],
    [['requirements-prod.txt', 'requirements-dev.txt'], 'requirements-prod.txt'],
    [['requirements/a.txt', 'requirements/b.txt'], undefined],
    [['requirements/dev.txt'], undefined],
  ])('of %o the one for services is %s', (paths, expected) => {
    expect(requirementFile(treeOf(Object.fromEntries(paths.map((path) => [path, '']))))).toBe(expected);
  });
});

describe('an install of config.json', () => {
  const tree = treeOf({ 'deps/all.txt': 'flask\n-c limits.txt\n', 'deps/limits.txt': '' });

  it.each([
    [['pip', 'install', '-r', 'deps/all.txt']],
    [['python3', '-m', 'pip', 'install', '--no-cache-dir', '-rdeps/all.txt']],
    [['pip3', 'install', '--requirement=deps/all.txt']],
  ])('%o reads its files', (argv) => {
    expect(pipInstallReads(tree, argv)).toMatchObject({
      files: ['deps/all.txt', 'deps/limits.txt'],
      needsSource: false,
    });
  });

  it('of pip has constraints that it does not install', () => {
    const argv = ['pip', 'install', '-c', 'deps/limits.txt', '-r', 'deps/all.txt'];
    expect(
      pipInstallReads(treeOf({ 'deps/all.txt': 'flask\n', 'deps/limits.txt': 'gunicorn\n' }), argv),
    ).toEqual({
      files: ['deps/limits.txt', 'deps/all.txt'],
      needsSource: false,
      packages: ['flask'],
    });
  });

  it.each([
    [['pip', 'install', '.']],
    [['pip', 'install', '-e', '.']],
    [['make', 'install']],
    [['sh', '-c', 'pip install -r deps/all.txt']],
  ])('%o has the whole source', (argv) => {
    expect(pipInstallReads(tree, argv)?.needsSource).not.toBe(false);
  });
});

describe('a line of a Procfile', () => {
  it.each([
    ['gunicorn app:app --log-file -', ['gunicorn', 'app:app', '--log-file', '-']],
    ['gunicorn -b 0.0.0.0:$PORT app:app', ['sh', '-c', 'exec gunicorn -b 0.0.0.0:$PORT app:app']],
    ['uvicorn main:app --port ${PORT:-8000}', ['sh', '-c', 'exec uvicorn main:app --port ${PORT:-8000}']],
    ['PYTHONPATH=src gunicorn shop:app', ['sh', '-c', 'exec env PYTHONPATH=src gunicorn shop:app']],
    [
      'python manage.py migrate && gunicorn app',
      ['sh', '-c', 'python manage.py migrate && exec gunicorn app'],
    ],
    ['cd shop && gunicorn app', ['sh', '-c', 'cd shop && exec gunicorn app']],
    ['gunicorn app | tee log', ['sh', '-c', 'gunicorn app | tee log']],
    ['a; b', ['sh', '-c', 'a; b']],
    ['a & b && c', ['sh', '-c', 'a & b && c']],
    ['sh -c "a && b"', ['sh', '-c', 'exec sh -c "a && b"']],
    ["gunicorn 'shop:create_app()'", ['sh', '-c', "exec gunicorn 'shop:create_app()'"]],
  ])('%s', (line, argv) => {
    expect(procfileCommand(line)).toEqual(argv);
  });
});
