#!/usr/bin/env bash
# Starts and ends Slipway in containers, with `docker compose` or `docker-compose`. It runs under bash 3.2, which macOS has.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
READY_SECONDS=${SLIPWAY_READY_SECONDS:-300}
MOST_RESTARTS=3

usage() {
  cat <<'END'
Usage: docker/run.sh -e prod|dev|slim COMMAND

  -e prod   a container for each app, two replicas of each
  -e dev    a container for each app, with browsers for database and Kafka
  -e slim   all apps in one process, for one machine

Commands:
  init              write the env file without starting anything
  up                start, wait until all is healthy, and print the addresses
  status            show the containers
  logs [SERVICE]    follow the output
  slipway WORDS...  run the slipway command; it sees the current folder
  down              end it; the data stays
  down --data       end it and delete its data, keys and env file

The first `init` or `up` writes docker/state/FORM/env: keys, passwords, and where the parts are.
Variables of your shell that the compose file knows are taken over then. Later, change the file.
Kafka, Postgres and blob storage run in containers, unless the file names yours. The image registry is always yours.
END
}

fail() {
  echo "run.sh: $1" >&2
  exit "${2:-1}"
}

# ---- arguments

form=
while [ $# -gt 0 ]; do
  case $1 in
    -e) [ $# -ge 2 ] || fail '-e needs prod, dev or slim' 2
        form=$2
        shift 2 ;;
    -h | --help) usage
        exit 0 ;;
    *) break ;;
  esac
done
command=${1:-}
[ $# -eq 0 ] || shift
case $form in
  prod | dev | slim) ;;
  '') usage >&2
      exit 2 ;;
  *) fail "there is no form \"$form\"; expected prod, dev or slim" 2 ;;
esac

compose_file=$here/compose.$form.yaml
state=${SLIPWAY_STATE_ROOT:-$here/state}/$form
env_file=$state/env
project=slipway-$form

if docker compose version > /dev/null 2>&1; then
  compose_command='docker compose'
elif command -v docker-compose > /dev/null 2>&1; then
  compose_command=docker-compose
else
  fail 'neither "docker compose" nor "docker-compose" is here: install one of them'
fi

# shellcheck source=docker/env-file.sh
. "$here/env-file.sh"

# ---- compose

# The file alone says what is used: what the shell has by chance must not.
forget_shell() {
  local name
  for name in $(variables); do
    unset "$name"
  done
}

compose() {
  # shellcheck disable=SC2086 # Two words.
  $compose_command --project-name "$project" --env-file "$env_file" --file "$compose_file" "$@"
}

# The parts that run here, by what the env file names.
own_parts() {
  case $(value KAFKA_BROKERS) in kafka:9092) echo kafka ;; esac
  [ -z "$(value POSTGRES_PASSWORD)" ] || echo postgres
  [ -z "$(value BLOB_ACCOUNT_KEY)" ] || echo blob
  case $(value REDIS_URL) in "$OWN_REDIS") echo redis ;; esac
}

# The engine's socket gives the rights of root: no container gets it where every builder is reached over SSH.
socket_path() {
  local host
  case $(value BUILDERS) in
    '' | *=unix://*) ;;
    *) echo /dev/null
       return ;;
  esac
  host=${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2> /dev/null || true)}
  case $(uname -s):$host in
    # There the engine is in a machine of its own, where its socket has the usual path.
    Darwin:*) echo /var/run/docker.sock ;;
    *:unix://*) echo "${host#unix://}" ;;
    *) echo /var/run/docker.sock ;;
  esac
}

prepare() {
  check_lines
  export SLIPWAY_STATE=$state DOCKER_SOCKET DOCKER_GID COMPOSE_PROFILES
  DOCKER_SOCKET=$(socket_path)
  DOCKER_GID=${DOCKER_GID:-0}
  COMPOSE_PROFILES=$(own_parts | paste -sd , -)
}

# As a container sees the socket: on macOS the engine is on another machine.
socket_group() {
  if [ "$DOCKER_SOCKET" = /dev/null ]; then
    echo 10001
    return
  fi
  docker run --rm --volume "$DOCKER_SOCKET:/var/run/docker.sock" --entrypoint node "$(image cli)" \
    -p "fs.statSync('/var/run/docker.sock').gid"
}

