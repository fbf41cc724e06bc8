import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '#libs/testing';
import { engineAnswers } from '../../scripts/one-machine/engine-api.js';
import { ensurePackages } from '../../scripts/one-machine/packages.js';

export interface Podman {
  readonly socketPath: string;
  stop(): Promise<void>;
}

/** More than these are more than a container may have that this runs in. */
const CONTAINERS_CONF = '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n';
/** Its processes, mounts, bridge and firewall rules go with these namespaces. */
const NAMESPACES = ['-m', '-p', '-n', '-f', '--kill-child', '--mount-proc'];

/** Podman's service as root, with storage of its own. Debian's, installed where it is missing. */
export async function startPodman(): Promise<Podman> {
  await ensurePackages({ report: () => undefined }, { podman: '/usr/bin/podman', runc: '/usr/sbin/runc' });
  const folder = mkdtempSync(join(tmpdir(), 'podman-'));
  const socketPath = join(folder, 'podman.sock');
  writeFileSync(join(folder, 'containers.conf'), CONTAINERS_CONF);
  const args = [
    ...[...NAMESPACES, 'podman', '--root', join(folder, 'root'), '--runroot', join(folder, 'run')],
    ...['--runtime', 'runc', '--cgroup-manager', 'cgroupfs'],
    ...['system', 'service', '--time=0', `unix://${socketPath}`],
  ];
  const env = { ...process.env, CONTAINERS_CONF: join(folder, 'containers.conf') };
  const service = spawn('unshare', args, { stdio: 'ignore', env });
  await until('podman to answer', () => existsSync(socketPath) && engineAnswers(socketPath), {
    timeoutMs: 30_000,
  });
  return {
    socketPath,
    async stop() {
      const ended = once(service, 'close');
      service.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
