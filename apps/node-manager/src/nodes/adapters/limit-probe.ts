/**
 * A program for the shell of a machine, which finds out what limits the login can change of containers that run. It
 * writes nothing. It prints `probed`, and a line for each that it cannot: `no RESOURCE REASON`. CPU and CPUs are changed
 * by the engine, so they need nothing else.
 * No backslash stands in it, since shells of logins differ in what it means within quotes.
 */
const PROGRAM = `LC_ALL=C
groups=/sys/fs/cgroup
writable() {
  if [ ! -e "$2" ]; then echo "no $1 \${2##*/} is missing"
  elif [ ! -w "$2" ]; then echo "no $1 the login may not write control groups"
  fi
}
if [ -e "$groups/cgroup.controllers" ]; then
  writable memory "$groups/cgroup.procs"
  read -r controllers <"$groups/cgroup.controllers"
  case " $controllers " in
    *" io "*) writable disk "$groups/cgroup.procs" ;;
    *) echo "no disk the kernel has no controller io" ;;
  esac
else
  writable memory "$groups/memory/cgroup.procs"
  writable disk "$groups/blkio/blkio.throttle.read_bps_device"
fi
rights=0
while read -r name value; do
  [ "$name" != CapEff: ] || rights=$value
done </proc/self/status
if ! command -v tc >/dev/null || ! command -v ip >/dev/null; then
  echo "no network tc and ip (iproute2) are missing"
elif [ "$(((0x$rights >> 12) & 1))" = 0 ]; then
  echo "no network the login may not change the network (CAP_NET_ADMIN)"
fi
echo probed
`;

export const limitProbe: readonly string[] = ['sh', '-c', PROGRAM, 'slipway-limits'];
