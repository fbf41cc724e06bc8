import { MOUNTS, PLACES } from '../../watch/group-places.js';

/**
 * The program that writes and reads limits on a node, run once for some containers in whatever /bin/sh is there (dash,
 * busybox, bash). It runs `grep`, and `ip` and `tc` for the network. Its arguments are words:
 *
 *     container ID PID    those after it are of this container    group PATH    or of this control group
 *     cpu US              quota in 100 ms, -1 for none            cpuset CPUS
 *     memory BYTES        limit, -1 for none; with v1 the sum with swap as well
 *     step BYTES          takes memory back down to this: v1 by the limit, v2 by memory.high, under which nothing is killed
 *     settle -            takes memory.high of v2 away again
 *     read BPS, write BPS of each disk, 0 for none                network BITS BURST   of what comes in, 0 0 for none
 *
 * It prints a block for each container or group, from `subject` on, with what could not be written (`failed`) and the
 * files that say what the kernel holds (`at WORD FILE`). `gone` is one that is not there, `bare` one without a control
 * group of its own. Behind all blocks are the queues of the network in JSON, what the files hold (`values`) and `done`.
 * No backslash stands in it, since shells of logins differ in what it means within quotes.
 */
const PROGRAM = `set -f
LC_ALL=C
export LC_ALL
root=$1
shift
proc=$root/proc
nl="
"
${MOUNTS}
${PLACES}
disks= links= has_links= files=
cd "$root/sys/block" 2>/dev/null && {
  set +f
  for name in *; do
    case $name in
      loop* | ram* | zram* | dm-* | md* | sr* | fd* | bcache* | drbd* | nbd*) continue ;;
    esac
    read -r device <"$name/dev" && disks="$disks$device "
  done 2>/dev/null
  set -f
}

say() {
  printf "%s$nl" "$*"
}

# Writes value $3 to file $2, for limit $1. What went wrong is said by the shell.
put() {
  if [ ! -e "$2" ]; then
    say failed "$1" "\${2##*/} is missing"
    return 1
  fi
  words=$({ printf "%s$nl" "$3" >"$2"; } 2>&1) && return 0
  say failed "$1" "$words"
  return 1
}

# All of file $2 is read at the end, as $1. In one go by grep, since a shell reads byte by byte.
show() {
  files=$files$2$nl
  say at "$1" "$2"
}

# The folder (dir) of group $2 of hierarchy $1.
folder() {
  dir=/dev/null
  eval at='$at_'$1 top='$top_'$1
  [ -n "$at" ] || return 0
  case $top in
    /) dir=$root$at$2 ;;
    *) dir=$root$at\${2#"$top"} ;;
  esac
  [ -d "$dir" ] || dir=/dev/null
}

locate() {
  for name in cpu memory blkio cpuset unified; do
    if [ "$1" = container ]; then
      eval of='$'$name
      place $name "$of"
    else
      folder $name "$2"
    fi
    eval in_$name='$dir'
  done
}

# Sets the subject: the folders of its groups, and a process of it (own).
subject() {
  say subject
  id=$2 own=$proc/0 is_there= veth=
  if [ "$1" = container ]; then
    own=$proc/$3
    groups_of
    [ -r "$own/cgroup" ] || { say gone; return 0; }
  fi
  locate "$1" "$2"
  if [ -n "$at_memory" ]; then version=1 main=$in_memory; else version=2 main=$in_unified; fi
  if [ "$main" = /dev/null ]; then
    [ "$1" = container ] && say bare || say gone
    return 0
  fi
  is_there=1
  say version $version
  if [ "$1" = group ] && read -r first <"$main/cgroup.procs"; then own=$proc/$first; fi 2>/dev/null
  find_veth
}

# The end on the node of its first network (veth): the link whose other end has the number that it has there.
find_veth() {
  [ -e "$own/ns/net" ] && [ -e "$proc/self/ns/net" ] || return 0
  if [ "$own/ns/net" -ef "$proc/self/ns/net" ]; then return 0; fi
  if [ -z "$has_links" ]; then
    has_links=1
    links=$nl$(ip -o link show type veth 2>/dev/null)
  fi
  set +f
  for card in "$own"/root/sys/class/net/*; do
    read -r here <"$card/ifindex" && read -r there <"$card/iflink" || continue
    [ "$here" != "$there" ] || continue
    case $links in
      *"$nl$there: "*) line=\${links#*"$nl$there: "} ;;
      *) continue ;;
    esac
    line=\${line%%: *}
    [ "\${line#*@}" = "if$here" ] && [ -z "$veth" ] && veth=\${line%@*}
  done 2>/dev/null
  set -f
}

limit_cpu() {
  if [ $version = 2 ]; then
    [ "$1" = -1 ] && quota=max || quota=$1
    put cpu "$in_unified/cpu.max" "$quota 100000"
    return
  fi
  period=
  read -r period 2>/dev/null <"$in_cpu/cpu.cfs_period_us"
  if [ "$period" != 100000 ]; then
    put cpu "$in_cpu/cpu.cfs_quota_us" -1 && put cpu "$in_cpu/cpu.cfs_period_us" 100000 || return 1
  fi
  put cpu "$in_cpu/cpu.cfs_quota_us" "$1"
}

# The sum with swap is never below the limit: so it goes first where that rises.
limit_memory() {
  if [ $version = 2 ]; then
    [ "$1" = -1 ] && most=max || most=$1
    put memory "$in_unified/memory.max" "$most"
    return
  fi
  sum=$in_memory/memory.memsw.limit_in_bytes most=
  if [ ! -e "$sum" ]; then
    put memory "$in_memory/memory.limit_in_bytes" "$1"
    return
  fi
  read -r most 2>/dev/null <"$sum"
  if [ "$1" = -1 ] || [ "$1" -gt "\${most:-0}" ]; then
    put memory "$sum" "$1" && put memory "$in_memory/memory.limit_in_bytes" "$1"
  else
    put memory "$in_memory/memory.limit_in_bytes" "$1" && put memory "$sum" "$1"
  fi
}

# Limit $1, of reading or writing (r or w), of $3 bytes a second of each disk.
limit_disks() {
  [ -n "$disks" ] || say failed "$1" "no disk is known"
  IFS=" "
  for device in $disks; do
    if [ $version = 2 ]; then
      [ "$3" = 0 ] && most=max || most=$3
      put "$1" "$in_unified/io.max" "$device $2bps=$most" || break
    else
      [ "$2" = r ] && way=read || way=write
      put "$1" "$in_blkio/blkio.throttle.\${way}_bps_device" "$device $3" || break
    fi
  done
}

limit_network() {
  if [ -z "$veth" ]; then
    [ "$1" = 0 ] || say failed network "no link of its own is known"
    return
  fi
  found=$(tc qdisc show dev "$veth" root 2>&1)
  case $found in
    "" | "qdisc noqueue"*) kind=none ;;
    "qdisc tbf"*) kind=tbf ;;
    *)
      say failed network "$found"
      return
      ;;
  esac
  words=
  if [ "$1" != 0 ]; then
    words=$(tc qdisc replace dev "$veth" root tbf rate "$1"bit burst "$2" latency 50ms 2>&1)
  elif [ $kind = tbf ]; then
    words=$(tc qdisc del dev "$veth" root 2>&1)
  fi || say failed network "$words"
}

tell() {
  if [ $version = 1 ]; then
    show quota "$in_cpu/cpu.cfs_quota_us"
    show period "$in_cpu/cpu.cfs_period_us"
    show cpuset "$in_cpuset/cpuset.cpus"
    show allcpus "\${in_cpuset%/*}/cpuset.cpus"
    show memory "$in_memory/memory.limit_in_bytes"
    show used "$in_memory/memory.usage_in_bytes"
    show stat "$in_memory/memory.stat"
    [ ! -r "$in_blkio/blkio.throttle.read_bps_device" ] || say disks "$disks"
    show read "$in_blkio/blkio.throttle.read_bps_device"
    show write "$in_blkio/blkio.throttle.write_bps_device"
  else
    show quota "$in_unified/cpu.max"
    show cpuset "$in_unified/cpuset.cpus.effective"
    show allcpus "\${in_unified%/*}/cpuset.cpus.effective"
    show memory "$in_unified/memory.max"
    show used "$in_unified/memory.current"
    show stat "$in_unified/memory.stat"
    [ ! -r "$in_unified/io.max" ] || say disks "$disks"
    show io "$in_unified/io.max"
  fi
  [ -z "$veth" ] || say veth "$veth"
}

is_there=
finish() {
  [ -z "$is_there" ] || tell
}

while [ $# -gt 0 ]; do
  case $1 in
    container)
      finish
      subject container "$2" "$3"
      shift 3
      continue
      ;;
    group)
      finish
      subject group "$2"
      shift 2
      continue
      ;;
  esac
  if [ -n "$is_there" ]; then
    case $1 in
      cpu) limit_cpu "$2" ;;
      cpuset)
        if [ $version = 1 ]; then put cpuset "$in_cpuset/cpuset.cpus" "$2"
        else put cpuset "$in_unified/cpuset.cpus" "$2"; fi
        ;;
      memory) limit_memory "$2" ;;
      step)
        if [ $version = 1 ]; then put memory "$in_memory/memory.limit_in_bytes" "$2"
        else put memory "$in_unified/memory.high" "$2"; fi
        ;;
      settle) [ $version = 1 ] || put memory "$in_unified/memory.high" max ;;
      read) limit_disks diskRead r "$2" ;;
      write) limit_disks diskWrite w "$2" ;;
      network) limit_network "$2" "$3" ;;
    esac
  fi
  [ "$1" != network ] || shift
  shift 2
done
finish
[ -z "$has_links" ] || say queues "$(tc -j qdisc show 2>/dev/null)"
IFS=$nl
[ -z "$files" ] || say "values$nl$(grep -HsE -e "^([0-9-]|max|(total_)?inactive_file )" $files /dev/null)"
say done
`;

/**
 * The program as a command.
 * @param root below which /proc and /sys lie; empty but in tests
 */
export const limitsProgram = (words: readonly string[], root = ''): readonly string[] => [
  ...['sh', '-c', PROGRAM, 'slipway-limits', root],
  ...words,
];
