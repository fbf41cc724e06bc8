# shellcheck shell=bash
# The env file of docker/run.sh, which reads these functions: $env_file in $state, made for $compose_file.
# shellcheck disable=SC2154 # docker/run.sh sets these three.

# Redis of the compose file.
OWN_REDIS=redis://redis:6379

# Every variable that the compose file lets its user set.
variables() {
  # shellcheck disable=SC2016 # The dollar is the compose file's.
  grep -o '\${[A-Z0-9_]*:-' "$compose_file" | tr -d '${:-' | sort -u | grep -Ev '^DOCKER_(GID|SOCKET)$'
}

# What the env file says.
value() {
  sed -n "s/^$1=//p" "$env_file" | tail -n 1 | sed "s/^'\\(.*\\)'\$/\\1/"
}

random() {
  od -An -tx1 -N24 /dev/urandom | tr -d ' \n'
}

# Of the env file where there is one, of the shell before the first start.
image() {
  local images=${SLIPWAY_IMAGES:-} version=${SLIPWAY_VERSION:-}
  if [ -f "$env_file" ]; then
    images=$(value SLIPWAY_IMAGES)
    version=$(value SLIPWAY_VERSION)
  fi
  echo "${images:-slipway}/$1:${version:-latest}"
}

images_of_file() {
  # shellcheck disable=SC2016 # The dollar is the compose file's.
  sed -n 's#^    image: ${SLIPWAY_IMAGES:-slipway}/\([a-z-]*\):.*#\1#p' "$compose_file" | sort -u
}

check_images() {
  local name
  docker info > /dev/null 2>&1 || fail 'no container engine answers: "docker info" says why. Start it, or name another by DOCKER_HOST'
  for name in $(images_of_file); do
    docker image inspect "$(image "$name")" > /dev/null 2>&1 || fail "the image $(image "$name") is not on this engine.
Load it (docker load --input images.tar), build it (npm run images), or name a registry that has it (SLIPWAY_IMAGES, SLIPWAY_VERSION) and run: docker pull $(image "$name")"
  done
}

# NAME from the shell if it is set there, else the second argument.
entry() {
  local given
  eval "given=\${$1:-}"
  # Each compose reads a backslash and ${ in its own way.
  # shellcheck disable=SC2016 # They are to stand for themselves.
  case $given in
    *"'"* | *\\* | *'${'* | *'
'*) fail "$1 contains a quote, a backslash, \${ or a new line, which an env file cannot hold" 2 ;;
  esac
  [ -z "$given" ] || { echo "$1='$given'"; return; }
  [ -z "$2" ] || echo "$1=$2"
}

# Whether the shell has any of these.
given() {
  local name
  for name in "$@"; do
    eval "[ -z \"\${$name:-}\" ]" || return 0
  done
  return 1
}

# The variables of the apps' databases.
databases() {
  sed -n 's/^ *\([A-Z_]*_DATABASE_URL\): .*/\1/p' "$compose_file" | sort -u
}

# DEPLOYER_DATABASE_URL -> a URL with a new password, for Postgres of the compose file
database_url() {
  echo "postgres://slipway_$(echo "${1%_DATABASE_URL}" | tr '[:upper:]' '[:lower:]'):$(random)@postgres:5432/slipway"
}

# An app that a newer version brings has no database login in the file yet.
add_databases() {
  local name
  [ -n "$(value POSTGRES_PASSWORD)" ] || return 0
  for name in $(databases); do
    grep -q "^$name=" "$env_file" || echo "$name=$(database_url "$name")" >> "$env_file"
  done
}

# A compose file that has a Redis, which slim has not.
has_redis() {
  grep -q '^  redis:' "$compose_file"
}

# A newer version brings a Redis that the file does not name yet.
add_redis() {
  ! has_redis || grep -q '^REDIS_URL=' "$env_file" || echo "REDIS_URL=$OWN_REDIS" >> "$env_file"
}

write_parts() {
  local name password
  ! given SLIPWAY_BLOB_FOLDER || fail 'SLIPWAY_BLOB_FOLDER is a folder of this machine, which containers do not have: unset it, or name another blob storage' 2
  entry KAFKA_BROKERS kafka:9092
  ! has_redis || entry REDIS_URL "$OWN_REDIS"
  # shellcheck disable=SC2046 # One word each.
  if ! given DATABASE_URL $(databases); then
    echo "POSTGRES_PASSWORD=$(random)"
    for name in $(databases); do
      echo "$name=$(database_url "$name")"
    done
  fi
  if ! given AZURE_STORAGE_CONNECTION_STRING AZURE_STORAGE_URL S3_URL; then
    password=$(random | openssl base64 -A)
    echo "BLOB_ACCOUNT_KEY=$password"
    echo "AZURE_STORAGE_CONNECTION_STRING='DefaultEndpointsProtocol=http;AccountName=slipway;AccountKey=$password;BlobEndpoint=http://blob:10000/slipway;'"
  fi
}

write_env() {
  local name key keys written
  check_images
  keys=$(docker run --rm "$(image cli)" keys)
  echo '# Of docker/run.sh. Keep a copy: without these keys, logins and secrets in the database cannot be read.'
  written=$(write_parts)
  echo "$written"
  while IFS='=' read -r name key; do
    entry "$name" "$key"
  done <<END
$keys
END
  for name in $(variables); do
    printf '%s\n' "$written" "$keys" | grep -q "^$name=" || entry "$name" ''
  done
}

# The folder of keys is its owner's alone: to others it looks as if nothing was there.
check_state() {
  local folder
  for folder in "$(dirname "$state")" "$state"; do
    [ ! -d "$folder" ] || [ -x "$folder" ] || fail "$folder is closed to this user: run this as its owner (ls -ld $folder), or as root"
  done
}

# docker compose takes what it cannot read for nothing.
check_lines() {
  local wrong
  wrong=$(grep -nvE '^([A-Za-z_][A-Za-z0-9_]*=|#|[[:space:]]*$)' "$env_file" | head -n 1 | cut -d : -f 1 || true)
  [ -z "$wrong" ] || fail "line $wrong of $env_file: expected NAME=value"
}

init() {
  check_state
  [ ! -f "$env_file" ] || return 0
  (
    umask 077
    mkdir -p "$state" 2> /dev/null || fail "$state cannot be made by this user: name another folder by SLIPWAY_STATE_ROOT, or run this as root"
    write_env > "$env_file.new"
    mv "$env_file.new" "$env_file"
  )
  # Containers read these as another user; nobody else gets through the folder above.
  mkdir -p "$state/files"
  chmod 755 "$state/files"
  echo "$env_file: written. It holds the keys of this installation: keep a copy."
}
