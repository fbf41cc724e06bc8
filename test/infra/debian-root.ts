import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { madeOnce } from '../../scripts/one-machine/made-once.js';

const run = promisify(execFile);

export type Suite = 'bookworm' | 'trixie';

/** A way in, and what engines do with networks. */
const ALWAYS = ['ca-certificates', 'iproute2', 'iptables', 'nftables', 'openssh-server', 'procps'];
const BARE = ['ca-certificates', 'dbus', 'iproute2', 'openssh-server', 'procps', 'systemd-sysv'];
const PODMAN = ['podman', 'runc', 'catatonit', 'netavark', 'aardvark-dns'];
const DOCKER = ['docker.io', 'docker-cli', 'tini'];
const ROOTLESS = ['rootlesskit', 'slirp4netns', 'uidmap', 'fuse-overlayfs'];
/** One for all engines of a suite: each takes minutes to make. */
const PACKAGES: Readonly<Record<Suite, readonly string[]>> = {
  bookworm: [...ALWAYS, ...PODMAN],
  trixie: [...ALWAYS, ...PODMAN, ...DOCKER, ...ROOTLESS],
};

/** The root file system of a Debian that has what engines need. */
export const debianRoot = (suite: Suite): Promise<string> => rootWith(suite, PACKAGES[suite]);

/** That of a Debian 12 as a provider installs it: it boots by systemd, has a way in, and no engine. */
export const bareDebianRoot = (): Promise<string> => rootWith('bookworm', BARE);

async function rootWith(suite: Suite, packages: readonly string[]): Promise<string> {
  const included = packages.join(',');
  const hash = createHash('sha256').update(included).digest('hex').slice(0, 12);
  const folder = await madeOnce(`debian-${suite}-${hash}`, (path) =>
    run('debootstrap', ['--variant=minbase', `--include=${included}`, suite, join(path, 'root')], {
      maxBuffer: 1 << 26,
    }),
  );
  return join(folder, 'root');
}
