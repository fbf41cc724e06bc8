import { MOUNTS, PLACES } from '../group-places.js';

/**
 * The loop that reads a node. It runs there in whatever /bin/sh is (dash, busybox, bash), with `grep`, `find`, `df` and
 * `date`, and writes no file. It waits in `read` for the next line, so the cadence is the agent's, and it ends with its
 * input. Lines:
 *
 *     + SLOT ID PID [peak]   from now on the container is read      f N   a fast look
 *     - SLOT                 no more                                s N   a slow look        t N   the topology
 *     p                      a tick: the CPU of all containers with `peak` is read
 *     l N                    the TCP ports on which something listens
 *
 * A look says of each of these the most that it used between two ticks since the look before, in thousandths of a core.
 * Ticks come from outside as well: a `sleep` for each would cost more than all else.
 * A look is one `grep` over all files, a slow one two. The lines have no names, as names would be most of the text.
 * What tells them apart: the line of `ostype` ("Linux") begins each container, and each slot of a slow look. It is
 * always readable, so the count of blocks never changes. A container's block ends with the control group of its first
 * process, read last. If that names the container, it was alive until all of it was read.
 *
 * An answer is one write: a head with its length, the text, and a tail. No backslash stands in the script, since shells
 * of logins differ in what it means within quotes.
 */
const LOOP = `set -f
LC_ALL=C
export LC_ALL
root=$1 mark=$2 data=$3
proc=$root/proc
nl="
"
IFS=$nl
block=$proc/sys/kernel/ostype
host="$proc/stat$nl$proc/loadavg$nl$proc/meminfo$nl$proc/pressure/cpu$nl$proc/pressure/memory$nl$proc/pressure/io"
host="$host$nl$proc/diskstats$nl$proc/net/dev$nl"
slots= fast= slow= is_new= peaks= peaked=0

${MOUNTS}lines=$5
[ -z "$at_memory" ] || lines=$4

${PLACES}# Sets what is read of container $2 with first process $3, in slot $1.
add() {
  slot=$1 id=$2 own=$proc/$3
  groups_of
  if [ -n "$at_memory" ]; then
    place cpuacct "$cpuacct"
    quick=$dir/cpuacct.usage usage=$dir/cpuacct.usage
    place cpu "$cpu"
    quick=$quick$nl$dir/cpu.stat
    limit=$dir/cpu.cfs_quota_us$nl$dir/cpu.cfs_period_us
    place memory "$memory"
    quick=$quick$nl$dir/memory.usage_in_bytes$nl$dir/memory.stat$nl$dir/memory.oom_control
    most=$dir/memory.limit_in_bytes
    place blkio "$blkio"
    disk=$dir/blkio.throttle.io_service_bytes$nl$dir/blkio.throttle.read_bps_device
    slowest=$dir/blkio.throttle.write_bps_device
    place pids "$pids"
    count=$dir/pids.current$nl$slowest
    place cpuset "$cpuset"
    set=$dir/cpuset.effective_cpus
    [ -r "$set" ] || set=$dir/cpuset.cpus
  else
    place unified "$unified"
    usage=$dir/cpu.stat
    quick=$dir/cpu.stat$nl$dir/memory.current$nl$dir/memory.stat$nl$dir/memory.events
    limit=$dir/cpu.max most=$dir/memory.max disk=$dir/cgroup.controllers$nl$dir/io.stat$nl$dir/io.max
    count=$dir/pids.current set=$dir/cpuset.cpus.effective
  fi
  net=/dev/null
  if [ -e "$own/ns/net" ] && [ -e "$proc/self/ns/net" ]; then
    [ "$own/ns/net" -ef "$proc/self/ns/net" ] || net=$own/net/dev
  fi
  quick=$block$nl$quick$nl$own/cgroup$nl
  details=$block$nl$disk$nl$block$nl$count$nl$block$nl$limit$nl$block$nl$most$nl$block$nl$set$nl$block$nl$net$nl
  details=$details$own/cgroup$nl
  eval quick_$slot='$quick' details_$slot='$details'
  slots=$slots$slot$nl
  [ "$4" != peak ] || {
    peaks=$peaks$slot$nl
    eval usage_$slot='$usage' used_$slot= most_$slot=
  }
}

drop() {
  kept= kept_peaks=
  for slot in $slots; do
    [ "$slot" = "$1" ] || kept=$kept$slot$nl
  done
  for slot in $peaks; do
    [ "$slot" = "$1" ] || kept_peaks=$kept_peaks$slot$nl
  done
  slots=$kept peaks=$kept_peaks
  unset quick_$1 details_$1 usage_$1 used_$1 most_$1
}

# A tick. The kernel tells the time in hundredths of a second, so one right after another says nothing. cpuacct.usage is
# in nanoseconds, the first line of cpu.stat in microseconds.
tick() {
  IFS=" " read -r now rest <"$proc/uptime"
  now=$((\${now%.*} * 100 + 1\${now#*.} - 100))
  span=$((now - peaked))
  [ "$span" -ge 8 ] || return 0
  peaked=$now
  unit=10
  [ -z "$at_memory" ] || unit=10000
  for slot in $peaks; do
    eval usage='$usage_'$slot before='$used_'$slot most='$most_'$slot
    used= more=
    IFS=" " read -r used more 2>/dev/null <"$usage"
    used=\${more:-$used}
    case $used in
      "" | *[!0-9]*) eval used_$slot= ;;
      *)
        eval used_$slot='$used'
        [ -n "$before" ] && [ "$used" -ge "$before" ] || continue
        cores=$(((used - before) / (span * unit)))
        [ "$cores" -lt "\${most:-0}" ] || eval most_$slot='$cores'
        ;;
    esac
  done
}

# Adds to the answer what the ticks found.
tell_peaks() {
  for slot in $peaks; do
    eval most='$most_'$slot most_$slot=
    [ -z "$most" ] || text="$text\${nl}peak $slot $most"
  done
}

relist() {
  is_new= fast= slow=
  for slot in $slots; do
    eval fast='$fast$quick_'$slot slow='$slow$details_'$slot
  done
}

answer() {
  IFS=" " read -r ended rest <"$proc/uptime"
  printf "%s answer %s %s %s %s$nl%s$nl%s end %s$nl" "$mark" "$1" "$begun" "$ended" "\${#text}" "$text" "$mark" "$1"
}

boot=
[ -r "$proc/sys/kernel/random/boot_id" ] && read -r boot <"$proc/sys/kernel/random/boot_id"
printf "%s ready %s$nl" "$mark" "\${boot:--}"

while IFS=" " read -r verb number id pid peak; do
  case $verb in
    +)
      add "$number" "$id" "$pid" "$peak"
      is_new=1
      ;;
    -)
      drop "$number"
      is_new=1
      ;;
    f)
      [ -z "$is_new" ] || relist
      IFS=" " read -r begun rest <"$proc/uptime"
      text=$(grep -hsE -e "$lines" $host $fast)
      tell_peaks
      answer "$number"
      ;;
    p) tick ;;
    s)
      [ -z "$is_new" ] || relist
      IFS=" " read -r begun rest <"$proc/uptime"
      text=$(grep -hsE -e "$lines" $host $fast)
      # Apart, as the names of all files together may be more than a program takes.
      more=$(grep -hsE -e "$lines" $slow /dev/null)
      text="$text$nl$more"
      tell_peaks
      text="$text\${nl}clock $(date +%s.%N)$nl$(df -kP "$data" 2>/dev/null)"
      answer "$number"
      ;;
    t)
      IFS=" " read -r begun rest <"$proc/uptime"
      cd "$root/sys/devices/system" && set +f
      text=$(grep -s . ./cpu/online ./cpu/cpu[0-9]*/topology/*_id ./node/node[0-9]*/cpulist)
      set -f
      answer "$number"
      ;;
    l)
      IFS=" " read -r begun rest <"$proc/uptime"
      text=$(grep -hsE -e "$6" "$proc/net/tcp" "$proc/net/tcp6")
      answer "$number"
      ;;
  esac
done
`;

