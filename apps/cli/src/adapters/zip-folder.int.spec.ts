import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import AdmZip from 'adm-zip';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TestFolder } from './service-folder.testing.js';
import { sentFolder } from './sent-folder.js';
import { zipFolder as zipOf } from './zip-folder.js';

let folder: TestFolder;
beforeEach(async () => {
  folder = await TestFolder.make();
});
afterEach(() => folder.remove());

/** What is sent of a folder, and its zip. */
async function zipFolder(directory: string) {
  const sent = await sentFolder(directory);
  return { bytes: await zipOf(sent), leftOut: sent.leftOut };
}

const service = (name: string): Promise<string> => folder.service(name);

const names = (bytes: Buffer): string[] => new AdmZip(bytes).getEntries().map((entry) => entry.entryName);

describe('zipping a folder', () => {
  it('keeps folders and executable bits and leaves dependencies out', async () => {
    const root = await service('prices');
    await mkdir(join(root, 'bin'));
    await writeFile(join(root, 'bin/start'), '#!/bin/sh\n');
    await chmod(join(root, 'bin/start'), 0o755);
    await mkdir(join(root, 'node_modules'));
    await writeFile(join(root, 'node_modules/big.js'), '');
    const { bytes, leftOut } = await zipFolder(root);
    expect(names(bytes)).toEqual(['bin/start', 'config.json']);
    const modes = new AdmZip(bytes).getEntries().map((entry) => entry.attr >>> 16);
    expect(modes).toEqual([0o100755, 0o100644]);
    expect(leftOut).toEqual([{ path: 'node_modules/', by: 'default' }]);
  });

  it('case 19: an empty folder was lost: it is sent, also where all that it holds is left out', async () => {
    const root = await service('prices');
    await mkdir(join(root, 'uploads/new'), { recursive: true });
    await mkdir(join(root, 'lib/__pycache__'), { recursive: true });
    await writeFile(join(root, 'lib/__pycache__/a.pyc'), '');
    await mkdir(join(root, 'node_modules'));
    const { bytes } = await zipFolder(root);
    expect(names(bytes)).toEqual(['config.json', 'lib/', 'uploads/new/']);
    expect((await zipFolder(root)).bytes).toEqual(bytes);
  });

  it('a Dockerfile in a folder of its own was left out by the .dockerignore that names the folder', async () => {
    const root = await service('prices');
    await mkdir(join(root, 'docker'));
    await writeFile(join(root, 'docker/Dockerfile'), 'FROM a\n');
    await writeFile(join(root, 'docker/notes.txt'), '');
    await writeFile(join(root, '.dockerignore'), 'docker\n');
    const config = { runtime: 'dockerfile', port: 80, dockerfile: 'docker/Dockerfile' };
    await writeFile(join(root, 'config.json'), JSON.stringify(config));
    expect(names((await zipFolder(root)).bytes)).toEqual([
      '.dockerignore',
      'config.json',
      'docker/Dockerfile',
    ]);
  });

  it('refuses a link, which the deployer would refuse later', async () => {
    const root = await service('prices');
    await symlink('/etc/hostname', join(root, 'link'));
    await expect(zipFolder(root)).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE', exitCode: 2 });
    await expect(zipFolder(root)).rejects.toThrow('link is a link to /etc/hostname');
  });

  it('the same folder made another zip two seconds later: equal folders give equal bytes', async () => {
    const content = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(path, content), { selector: ([name]) => name }),
        fc.tuple(moment, moment),
        fc.tuple(moment, moment),
        async (files, [mtime, otherMtime], [now, otherNow]) => {
          const zip = await zippedAt(now, await written(files, mtime));
          expect(await zippedAt(otherNow, await written(files.toReversed(), otherMtime))).toEqual(zip);
          expect(names(zip)).toHaveLength(files.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('the order of a zip depended on the language of the machine', async () => {
    const root = await service('prices');
    for (const name of ['ä', 'z', 'B', 'a', 'Ö']) await writeFile(join(root, name), name);
    expect(names((await zipFolder(root)).bytes)).toEqual(['B', 'a', 'config.json', 'z', 'Ö', 'ä']);
  });
});

/** Folders and files never share a name. */
const path = fc
  .tuple(
    fc.array(fc.constantFrom('lib', 'Lib', 'über'), { maxLength: 2 }),
    fc.constantFrom('a', 'B', 'ä', 'z.js'),
  )
  .map(([folders, file]) => [...folders, file].join('/'));
const moment = fc.date({ min: new Date('1971-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });

/** A folder with these files, made in this order and last changed then. */
async function written(files: readonly (readonly [string, Uint8Array])[], mtime: Date): Promise<string> {
  const root = await mkdtemp(join(folder.path, 'tree-'));
  for (const [name, bytes] of files) {
    const file = join(root, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
    await utimes(file, mtime, mtime);
  }
  return root;
}

async function zippedAt(now: Date, root: string): Promise<Buffer> {
  vi.useFakeTimers({ toFake: ['Date'], now });
  try {
    return (await zipFolder(root)).bytes;
  } finally {
    vi.useRealTimers();
  }
}

type Files = Readonly<Record<string, string>>;

/** What is zipped of a folder with these files beside its config.json, and what is not. */
async function zipped(files: Files, links: Files = {}): Promise<{ in: string[]; out: Files }> {
  const root = await service('prices');
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  for (const [name, target] of Object.entries(links)) await symlink(target, join(root, name));
  const { bytes, leftOut } = await zipFolder(root);
  return {
    in: names(bytes).filter((name) => name !== 'config.json'),
    out: Object.fromEntries(leftOut.map(({ path, by }) => [path, by])),
  };
}

describe('what does not belong in a source was uploaded, or refused the upload', () => {
  const dirty: Files = {
    ...{ 'app.py': '', 'venv/pyvenv.cfg': '', '.git/HEAD': '', '.env': 'TOKEN=hunter2', '.env.local': '' },
    ...{ 'lib/node_modules/a.js': '', 'lib/__pycache__/a.pyc': '', '.DS_Store': '', '.env.example': '' },
    ...{ 'mine/pyvenv.cfg': '', 'lib/a.py': '' },
  };

  it('links of a venv and secrets in .env: both are left out, and said', async () => {
    const found = await zipped(dirty, { 'venv/python': '/usr/bin/python3', '.venv': 'venv' });
    expect(found.in).toEqual(['.env.example', 'app.py', 'lib/a.py']);
    const paths = ['.DS_Store', '.env', '.env.local', '.git/', '.venv', 'lib/__pycache__/'];
    const out = [...paths, 'lib/node_modules/', 'mine/', 'venv/'];
    expect(found.out).toEqual(Object.fromEntries(out.map((path) => [path, 'default'])));
  });

  it.each<[string, Files, readonly string[]]>([
    ['.slipwayignore', { '.slipwayignore': 'a', '.dockerignore': 'b', '.gitignore': 'c' }, ['a']],
    ['.dockerignore', { '.dockerignore': 'b', '.gitignore': 'c' }, ['b']],
    ['.gitignore', { '.gitignore': 'c' }, ['c']],
    ['an empty .slipwayignore', { '.slipwayignore': '', '.dockerignore': 'b', '.gitignore': 'c' }, []],
  ])('what %s names was uploaded: the first of the ignore files holds', async (name, files, out) => {
    const found = await zipped({ ...files, a: '', b: '', c: '' });
    expect(found.out).toEqual(Object.fromEntries(out.map((path) => [path, name])));
    expect(found.in.filter((path) => !path.startsWith('.'))).toEqual(
      ['a', 'b', 'c'].filter((path) => !out.includes(path)),
    );
  });

  it('the .gitignore of a folder within was not read: it counts below it, and before those above it', async () => {
    const found = await zipped({
      ...{ '.gitignore': '*.log\n/cache/\n', 'web/.gitignore': '/dist/\n!keep.log\n', 'a.log': '' },
      ...{ 'web/dist/a.js': '', 'web/src/dist/b.js': '', 'web/keep.log': '', 'web/b.log': '' },
      ...{ 'dist/c.js': '', 'cache/.gitignore': '!a.txt\n', 'cache/a.txt': '' },
    });
    const out = ['a.log', 'cache/', 'web/b.log', 'web/dist/'];
    expect(found.out).toEqual(Object.fromEntries(out.map((path) => [path, '.gitignore'])));
    expect(found.in.filter((path) => !path.endsWith('.gitignore'))).toEqual([
      'dist/c.js',
      'web/keep.log',
      'web/src/dist/b.js',
    ]);
  });

  it.each(['.slipwayignore', '.dockerignore'])(
    'beside %s no .gitignore counts, in no folder',
    async (name) => {
      const found = await zipped({ [name]: 'a\n', 'web/.gitignore': '*\n', 'web/b': '', a: '' });
      expect(found.out).toEqual({ a: name });
    },
  );

  it('a link that an ignore file names was refused', async () => {
    const found = await zipped({ '.gitignore': 'current\n' }, { current: '/srv/data' });
    expect(found.out).toEqual({ current: '.gitignore' });
  });

  it('config.json cannot be left out, nor the Dockerfile', async () => {
    const root = await service('site');
    await writeFile(join(root, '.dockerignore'), '*\nDockerfile\nconfig.json\n');
    await writeFile(join(root, 'Dockerfile'), 'FROM scratch\n');
    expect(names((await zipFolder(root)).bytes)).toEqual(['.dockerignore', 'Dockerfile', 'config.json']);
  });

  it('keys and logins of a person went into the image', async () => {
    const files = {
      id_rsa: 'hunter2',
      '.aws/credentials': '',
      'deploy/.ssh/id_ed25519': '',
      'deploy/run': '',
      'tls/server.key': '',
    };
    const { in: sent, out } = await zipped(files);
    expect(sent).toEqual(['deploy/run', 'tls/server.key']);
    expect(Object.keys(out)).toEqual(['.aws/', 'deploy/.ssh/', 'id_rsa']);
  });

  it('.slipwayignore alone brings back what never belongs', async () => {
    const files = { '.env.production': 'VITE_API=/api', 'node_modules/a.js': '' };
    const back = await zipped({ ...files, '.slipwayignore': '!.env.production\n' });
    expect(back).toEqual({
      in: ['.env.production', '.slipwayignore'],
      out: { 'node_modules/': 'default' },
    });
    await rm(join(folder.path, 'prices'), { recursive: true });
    const gone = await zipped({ ...files, '.gitignore': '!.env.production\n' });
    expect(gone.in).toEqual(['.gitignore']);
  });
});

describe('a .dockerignore', () => {
  it('was read as git reads: its patterns begin at the root, and the last that matches counts', async () => {
    const files = { 'dist/a.js': '', 'src/dist/b.js': '', 'src/app/c.js': '', 'src/d.log': '', 'e.log': '' };
    const patterns = '# no logs\n*.log\n/dist/\nsrc\n!src/app\n!./src/dist/\n';
    const found = await zipped({ ...files, '.dockerignore': patterns });
    expect(found.in).toEqual(['.dockerignore', 'src/app/c.js', 'src/dist/b.js']);
    const out = { 'dist/': '.dockerignore', 'e.log': '.dockerignore', 'src/d.log': '.dockerignore' };
    expect(found.out).toEqual(out);
  });
});

describe('a .dockerignore of one Dockerfile', () => {
  const files = { 'docs/a.md': '', 'src/b.js': '', '.dockerignore': 'src\n' };

  it('was not read, and what it keeps was left out by the other one', async () => {
    const own = { 'Dockerfile.dockerignore': 'docs\nDockerfile.dockerignore\n', Dockerfile: 'FROM a\n' };
    const found = await zipped({ ...files, ...own });
    expect(found.in).toEqual(['.dockerignore', 'Dockerfile', 'Dockerfile.dockerignore', 'src/b.js']);
    expect(found.out).toEqual({ 'docs/': 'Dockerfile.dockerignore' });
  });

  it('says nothing of other Dockerfiles', async () => {
    const other = { 'Dockerfile.dev.dockerignore': 'docs\n', 'Dockerfile.dev': '', Dockerfile: 'FROM a\n' };
    expect((await zipped({ ...files, ...other })).out).toEqual({ 'src/': '.dockerignore' });
  });
});

describe('what the Dockerfile copies is sent', () => {
  const built: Files = {
    ...{ 'dist/a.js': '', 'target/app.jar': '', 'target/tmp/b.class': '', 'a.log': '', 'src/c.ts': '' },
    '.gitignore': 'dist/\ntarget/\n*.log\n',
  };
  it.each<[string, string, readonly string[]]>([
    ['by its name', 'COPY dist ./dist', ['dist/a.js', 'src/c.ts']],
    ['by a pattern', 'copy --chown=1:1 target/*.jar \\\n  app.jar', ['src/c.ts', 'target/app.jar']],
    ['as a list', 'ADD ["dist", "target/tmp/", "/x/"]', ['dist/a.js', 'src/c.ts', 'target/tmp/b.class']],
    ['by a variable', 'ARG OUT\nCOPY ${OUT}/a.js ./', ['dist/a.js', 'src/c.ts']],
    ['not from another stage', 'COPY --from=build /dist /dist\nADD https://x/dist /d', ['src/c.ts']],
    ['not in a comment', '# COPY dist /dist', ['src/c.ts']],
  ])('%s, whatever .gitignore says', async (_how, lines, expected) => {
    const found = await zipped({ ...built, Dockerfile: `FROM node:24\n${lines}\n` });
    expect(found.in.filter((path) => !['.gitignore', 'Dockerfile'].includes(path))).toEqual(expected);
  });

  it('with the whole folder: docker build does not read .gitignore either', async () => {
    const found = await zipped({ ...built, '.env': '', Dockerfile: 'FROM node:24\nCOPY . .\n' });
    expect(found.out).toEqual({ '.env': 'default' });
  });

  it('what never belongs only by its own name', async () => {
    const files = { 'src/node_modules/a.js': '', 'node_modules/b/node_modules/b.js': '', '.env': '' };
    const named = 'COPY src ./src\nCOPY ./node_modules /app/node_modules/\n';
    const found = await zipped({ ...files, Dockerfile: named });
    expect(found.in).toEqual(['Dockerfile', 'node_modules/b/node_modules/b.js', 'src/']);
    expect(found.out).toEqual({ '.env': 'default', 'src/node_modules/': 'default' });
  });
});
