import { SshPool } from '#libs/ssh';
import type { OneMachine } from '../one-machine/start.js';
import type { FleetNodes, Sides } from './fleet.js';
import { enginesOf } from './node-engine.js';
import { SlipwayUser } from './slipway-user.js';

/** A user of the platform, and the engines of its nodes. They end with `stops`. */
export async function sidesOf(
  machine: OneMachine,
  stops: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<Sides> {
  const env: Record<string, string | undefined> = { ...process.env, ...machine.env };
  const user = new SlipwayUser(env, signal);
  await user.connect();
  stops.defer(() => user.close());
  const ssh = new SshPool();
  stops.defer(() => ssh.close());
  const engines = await enginesOf(ssh, machine.nodes);
  const nodes: FleetNodes = new Map(
    machine.nodes.flatMap(({ name, address }) => {
      const engine = engines.get(name);
      return engine === undefined ? [] : [[name, { engine, address }]];
    }),
  );
  const auth = {
    username: env['REGISTRY_USERNAME'] ?? '',
    password: env['REGISTRY_PASSWORD'] ?? '',
    serveraddress: new URL(env['REGISTRY_URL'] ?? '').host,
  };
  return { user, nodes, auth, signal };
}
