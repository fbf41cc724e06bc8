import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { NodeEntry } from '#libs/testing';
import { answers } from './child.js';
import type { MachineSize } from './control-group.js';
import { type EngineHost, startEngineHost, writeSecret } from './engine-host.js';
import type { EngineProgram } from './engine-program.js';
import type { Network } from './network.js';
import type { RegistryAccess } from './registry.js';
import type { SetUp } from './set-up.js';

const run = promisify(execFile);
const SSH_PORT = 22;
/** The bridge has .1, the builder .10. */
const FIRST_HOST = 11;
const READY_MS = 10_000;
/** A limit and no reservation: of what nodes do not use, nothing is taken from this machine. */
const MEMORY_MIB = 2048;

export interface RunningNode {
  readonly entry: NodeEntry;
  readonly engine: EngineHost;
}

async function makeKey(path: string): Promise<void> {
  rmSync(path, { force: true });
  rmSync(`${path}.pub`, { force: true });
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'slipway-one-machine', '-f', path]);
}

/** The key that opens every node of this start. */
export async function makeLoginKey({ slot }: SetUp): Promise<string> {
  const path = join(slot.directory, 'login-key');
  await makeKey(path);
  return path;
}

function sshdConfig(folder: string, loginKey: string): string {
  return [
    `HostKey "${join(folder, 'host-key')}"`,
    `AuthorizedKeysFile "${loginKey}.pub"`,
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    // Without PAM an account without a password counts as locked.
    'UsePAM yes',
    'PrintMotd no',
    'PidFile none',
    'MaxSessions 64',
    'MaxStartups 64:30:128',
    // The engine's own client, before any other that the machine may have.
    'SetEnv PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    '',
  ].join('\n');
}

interface NodeOptions {
  readonly network: Network;
  readonly registry: RegistryAccess;
  readonly loginKey: string;
  readonly program: EngineProgram;
  readonly diskMiB?: number;
  /** All processors of this machine and 2 GiB when left out. */
  readonly size?: MachineSize;
  /** The folder of its host figures; this machine's when left out. */
  readonly figures?: string;
}

/** Node number `index` (from 1): its own sshd with a pinned host key before its own engine. */
export async function startNode(setUp: SetUp, index: number, options: NodeOptions): Promise<RunningNode> {
  const { network, registry, loginKey, program, diskMiB = 0, figures } = options;
  const name = `node-${index}`;
  const folder = join(setUp.slot.directory, name);
  mkdirSync(folder, { recursive: true });
  await makeKey(join(folder, 'host-key'));
  const config = join(folder, 'sshd_config');
  writeFileSync(config, sshdConfig(folder, loginKey));
  const engine = await startEngineHost(setUp, {
    ...{ name, network, registry, program, figures },
    ...(diskMiB > 0 && { diskMiB }),
    // A disk in memory is memory of the node.
    size: { memoryMiB: MEMORY_MIB + diskMiB, ...options.size },
    host: FIRST_HOST - 1 + index,
    sshdConfig: config,
  });
  for (
    const deadline = performance.now() + READY_MS;
    !(await answers(SSH_PORT, engine.address));
    await delay(20)
  )
    if (performance.now() > deadline)
      throw new Error(`The sshd of ${name} does not answer: see ${folder}/sshd.log`);
  const { stdout } = await run('ssh-keygen', ['-l', '-E', 'sha256', '-f', join(folder, 'host-key.pub')]);
  const entry = {
    ...{ name, address: engine.address, sshPort: SSH_PORT, privateKeyFile: loginKey },
    ...{ sshUser: program.sshUser ?? 'root', hostKeyFingerprint: stdout.split(' ')[1] ?? '' },
    ...(program.usersSocket !== undefined && { dockerSocket: program.usersSocket }),
  };
  return { entry, engine };
}

/** Writes nodes.json and returns its path. */
export function writeNodes({ slot }: SetUp, nodes: readonly NodeEntry[]): string {
  const path = join(slot.directory, 'nodes.json');
  writeSecret(path, `${JSON.stringify(nodes, null, 2)}\n`);
  return path;
}
