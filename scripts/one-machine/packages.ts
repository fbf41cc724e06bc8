import { execFile } from 'node:child_process';
import { chmodSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { withHostLock } from './host-lock.js';
import type { SetUp } from './set-up.js';

const run = promisify(execFile);

/** Debian package -> a file that it brings. */
type Packages = Readonly<Record<string, string>>;

const NEEDED: Packages = {
  'docker.io': '/usr/sbin/dockerd',
  'docker-registry': '/usr/bin/docker-registry',
  'openssh-server': '/usr/sbin/sshd',
  debootstrap: '/usr/sbin/debootstrap',
  haproxy: '/usr/sbin/haproxy',
  'redis-server': '/usr/bin/redis-server',
  iproute2: '/usr/bin/ip',
  iptables: '/usr/sbin/iptables',
  'apache2-utils': '/usr/bin/htpasswd',
  kcat: '/usr/bin/kcat',
  lxcfs: '/usr/bin/lxcfs',
};

export function missingPackages(
  packages: Packages = NEEDED,
  exists: (path: string) => boolean = existsSync,
): readonly string[] {
  return Object.keys(packages).filter((name) => !exists(packages[name] ?? ''));
}

const POLICY = '/usr/sbin/policy-rc.d';

/** Debian asks this script before it starts a service: 101 forbids it. What was there comes back. */
async function withoutServices<T>(action: () => Promise<T>): Promise<T> {
  const kept = `${POLICY}.slipway-kept`;
  // A kept one that is there already is the original, left by a killed start.
  if (existsSync(POLICY) && !existsSync(kept)) renameSync(POLICY, kept);
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n');
  chmodSync(POLICY, 0o755);
  try {
    return await action();
  } finally {
    rmSync(POLICY, { force: true });
    if (existsSync(kept)) renameSync(kept, POLICY);
  }
}

/** Brings the Debian packages that are missing; their services are not started. */
export async function ensurePackages(setUp: Pick<SetUp, 'report'>, packages?: Packages): Promise<void> {
  if (missingPackages(packages).length === 0) return;
  // Another set-up may be installing them: looked at again once it has finished.
  const action = async (): Promise<void> => {
    const missing = missingPackages(packages);
    if (missing.length > 0) await install(setUp, missing);
  };
  const onWait = (): void =>
    setUp.report('Debian packages', 'working', 0, 'waiting for another set-up that installs them');
  await withHostLock('packages', action, { onWait });
}

const INSTALL = ['install', '-y', '-q', '--no-install-recommends'];
/** Somebody else's apt-get may be running, such as that of unattended upgrades. */
const WAIT = ['-o', 'DPkg::Lock::Timeout=300'];

async function install({ report }: Pick<SetUp, 'report'>, missing: readonly string[]): Promise<void> {
  const started = performance.now();
  report('Debian packages', 'working', 0, `installing ${missing.join(', ')}`);
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 1 << 26 };
  try {
    await withoutServices(async () => {
      // What an interrupted installation left half done would fail this one.
      await run('dpkg', ['--configure', '-a'], options);
      await run('apt-get', ['update', '-q'], options);
      await run('apt-get', [...INSTALL, ...WAIT, ...missing], options);
    });
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim().split('\n').slice(-8).join('\n');
    throw new Error(
      `These Debian packages are missing and apt-get could not bring them: ${missing.join(', ')}.\n` +
        `By hand, as root: apt-get update && apt-get install --no-install-recommends ${missing.join(' ')}\n${said ?? ''}`,
      { cause },
    );
  }
  report('Debian packages', 'ready', performance.now() - started);
}
