import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { SshTarget } from '#libs/ssh';
import { requireEnv } from './environment.js';

/** One entry of nodes.json: a machine with sshd and an engine that tests may deploy to. */
export interface NodeEntry {
  readonly name: string;
  readonly address: string;
  readonly sshPort: number;
  readonly sshUser: string;
  /** Path of the private key. */
  readonly privateKeyFile: string;
  /** As OpenSSH prints it: SHA256: and base64 without padding. */
  readonly hostKeyFingerprint: string;
  /** Where it is not the usual one. */
  readonly dockerSocket?: string;
}

/** The machines of the file that SLIPWAY_NODES_FILE names; at least one. */
export async function testNodes(): Promise<readonly [NodeEntry, ...NodeEntry[]]> {
  const file = requireEnv('SLIPWAY_NODES_FILE');
  const [first, ...others] = JSON.parse(await readFile(file, 'utf8')) as NodeEntry[];
  if (first === undefined) throw new Error(`${file} names no node: start the one-machine set-up first`);
  return [first, ...others];
}

/** The way in to a node, with its private key. */
export function sshTargetOf(node: NodeEntry): SshTarget {
  const { address: host, sshPort: port, sshUser: user, hostKeyFingerprint } = node;
  const login = { privateKey: readFileSync(node.privateKeyFile, 'utf8') };
  return { host, port, user, hostKeyFingerprint, login };
}
