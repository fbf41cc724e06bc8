import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { until } from '#libs/testing';
import { answers, Child } from '../../scripts/one-machine/child.js';
import { joining } from '../../scripts/one-machine/control-group.js';
import type { EngineHost } from '../../scripts/one-machine/engine-host.js';
import { cutOff } from '../replicas/cut-off.js';
import type { Installation } from './installation.js';

const run = promisify(execFile);
const SSH_PORT = 22;
const CUT_OFF_MS = 12_000;
const CRASHED_MS = 6_000;
const WITHOUT_SSHD_MS = 4_000;
const FULL_MS = 10_000;

export async function cutOffNode(installation: Installation): Promise<void> {
  const join = await cutOff(installation.host(0).name);
  await delay(CUT_OFF_MS).finally(join);
}

/** All its processes are gone at once; it comes back with its disk. */
export async function crashNode(installation: Installation): Promise<void> {
  const host = installation.host(1);
  await host.crash();
  await delay(CRASHED_MS);
  await host.boot();
  await until(`the sshd of ${host.name}`, () => answers(SSH_PORT, host.address));
}

/** On every node: the server and all its sessions end, and it is started again. */
export async function restartSshd({ hosts, ledger }: Installation): Promise<void> {
  for (const host of hosts) for (const pid of await sshdsOf(host)) process.kill(pid, 'SIGKILL');
  await delay(WITHOUT_SSHD_MS);
  for (const host of hosts) {
    const into = ['-t', String(host.pid()), '-m', '-u', '-i', '-n', '-p', ...joining(host.group)];
    const sshd = ['/usr/sbin/sshd', '-D', '-e', '-f', join(host.folder, 'sshd_config')];
    const child = new Child(`The sshd of ${host.name}`, 'nsenter', [...into, ...sshd], { ledger });
    await child.until(() => answers(SSH_PORT, host.address));
  }
}

/** Processes of the node's own sshd: those in its network that bear that name. */
async function sshdsOf(host: EngineHost): Promise<readonly number[]> {
  const networkOf = (pid: unknown): Promise<string> =>
    readlink(`/proc/${String(pid)}/ns/net`).catch(() => '');
  const nameOf = (pid: unknown): Promise<string> =>
    readFile(`/proc/${String(pid)}/comm`, 'utf8').catch(() => '');
  const own = await networkOf(host.pid());
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => (await networkOf(pid)) === own && (await nameOf(pid)).startsWith('sshd')),
  );
  return pids.filter((_, n) => found[n]).map(Number);
}

/** Of the node whose disk is small: a file takes all that is left of it. */
export async function fillDisk(installation: Installation): Promise<void> {
  const host = installation.host(-1);
  const disk = join(host.folder, 'docker');
  const ballast = join(disk, 'ballast');
  const inside = async (...command: readonly string[]): Promise<string> =>
    (await run('nsenter', ['-t', String(host.pid()), '-m', ...command])).stdout;
  const left = (await inside('df', '--output=avail', '-B1', disk)).split('\n')[1]?.trim();
  await inside('fallocate', '-l', String(left), ballast);
  await delay(FULL_MS).finally(() => inside('rm', ballast));
}