# Of the services that are named, or of all; ended ones too, which `docker compose ps` leaves out.
containers() {
  local service
  [ $# -gt 0 ] || set -- ''
  for service in "$@"; do
    docker ps --all --quiet --filter "label=com.docker.compose.project=$project" \
      --filter label=com.docker.compose.oneoff=False \
      --filter "label=com.docker.compose.service${service:+=$service}"
  done
}

# One line for each container that is not there yet.
waiting() {
  local id
  for id in $(containers "$@"); do
    docker inspect --format '{{.Name}} {{.State.Status}}{{if .State.Health}} {{.State.Health.Status}}{{end}}' "$id"
  done | grep -Ev ' running( healthy)?$' || true
}

# Containers that the engine has started again and again.
failing() {
  local id
  for id in $(containers "$@"); do
    docker inspect --format '{{.RestartCount}} {{.Name}}' "$id"
  done | awk -v most="$MOST_RESTARTS" '$1 > most { print $2 }'
}

until_healthy() {
  local since=$SECONDS left
  while :; do
    left=$(waiting "$@")
    [ -n "$left" ] || return 0
    [ $((SECONDS - since)) -lt "$READY_SECONDS" ] || break
    [ -z "$(failing "$@")" ] || break
    sleep 1
  done
  compose logs --tail 20 >&2
  echo "$left" >&2
  fail "not healthy after $((SECONDS - since)) s; see above. The containers stay up: docker/run.sh -e $form logs"
}

up() {
  local parts
  init
  add_databases
  add_redis
  [ -n "$(value REGISTRY_URL)" ] || fail "REGISTRY_URL is missing in $env_file: name the image registry that your machines can reach"
  prepare
  forget_shell
  check_images
  chmod -R a+rX "$state/files"
  DOCKER_GID=$(socket_group)
  parts=$(own_parts)
  if [ -n "$parts" ]; then
    # shellcheck disable=SC2086 # One word each.
    compose up --detach $parts
    # shellcheck disable=SC2086
    until_healthy $parts
    [ -z "$(value POSTGRES_PASSWORD)" ] || compose run --rm database-roles
  fi
  compose up --detach
  until_healthy
  echo
  addresses
  echo "next: docker/run.sh -e $form slipway node add node-1 --address ADDRESS --ssh-user USER --key-file KEY"
  echo "      docker/run.sh -e $form slipway deploy examples/shop --app shop"
}

addresses() {
  local id
  for id in $(containers); do
    docker inspect --format '{{.Name}}{{range $inside, $at := .NetworkSettings.Ports}}{{range $at}} {{.HostIp}}:{{.HostPort}}{{end}}{{end}}' "$id"
  done | sed 's#^/##' | sort
}

# The user who runs this, as a container sees it: root of a container, where the engine is rootless.
caller() {
  case $(docker info --format '{{.SecurityOptions}}' 2> /dev/null) in
    *name=rootless*) echo 0:0 ;;
    *) echo "$(id -u):$(id -g)" ;;
  esac
}

# With the files of the current folder, which `slipway init` also writes. With a terminal where there is one, to ask.
slipway() {
  local terminal=-T
  [ ! -t 0 ] || [ ! -t 1 ] || terminal=
  # shellcheck disable=SC2086 # No word where it is empty.
  compose run --rm $terminal --user "$(caller)" --volume "$PWD:/work" --workdir /work cli "$@"
}

down() {
  COMPOSE_PROFILES=command,kafka,postgres,redis,blob
  case ${1:-} in
    --data) compose down --volumes --remove-orphans
            rm -rf "$state" ;;
    '') compose down --remove-orphans ;;
    *) fail "down takes --data only, not \"$1\"" 2 ;;
  esac
}

existing() {
  check_state
  [ -f "$env_file" ] || fail "$env_file is not there: start with docker/run.sh -e $form up"
  prepare
  forget_shell
}

init_alone() {
  [ ! -f "$env_file" ] || echo "$env_file: there already, and not changed. Edit it, or delete it and lose its keys."
  init
  [ -n "$(value REGISTRY_URL)" ] || echo "next: name an image registry that your machines can reach, as REGISTRY_URL in $env_file"
}

case $command in
  init) init_alone ;;
  up) up ;;
  down | status | logs | slipway) existing ;;
  '') usage >&2
      exit 2 ;;
  *) fail "there is no command \"$command\"; --help lists them" 2 ;;
esac
case $command in
  down) down "$@" ;;
  status) compose ps ;;
  logs) compose logs --follow --tail 100 "$@" ;;
  slipway) slipway "$@" ;;
esac
