import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type NodeEntry, testNodes, uniqueName } from '#libs/testing';
import { Client, greeter } from './client.js';
import { answerOf, slipway } from './command.js';
import { onNode } from './world.js';

const client = new Client();
const nodes = await testNodes();
const appId = uniqueName('ways');
let folder: string;

beforeAll(async () => {
  await client.connect();
  folder = await mkdtemp(join(tmpdir(), 'ways-'));
});
afterAll(async () => {
  await client.ask({ mode: 'stop', appId, services: ['web'] });
  for (const { name, address, privateKeyFile } of nodes)
    await slipway('node', 'add', name, '--address', address, '--key-file', privateKeyFile);
  await client.close();
  await rm(folder, { recursive: true });
});

/** Each node behind another one. */
const jumpOf = (name: string): NodeEntry =>
  nodes[(nodes.findIndex((node) => node.name === name) + 1) % nodes.length] ?? nodes[0];

const hostOf = ({ name, address, sshPort, sshUser, privateKeyFile }: NodeEntry, jump?: string): string =>
  [
    `Host ${jump === undefined ? `by-${name}` : name}`,
    ...[`HostName ${address}`, `Port ${sshPort}`, `User ${sshUser}`, `IdentityFile ${privateKeyFile}`],
    ...(jump === undefined ? [] : [`ProxyJump ${jump}`]),
  ].join('\n  ');

it('nodes behind jump hosts, with a socket of their own, are enrolled by the file of ssh and run a service', async () => {
  const file = join(folder, 'config');
  const hosts = nodes.flatMap((node) => [hostOf(node), hostOf(node, `by-${jumpOf(node.name).name}`)]);
  await writeFile(file, `${hosts.join('\n')}\n`);
  for (const { name, address } of nodes) {
    const added = await slipway(
      'node',
      'add',
      name,
      '--ssh-config',
      file,
      '--socket',
      '/run/docker.sock',
      '--json',
    );
    expect(added.err).toBe('');
    const { address: by, hostKeyFingerprint } = jumpOf(name);
    expect(answerOf(added.out)).toMatchObject({
      ...{ name, address, state: 'ready', socketPath: '/run/docker.sock', hostKeyType: 'ed25519' },
      jump: { address: by, hostKeyFingerprint, hostKeyType: 'ed25519' },
    });
  }
  await client.push(appId, 'web', greeter('hello'));
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  const [service] = reply.services;
  expect(service).toMatchObject({ status: 'running' });
  const placed = nodes.find(({ name }) => name === service?.instances[0]?.node);
  const { name = '', address = '' } = placed ?? {};
  const connections = await onNode(jumpOf(name).name, 'ss', '-Htn', 'state', 'established', 'dst', address);
  expect(connections).toContain(`${address}:22`);
});
