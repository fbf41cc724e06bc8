import { type EngineProgram, dataOf } from '../../scripts/one-machine/engine-program.js';
import { debianRoot, type Suite } from './debian-root.js';

const SOCKET = '/run/podman/podman.sock';
/**
 * Podman's service, as its unit starts it, with a second name for its socket. It asks for more files and processes than
 * may be had where these tests run in a container, and by crun it wants cgroup v2.
 */
const SERVE = `set -eu
socket=$1 limits=$2
shift 2
mkdir -p /run/podman /etc/containers/containers.conf.d
ln -s "$socket" ${SOCKET}
printf '%s\\n' "$limits" >/etc/containers/containers.conf.d/limits.conf
exec podman "$@" system service --time=0 "unix://$socket"
`;
const LIMITS = '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]';

/** Podman as root on a Debian of its own: 4.3 of bookworm, 5.4 of trixie. */
export async function podman(suite: Suite): Promise<EngineProgram> {
  return {
    root: { path: await debianRoot(suite) },
    usersSocket: SOCKET,
    command: ({ folder, socketPath }) => [
      ...['sh', '-c', SERVE, 'podman', socketPath, LIMITS],
      ...['--root', dataOf(folder), '--runtime', 'runc', '--cgroup-manager', 'cgroupfs'],
    ],
  };
}
