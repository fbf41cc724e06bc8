import { dataOf, type EngineProgram } from '../../scripts/one-machine/engine-program.js';
import { debianRoot } from './debian-root.js';

const USER = 'ubuntu';
const RUNTIME = '/run/user/1000';
const SCRIPT = '/usr/share/docker.io/contrib/dockerd-rootless.sh';

/** As its page says: a user with subordinate ids, whose own folder has the authorities of registries. */
const SERVE = `set -eu
folder=$1 data=$2 registry=$3 ca=$4
shift 4
useradd --create-home --uid 1000 --shell /bin/bash ${USER}
install -d -o ${USER} -m 700 ${RUNTIME}
install -d -o ${USER} "$data"
chown ${USER} "$folder"
if [ -n "$ca" ]; then install -D -m 644 "$ca" "/home/${USER}/.config/docker/certs.d/$registry/ca.crt"; fi
chown -R ${USER} /home/${USER}
cd /home/${USER}
exec setpriv --reuid=${USER} --regid=${USER} --init-groups \
  env HOME=/home/${USER} XDG_RUNTIME_DIR=${RUNTIME} ${SCRIPT} --data-root "$data" "$@"
`;

/** Docker of Debian trixie, started by a user who is not root. */
export async function rootlessDocker(): Promise<EngineProgram> {
  return {
    root: { path: await debianRoot('trixie') },
    sshUser: USER,
    usersSocket: `${RUNTIME}/docker.sock`,
    command: ({ folder, socketPath, registry, registryCa }) => [
      ...['sh', '-c', SERVE, 'rootless', folder, dataOf(folder), registry, registryCa],
      ...['-H', `unix://${RUNTIME}/docker.sock`, '-H', `unix://${socketPath}`],
    ],
  };
}
