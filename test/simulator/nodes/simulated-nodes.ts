import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type Connection } from 'ssh2';
import { fingerprint, makePrivateKey } from '#libs/ssh';
import { answerLoop } from './answer-loop.js';
import { NodeEngines } from './node-engines.js';
import { type NodeOptions, SimulatedNode } from './simulated-node.js';

export interface SimulatedNodes {
  readonly hostKeyFingerprint: string;
  /** Each has a port of its own. Their names are the names of the users to log in as; any password will do. */
  readonly nodes: readonly { readonly name: string; readonly port: number }[];
  close(): void;
}

/**
 * One SSH server of this machine that is many nodes. It runs the agent's loop, `true` and nothing else, and forwards the
 * socket of an engine, whatever its path.
 */
export async function startSimulatedNodes(count: number, options: NodeOptions): Promise<SimulatedNodes> {
  const names = Array.from({ length: count }, (_, n) => `node-${String(n + 1).padStart(4, '0')}`);
  const nodes = new Map(names.map((name) => [name, new SimulatedNode(name, options)]));
  const engines = new NodeEngines();
  const hostKey = makePrivateKey('simulated');
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    let node: SimulatedNode | undefined;
    // An agent that ends cuts its connections.
    client.on('error', () => client.end());
    client.on('authentication', (login) => {
      node = nodes.get(login.username);
      if (node === undefined) login.reject();
      else login.accept();
    });
    client.on('ready', () => node && serve(client, node, engines));
  });
  const listeners = await Promise.all(names.map(() => listening(server)));
  const parsed = ssh2.utils.parseKey(hostKey);
  if (parsed instanceof Error) throw parsed;
  return {
    nodes: names.map((name, n) => ({ name, port: (listeners[n]?.address() as AddressInfo).port })),
    hostKeyFingerprint: fingerprint(parsed.getPublicSSH()),
    close: () => listeners.forEach((listener) => listener.close()),
  };
}

async function listening(server: ssh2.Server): Promise<Server> {
  const listener = createServer((socket) => server.injectSocket(socket.setNoDelay()));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return listener;
}

function serve(client: Connection, node: SimulatedNode, engines: NodeEngines): void {
  client.on('session', (accept) => {
    accept().on('exec', (run, reject, { command }) => {
      const [mark] = /\bslipway-[0-9a-f]{12}\b/.exec(command) ?? [];
      if (mark !== undefined) return answerLoop(run() as unknown as Duplex, node, mark);
      if (command !== 'true' && command !== "'true'") return reject();
      const stream = run();
      stream.exit(0);
      stream.end();
    });
  });
  client.on('openssh.streamlocal', (accept) => engines.serve(accept() as unknown as Duplex, node));
}
