/**
 * Parts of programs for the shell of a node, which find the control groups of a container: with cgroup v1 and v2, and
 * whatever hides the way to them. They need `root`, `proc` (of /proc below the root), and `set -f`.
 */

/** Sets at_NAME and top_NAME of each hierarchy. */
export const MOUNTS = `# Where each hierarchy is mounted (at), and which of its groups is the top there (top).
for name in cpu cpuacct memory blkio pids cpuset unified; do
  eval at_$name= top_$name=
done
while IFS=" " read -r id parent device top at rest; do
  case $rest in
    *" - cgroup2 "*) names=unified ;;
    *" - cgroup "*) names=\${rest##* } ;;
    *) continue ;;
  esac
  for name in cpu cpuacct memory blkio pids cpuset unified; do
    eval known='$at_'$name
    case "$known,$names," in
      ",$name,"* | ","*",$name,"*) eval at_$name='$at' top_$name='$top' ;;
    esac
  done
done <"$proc/self/mountinfo"
`;

/** `groups_of` sets the group in each hierarchy of the process whose folder is `own`; `place` finds one that names `id`. */
export const PLACES = `# The folder (dir) of group $2 of hierarchy $1. Only the part up to the container's id counts: its processes may have
# groups of their own below. Where a namespace hides the way from the top, it is searched for; Podman names one more by
# the container, that of the process that watches it.
place() {
  dir=/dev/null
  eval at='$at_'$1 top='$top_'$1
  [ -n "$at" ] || return 0
  case $2 in
    */*"$id"*) tail=\${2#*"$id"} ;;
    *) return 0 ;;
  esac
  group=\${2%%"$id"*}$id\${tail%%/*}
  case $top in
    /) dir=$root$at$group ;;
    *) dir=$root$at\${group#"$top"} ;;
  esac
  [ -d "$dir" ] && return 0
  dir=$(find "$root$at" -type d -name "*$id*" ! -name "*conmon*" 2>/dev/null | head -n 1)
  [ -n "$dir" ] || dir=/dev/null
}

# The groups of the process with folder $own.
groups_of() {
  cpu= cpuacct= memory= blkio= pids= cpuset= unified=
  if [ -r "$own/cgroup" ]; then
    while IFS=: read -r number names path; do
      [ "$number" = 0 ] && names=unified
      for name in cpu cpuacct memory blkio pids cpuset unified; do
        case ",$names," in *",$name,"*) eval $name='$path' ;; esac
      done
    done 2>/dev/null <"$own/cgroup"
  fi
}
`;
