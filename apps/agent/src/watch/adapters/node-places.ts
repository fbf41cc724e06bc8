import { createHash } from 'node:crypto';
import type { Pool } from '#libs/postgres';
import { readNodeLogin, type RegistryNode } from '#libs/registry-client';
import { type AtRestKeys, decryptAtRest } from '#libs/secrets';
import type { SshLogin, SshTarget } from '#libs/ssh';
import type { Logger } from '#libs/telemetry';
import type { Semaphore } from '../semaphore.js';
import type { NodePlace } from '../watched-nodes.js';
import { LocalNode } from './local-node.js';
import { SshNode, type WayToNode } from './ssh-node.js';

/** What is secret of the way to a node. */
type NodeLogin = SshLogin & { readonly jump?: SshLogin };

interface NodePlacesParts {
  readonly pool: Pool;
  readonly keys: AtRestKeys;
  readonly logger: Pick<Logger, 'debug'>;
  /** The node that this agent runs on, if it does. */
  readonly localNode: string | undefined;
  readonly turns: Pick<Semaphore, 'run'>;
}

/** Undefined where the node was removed. Throws SealError where its login rests under another key. */
export async function placeOf(
  { pool, keys, logger, localNode, turns }: NodePlacesParts,
  name: string,
): Promise<NodePlace | undefined> {
  const enrolled = await readNodeLogin(pool, name);
  if (enrolled === undefined) return undefined;
  const { firstPort, lastPort } = enrolled.node;
  const range = { firstPort, lastPort };
  if (name === localNode) {
    const socketPath = enrolled.node.socketPath ?? undefined;
    return { key: `local ${socketPath}`, range, open: () => new LocalNode(socketPath) };
  }
  const login = (await decryptAtRest(keys, enrolled.loginEncrypted)) as NodeLogin;
  const way = wayTo(enrolled.node, login);
  const key = createHash('sha256').update(JSON.stringify(way)).digest('base64url');
  return { key, range, open: () => new SshNode(way, logger, turns) };
}

type Machine = Pick<RegistryNode, 'address' | 'sshPort' | 'sshUser' | 'hostKeyFingerprint'> & {
  readonly hostKeyType?: RegistryNode['hostKeyType'];
};

const machineOf = (machine: Machine, login: SshLogin): SshTarget => ({
  ...{ host: machine.address, port: machine.sshPort, user: machine.sshUser, login },
  hostKeyFingerprint: machine.hostKeyFingerprint,
  ...(machine.hostKeyType && { hostKeyType: machine.hostKeyType }),
});

function wayTo(node: RegistryNode, { jump: jumpLogin, ...login }: NodeLogin): WayToNode {
  const target = machineOf(node, login);
  const isBehind = node.jump !== null && jumpLogin !== undefined;
  return {
    target: { ...target, ...(isBehind && { jump: machineOf(node.jump, jumpLogin) }) },
    ...(node.socketPath !== null && { socketPath: node.socketPath }),
  };
}
