import { dirname } from 'node:path';
import { type ControlGroup, joining } from './control-group.js';
import type { EnginePlace, EngineProgram, MachineRoot } from './engine-program.js';

/**
 * The first process of the namespaces. Its arguments are positional, so that no value becomes part of the script.
 * /run and /etc/docker are its own: the host may run an engine too, and has its own authorities.
 */
const BOOT = `set -eu
folder=$1 name=$2 registry=$3 sshd_config=$4 ca=$5 disk=$6
shift 6
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
# Each command over SSH would begin with what this machine's shell does at its start, and may be ended in the middle of it.
[ ! -e ~root/.bashrc ] || mount --bind /dev/null ~root/.bashrc
mkdir -p /etc/docker
mount -t tmpfs tmpfs /etc/docker
mkdir -p /run/sshd /run/docker
if [ -n "$ca" ]; then
  mkdir -p "/etc/docker/certs.d/$registry"
  cp "$ca" "/etc/docker/certs.d/$registry/ca.crt"
fi
if [ -n "$disk" ]; then
  mkdir -p "$folder/docker"
  mount -t tmpfs -o "size=$disk" tmpfs "$folder/docker"
fi
hostname "$name"
if [ -n "$sshd_config" ]; then /usr/sbin/sshd -D -e -f "$sshd_config" 2>"$folder/sshd.log" & fi
exec "$@" >"$folder/engine.log" 2>&1
`;

/** Into a control group of its own, in each hierarchy: a namespace of groups then begins there. */
const JOIN_GROUP = `set -eu
name=$1
shift
join() {
  mkdir -p "$1/$name"
  # A new cpuset is empty, and takes no process.
  for file in cpuset.cpus cpuset.mems; do
    if [ -e "$1/$name/$file" ] && [ -z "$(cat "$1/$name/$file")" ]; then cat "$1/$file" >"$1/$name/$file"; fi
  done
  echo 0 >"$1/$name/cgroup.procs"
}
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then join /sys/fs/cgroup
else for hierarchy in /sys/fs/cgroup/*; do join "$hierarchy"; done; fi
exec "$@"
`;

/**
 * Onto a root file system of its own: what it writes there is in memory and goes with it. Devices are its own, because
 * users of such a machine open some that only root opens here.
 */
const ENTER_ROOT = `set -eu
lower=$1 slot=$2 programs=$3
shift 3
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir /run/upper /run/work /run/root
mount -t overlay -o "lowerdir=$lower,upperdir=/run/upper,workdir=/run/work" overlay /run/root
cd /run/root
for folder in "$slot" $programs; do
  mkdir -p ".$folder"
  mount --bind "$folder" ".$folder"
  while [ "$folder" != / ]; do chmod a+x ".$folder" 2>/dev/null || true; folder=$(dirname "$folder"); done
done
mount -t proc proc proc
mount -t sysfs sysfs sys
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then mount -t cgroup2 cgroup2 sys/fs/cgroup
else
  mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
  for hierarchy in /sys/fs/cgroup/*; do
    controller=$(basename "$hierarchy")
    mkdir "sys/fs/cgroup/$controller"
    case $controller in
      unified) mount -t cgroup2 cgroup2 sys/fs/cgroup/unified ;;
      systemd) mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd ;;
      *) mount -t cgroup -o "$controller" cgroup "sys/fs/cgroup/$controller" ;;
    esac
  done
fi
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm dev/net
for device in null zero full random urandom tty fuse net/tun; do
  cp -a "/dev/$device" "dev/$device"
  chmod 666 "dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mkdir -p .before
pivot_root . .before
hash -r
umount -l /.before
exec "$@"
`;

interface Boot {
  readonly program: EngineProgram;
  readonly place: EnginePlace;
  readonly sshdConfig: string;
  /** A disk of its own for the engine's data, such as `640m`; none where it is empty. */
  readonly disk: string;
  readonly group: ControlGroup;
  /** Before the engine: it shows the machine its own figures. One with a root of its own sees those of this machine. */
  readonly show: readonly string[];
}

const script = (text: string, name: string): readonly string[] => ['bash', '-c', text, name];

/** Arguments of nsenter: into the machine's network, its other namespaces, and there its sshd and its engine. */
export function bootArguments({ program, place, sshdConfig, disk, group, show }: Boot): readonly string[] {
  const { name, folder, registry, registryCa } = place;
  return [
    ...[`--net=/run/netns/${name}`, 'unshare', '-m', '-u', '-i', '-p', '-f', '--kill-child'],
    ...(program.root === undefined ? joining(group) : intoRoot(program.root, place)),
    ...[...script(BOOT, 'boot'), folder, name, registry, sshdConfig, registryCa, disk],
    ...(program.root === undefined ? show : []),
    ...program.command(place),
  ];
}

function intoRoot({ path, programs = '' }: MachineRoot, { name, folder }: EnginePlace): readonly string[] {
  return [
    ...[...script(JOIN_GROUP, 'join'), name, 'unshare', '-C'],
    ...[...script(ENTER_ROOT, 'enter'), path, dirname(folder), programs],
  ];
}
