import { readFile } from 'node:fs/promises';
import { requireEnv } from './environment.js';

/** A machine with sshd and an engine that tests may deploy to. */
export interface TestNode {
  readonly name: string;
  readonly address: string;
  readonly sshPort: number;
  readonly sshUser: string;
  /** Path of the private key. */
  readonly privateKeyFile: string;
  readonly hostKeyFingerprint: string;
  /** Where it is not the usual one. */
  readonly dockerSocket?: string;
}

/** The machines of the file that SLIPWAY_NODES_FILE names; at least one. */
export async function testNodes(): Promise<readonly [TestNode, ...TestNode[]]> {
  const file = requireEnv('SLIPWAY_NODES_FILE');
  const [first, ...others] = JSON.parse(await readFile(file, 'utf8')) as TestNode[];
  if (first === undefined) throw new Error(`${file} names no node: start the one-machine set-up first`);
  return [first, ...others];
}
