import { dataOf, type EngineProgram } from '../../scripts/one-machine/engine-program.js';
import { bareDebianRoot } from './debian-root.js';

/**
 * systemd as the first process. The sshd of the set-up is there already, so that of the machine is left out. What an
 * engine will keep there lies on a disk, because the rest of the machine is in memory.
 */
const BOOT = `set -eu
data=$1
mkdir -p "$data" /var/lib/docker /var/lib/containerd
mount --bind "$data" /var/lib/docker
ln -sf /dev/null /etc/systemd/system/ssh.service
ln -sf /dev/null /etc/systemd/system/ssh.socket
exec env container=slipway /lib/systemd/systemd
`;

/** A Debian 12 with an sshd, and no engine. */
export async function bareDebian(): Promise<EngineProgram> {
  return {
    isAbsent: true,
    root: { path: await bareDebianRoot() },
    command: ({ folder }) => ['sh', '-c', BOOT, 'boot', dataOf(folder)],
  };
}
