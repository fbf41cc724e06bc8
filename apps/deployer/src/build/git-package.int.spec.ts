import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { folderTree, packDirectory } from '#libs/archive';
import { parseServiceConfig } from '#libs/contracts';
import { connectEngine, type Engine } from '#libs/engine';
import { detect } from '#libs/source-detect';
import { DOCKER_SOCKET, SshPool } from '#libs/ssh';
import { requireEnv, sshTargetOf, testNodes, uniqueName } from '#libs/testing';
import { asWritten, writeDockerfile } from './domain/dockerfile.js';

/** A package that requirements.txt names by an address of git, from a repository that the test serves. */

const byRuntime = Object.fromEntries(
  requireEnv('BASE_IMAGES')
    .split(',')
    .map((pair) => pair.split('=') as [string, string]),
);
const folder = mkdtempSync(join(tmpdir(), 'slipway-git-'));
const ssh = new SshPool();
let engine: Engine;
let server: Server;
let address: string;

beforeAll(async () => {
  const [node] = await testNodes();
  engine = connectEngine({ ssh, target: sshTargetOf(node), socketPath: node.dockerSocket ?? DOCKER_SOCKET });
  makeRepository(join(folder, 'units'));
  server = createServer(({ url = '' }, response) => {
    const path = join(folder, new URL(url, 'http://host').pathname);
    const isThere = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
    response.writeHead(isThere ? 200 : 404).end(isThere ? readFileSync(path) : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as AddressInfo;
  // Who pulls images from this machine reaches it.
  address = `http://${new URL(requireEnv('REGISTRY_URL')).hostname}:${port}/units/.git`;
});
afterAll(async () => {
  server.close();
  rmSync(folder, { recursive: true });
  await engine.close();
  await ssh.close();
});

function makeRepository(path: string): void {
  mkdirSync(path);
  const git = (...words: string[]): unknown =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...words], { cwd: path });
  writeFileSync(
    join(path, 'setup.py'),
    'from setuptools import setup\nsetup(name="by-git", version="7", py_modules=["by_git"])\n',
  );
  writeFileSync(join(path, 'by_git.py'), 'KNOTS = 7\n');
  git('init', '-q');
  git('add', '.');
  git('commit', '-q', '-m', 'Tie');
  // What a plain web server needs to give it out.
  git('update-server-info');
}

it('is installed: the base image lacks git, so it is brought before', async () => {
  const source = join(folder, 'source');
  mkdirSync(source);
  writeFileSync(join(source, 'requirements.txt'), `by-git @ git+${address}\n`);
  writeFileSync(join(source, 'main.py'), 'import by_git\n');
  const config = parseServiceConfig(JSON.stringify({ runtime: 'python', command: 'python main.py' }));
  const plan = detect(await folderTree(source), config);
  const written = writeDockerfile(plan, { config, images: { byRuntime, legacy: {} }, cacheMounts: false });
  const context = packDirectory(source, { extraFiles: { Dockerfile: written?.dockerfile ?? '' } });
  const tag = `${uniqueName('git')}:1`;
  const said: string[] = [];
  await engine.build({ context, tag, labels: {}, onOutput: (line) => said.push(asWritten(line)) });
  await engine.removeImage(tag);
  expect(said.join('\n')).toContain('Successfully installed by-git-7');
  expect(said.join('\n')).toContain('install git');
});
