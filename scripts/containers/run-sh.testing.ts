import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

export type Env = Readonly<Record<string, string>>;
export const SCRIPT = 'docker/run.sh';
export const SCRIPTS = [SCRIPT, 'docker/env-file.sh'];
export const REGISTRY = { REGISTRY_URL: 'https://registry.example' };
export const isRoot = process.getuid?.() === 0;
/** Root gets through every mode: in its place somebody else calls. */
export const another = isRoot ? { uid: 65534, gid: 65534 } : {};

/** An engine with an app that ended and comes back by `up`: it has every image, and `slipway keys` in one of them. */
const DOCKER = `#!/bin/sh
case "$1 $2" in
  'compose version') exit "\${HAS_COMPOSE:-1}" ;;
  'compose '*) shift; echo "docker compose $*" >> "$CALLS"; touch "$CALLS.up" ;;
  'ps --all') case $* in *service=*) ;; *) echo id ;; esac ;;
  'context inspect') echo "\${CONTEXT_HOST:-}" ;;
  'info ') exit "\${HAS_ENGINE:-0}" ;;
  'info --format') echo "\${SECURITY:-}" ;;
  'inspect --format') [ -f "$CALLS.up" ] && echo '/app running healthy' || echo '/app exited' ;;
  'run --rm') case $* in *keys) echo SLIPWAY_NODE_KEY=made-key ;; *) echo 998 ;; esac ;;
esac
`;
const COMPOSE = `#!/bin/sh
echo "docker-compose $* COMPOSE_PROFILES=$COMPOSE_PROFILES DOCKER_GID=$DOCKER_GID DOCKER_SOCKET=$DOCKER_SOCKET KAFKA_BROKERS=\${KAFKA_BROKERS:-}" >> "$CALLS"
case $* in *'up --detach') touch "$CALLS.up" ;; esac
`;

/** What `docker/run.sh` does in a folder of its own, with an engine and a compose that note how they were called. */
export class RunSh {
  folder!: string;

  /** A new folder for each test of a file. */
  constructor() {
    beforeEach(() => {
      this.folder = mkdtempSync(join(tmpdir(), 'slipway-run-'));
      mkdirSync(join(this.folder, 'bin'));
      for (const [name, text] of Object.entries({ docker: DOCKER, 'docker-compose': COMPOSE })) {
        writeFileSync(join(this.folder, 'bin', name), text);
        chmodSync(join(this.folder, 'bin', name), 0o755);
      }
    });
    afterEach(() => rmSync(this.folder, { recursive: true }));
  }

  run(words: readonly string[], env: Env = {}, script = SCRIPT, user: typeof another = {}) {
    const { status, stdout, stderr } = spawnSync('bash', [script, ...words], {
      ...user,
      encoding: 'utf8',
      env: {
        ...{ PATH: `${join(this.folder, 'bin')}:/usr/bin:/bin`, CALLS: join(this.folder, 'calls') },
        ...{ SLIPWAY_STATE_ROOT: join(this.folder, 'state'), SLIPWAY_READY_SECONDS: '2', ...env },
      },
    });
    return { code: status, out: stdout, err: stderr };
  }

  readonly envFile = (form = 'slim'): string => join(this.folder, 'state', form, 'env');
  readonly written = (): string => readFileSync(this.envFile(), 'utf8');
  readonly calls = (): string => readFileSync(join(this.folder, 'calls'), 'utf8');
}
