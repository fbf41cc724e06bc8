import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { connectEngine, type Engine } from '#libs/engine';
import type { SshPool } from '#libs/ssh';
import { type NodeEntry, sshTargetOf } from '#libs/testing';
import { DOCKER } from './by-hand.js';

const run = promisify(execFile);

/** By node name, each over the pool's kept connection. */
export async function enginesOf(
  ssh: SshPool,
  nodes: readonly NodeEntry[],
): Promise<ReadonlyMap<string, Engine>> {
  const engines = new Map<string, Engine>();
  for (const node of nodes) engines.set(node.name, connectEngine({ ssh, target: sshTargetOf(node) }));
  return engines;
}

interface Places {
  readonly ssh: SshPool;
  readonly nodes: readonly NodeEntry[];
  readonly builder: string;
}

/** Removes the images of these names from the builder and the nodes, whoever brought them there. */
export async function removeImages({ ssh, nodes, builder }: Places, pattern: string): Promise<void> {
  const here = async (args: readonly string[]): Promise<string> =>
    (await run(DOCKER, ['-H', builder, ...args])).stdout;
  const places = nodes.map((node) => async (args: readonly string[]): Promise<string> => {
    const { stdout } = await ssh.exec(sshTargetOf(node), [DOCKER, ...args], { timeoutMs: 60_000 });
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