/** Beginnings of the lines that are wanted, wherever they stand. */
const ANYWHERE = [
  'Linux$',
  // /proc/stat, loadavg, meminfo, pressure
  'cpu[0-9 ]',
  '[0-9.]+ [0-9.]+ [0-9.]+ [0-9]+/',
  '(Mem(Total|Available)|Swap(Total|Free)):',
  'some avg10=',
  // diskstats without loop and ram, with or without spaces before (lxcfs); net/dev
  ' *[0-9]+ +[0-9]+ ([a-km-qs-z]|r[^a])',
  ' *[^ ]+: *[0-9]+ +[0-9]',
  // A number, or a list of CPUs.
  '-?[0-9][0-9,-]*$',
  'nr_(periods|throttled) ',
  'oom_kill ',
];

const OF_V1 = [
  'throttled_time ',
  'total_inactive_file ',
  'under_oom ',
  '[0-9]+:[0-9]+ (Read|Write) ',
  '[0-9]+:[0-9]+ [0-9]+$',
  'Total ',
  '[0-9]+:([^:]*,)?memory[,:]',
];

const OF_V2 = [
  '(usage|throttled)_usec ',
  'inactive_file ',
  '[0-9]+:[0-9: ]+ rbytes=',
  '[0-9]+:[0-9]+ rbps=',
  // cpu.max has a period of at least 1000; memory.max, pids.max
  '(max|[0-9]+) [0-9]{4,}$',
  'max$',
  '(cpuset|cpu|io|memory|hugetlb|pids|rdma|misc)( [a-z]+)*$',
  '0::/',
];

/** The header of a list of sockets, and those that listen: a busy machine has thousands of others. */
const LISTENING = '^ *(sl +local_address|[0-9]+: [0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:[0-9A-F]{4} 0A) ';

const pattern = (lines: readonly string[]): string => `^(${lines.join('|')})`;

export interface LoopOptions {
  /** Begins the lines of the loop; unlike anything that a shell of a login may print. */
  readonly mark: string;
  /** A folder on the file system of the engine's data. */
  readonly dataRoot: string;
  /** Below which /proc and /sys lie; empty but in tests. */
  readonly root?: string;
}

/** The loop as a command. */
export function samplingLoop({ mark, dataRoot, root = '' }: LoopOptions): readonly string[] {
  const patterns = [pattern([...ANYWHERE, ...OF_V1]), pattern([...ANYWHERE, ...OF_V2])];
  return ['sh', '-c', LOOP, 'slipway-watch', root, mark, dataRoot, ...patterns, LISTENING];
}
