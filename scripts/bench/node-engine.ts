import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { connectEngine, type Engine } from '#libs/engine';
import type { SshPool, SshTarget } from '#libs/ssh';
import type { NodeEntry } from '../one-machine/nodes.js';
import { DOCKER } from './by-hand.js';

const run = promisify(execFile);

export async function targetOf(node: NodeEntry): Promise<SshTarget> {
  return {
    host: node.address,
    port: node.sshPort,
    user: node.sshUser,
    hostKeyFingerprint: node.hostKeyFingerprint,
    login: { privateKey: await readFile(node.privateKeyFile, 'utf8') },
  };
}

/** By node name, each over the pool's kept connection. */
export async function enginesOf(
  ssh: SshPool,
  nodes: readonly NodeEntry[],
): Promise<ReadonlyMap<string, Engine>> {
  const engines = new Map<string, Engine>();
  for (const node of nodes) engines.set(node.name, connectEngine({ ssh, target: await targetOf(node) }));
  return engines;
}

export interface Places {
  readonly ssh: SshPool;
  readonly nodes: readonly NodeEntry[];
  readonly builder: string;
}

/** Removes the images of these names from the builder and the nodes, whoever brought them there. */
export async function removeImages({ ssh, nodes, builder }: Places, pattern: string): Promise<void> {
  const here = async (args: readonly string[]): Promise<string> =>
    (await run(DOCKER, ['-H', builder, ...args])).stdout;
  const places = nodes.map((node) => async (args: readonly string[]): Promise<string> => {
    const { stdout } = await ssh.exec(await targetOf(node), [DOCKER, ...args], { timeoutMs: 60_000 });
    return stdout;
  });
  await Promise.all(
    [here, ...places].map(async (docker) => {
      const listed = await docker(['image', 'ls', '-q', '--no-trunc', '--filter', `reference=${pattern}`]);
      const ids = [...new Set(listed.split('\n').filter((id) => id !== ''))];
      if (ids.length > 0) await docker(['image', 'rm', '-f', ...ids]);
    }),
  );
}
