import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

type Env = Readonly<Record<string, string>>;
const SCRIPT = 'docker/run.sh';
const SCRIPTS = [SCRIPT, 'docker/env-file.sh'];

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

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-run-'));
  mkdirSync(join(folder, 'bin'));
  for (const [name, text] of Object.entries({ docker: DOCKER, 'docker-compose': COMPOSE })) {
    writeFileSync(join(folder, 'bin', name), text);
    chmodSync(join(folder, 'bin', name), 0o755);
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

const isRoot = process.getuid?.() === 0;
const another = isRoot ? { uid: 65534, gid: 65534 } : {};

function run(words: readonly string[], env: Env = {}, script = SCRIPT, user: typeof another = {}) {
  const { status, stdout, stderr } = spawnSync('bash', [script, ...words], {
    ...user,
    encoding: 'utf8',
    env: {
      ...{ PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, CALLS: join(folder, 'calls') },
      ...{ SLIPWAY_STATE_ROOT: join(folder, 'state'), SLIPWAY_READY_SECONDS: '2', ...env },
    },
  });
  return { code: status, out: stdout, err: stderr };
}

const envFile = (form = 'slim'): string => join(folder, 'state', form, 'env');
const written = (): string => readFileSync(envFile(), 'utf8');
const calls = (): string => readFileSync(join(folder, 'calls'), 'utf8');
const REGISTRY = { REGISTRY_URL: 'https://registry.example' };

describe('the first start', () => {
  it('writes keys, passwords and parts to a file that its owner alone reads', () => {
    expect(run(['-e', 'slim', 'init'])).toMatchObject({ code: 0, err: '' });
    expect(statSync(envFile()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'state/slim')).mode & 0o777).toBe(0o700);
    expect(written()).toContain('SLIPWAY_NODE_KEY=made-key\n');
    expect(written()).toContain('KAFKA_BROKERS=kafka:9092\n');
    expect(written()).toMatch(
      /^LOAD_BALANCER_DATABASE_URL=postgres:\/\/slipway_load_balancer:[0-9a-f]{48}@postgres:5432\/slipway$/m,
    );
  });

  it('an engine that does not answer was told as an image that is missing', () => {
    const { code, err } = run(['-e', 'slim', 'up'], { ...REGISTRY, HAS_ENGINE: '1' });
    expect([code, err]).toEqual([1, expect.stringContaining('no container engine answers')]);
  });

  it('says at once that an image registry has to be named', () => {
    expect(run(['-e', 'slim', 'init']).out).toContain('next: name an image registry');
    rmSync(envFile());
    expect(run(['-e', 'slim', 'init'], REGISTRY).out).not.toContain('next: name an image registry');
  });

  it('a line that holds no variable was taken for nothing', () => {
    run(['-e', 'slim', 'init'], REGISTRY);
    writeFileSync(envFile(), `${written()}\nFOO_BAR\n`);
    const line = written().split('\n').indexOf('FOO_BAR') + 1;
    expect(run(['-e', 'slim', 'status'])).toMatchObject({
      code: 1,
      err: `run.sh: line ${line} of ${envFile()}: expected NAME=value\n`,
    });
  });

  it('a folder that is closed to its user was told as one that is not there', () => {
    run(['-e', 'slim', 'init'], REGISTRY);
    chmodSync(folder, 0o755);
    // Root gets through every mode: in its place somebody else calls.
    if (!isRoot) chmodSync(join(folder, 'state'), 0o000);
    for (const words of [['status'], ['init'], ['up']]) {
      const { code, err } = run(['-e', 'slim', ...words], {}, SCRIPT, another);
      expect([code, err]).toEqual([1, expect.stringContaining('is closed to this user')]);
    }
    chmodSync(join(folder, 'state'), 0o700);
    rmSync(join(folder, 'state'), { recursive: true });
    if (!isRoot) chmodSync(folder, 0o555);
    const { err } = run(['-e', 'slim', 'init'], REGISTRY, SCRIPT, another);
    chmodSync(folder, 0o755);
    expect(err).toContain('cannot be made by this user');
  });

  it('leaves a file that is there alone', () => {
    run(['-e', 'slim', 'init']);
    const before = written();
    const again = run(['-e', 'slim', 'init']);
    // It took nothing over and said nothing, and `up` missed what the shell had by then.
    expect(again).toMatchObject({ code: 0 });
    expect(again.out).toContain(`${envFile()}: there already, and not changed.`);
    expect(written()).toBe(before);
  });

  it('takes over what the shell has', () => {
    run(['-e', 'slim', 'init'], {
      KAFKA_BROKERS: 'mine:9092',
      DATABASE_URL: 'postgres://me:pw@db/x',
      LOG_LEVEL: 'debug',
    });
    expect(written()).toContain("KAFKA_BROKERS='mine:9092'\n");
    expect(written()).toContain("LOG_LEVEL='debug'\n");
    expect(written()).not.toContain('POSTGRES_PASSWORD');
    expect(written().match(/^KAFKA_BROKERS=/gm)).toHaveLength(1);
  });

  it('leaves the databases to whoever names the one of an app', () => {
    run(['-e', 'slim', 'init'], { DEPLOYER_DATABASE_URL: 'postgres://me:pw@db/x' });
    expect(written()).toContain("DEPLOYER_DATABASE_URL='postgres://me:pw@db/x'\n");
    expect(written()).not.toMatch(/POSTGRES_PASSWORD|NODE_MANAGER_DATABASE_URL/);
  });

  it('a variable with a digit in its name was passed over: S3_URL is taken, and no Azurite started beside it', () => {
    mkdirSync(join(folder, 'docker'));
    for (const script of SCRIPTS) copyFileSync(script, join(folder, script));
    writeFileSync(join(folder, 'docker/compose.slim.yaml'), 'S3_URL: ${S3_URL:-}\n');
    run(['-e', 'slim', 'init'], { S3_URL: 'https://s3.example' }, join(folder, SCRIPT));
    expect(written()).toContain("S3_URL='https://s3.example'\n");
    expect(written()).not.toContain('BLOB_ACCOUNT_KEY');
  });

  it.each(["it's", 'a\\b', 'a${b}', 'a\nb'])(
    'refuses %j, which the two composes read each in its own way, without showing it',
    (value) => {
      const { code, err } = run(['-e', 'slim', 'init'], { REGISTRY_PASSWORD: value });
      expect([code, err]).toEqual([2, expect.stringContaining('REGISTRY_PASSWORD')]);
      expect(err).not.toContain(value);
      expect(existsSync(envFile())).toBe(false);
    },
  );

  it('a folder of zips was passed over, and Azurite started beside it: it is refused', () => {
    const { code, err } = run(['-e', 'slim', 'init'], { SLIPWAY_BLOB_FOLDER: '/srv/blobs' });
    expect([code, err]).toEqual([2, expect.stringContaining('SLIPWAY_BLOB_FOLDER')]);
    expect(existsSync(envFile())).toBe(false);
  });

  it('the keys of an AWS identity were dropped: they are taken over', () => {
    const identity = {
      AWS_ACCESS_KEY_ID: 'slipway',
      AWS_SECRET_ACCESS_KEY: 'key',
      S3_URL: 'https://s3.example',
    };
    run(['-e', 'slim', 'init'], identity);
    for (const [name, value] of Object.entries(identity)) expect(written()).toContain(`${name}='${value}'\n`);
  });
});

describe('up', () => {
  it('names the registry that is missing, and starts nothing', () => {
    const { code, err } = run(['-e', 'prod', 'up']);
    expect([code, err]).toEqual([1, expect.stringContaining('REGISTRY_URL is missing')]);
    expect(existsSync(join(folder, 'calls'))).toBe(false);
  });

  it('starts parts, makes database roles, then starts the apps with the group of the socket', () => {
    expect(run(['-e', 'slim', 'up'], REGISTRY)).toMatchObject({ code: 0, err: '' });
    const [parts, roles, all] = calls().split('\n');
    expect(parts).toContain('up --detach kafka postgres blob ');
    expect(roles).toContain('run --rm database-roles');
    expect(all).toMatch(/up --detach COMPOSE_PROFILES=kafka,postgres,blob DOCKER_GID=998/);
  });

  it('an app that was killed held up the start that brings it back: only parts are waited for before apps', () => {
    expect(run(['-e', 'slim', 'up'], REGISTRY)).toMatchObject({ code: 0, err: '' });
    expect(calls()).toMatch(/up --detach COMPOSE_PROFILES/);
  });

  it('an app that a newer version brings had no database login: it gets one, and the others keep theirs', () => {
    run(['-e', 'slim', 'init'], REGISTRY);
    const [line = ''] = /^DEPLOYER_DATABASE_URL=.*\n/m.exec(written()) ?? [];
    const before = written().replace(line, '');
    writeFileSync(envFile(), before);
    expect(run(['-e', 'slim', 'up'])).toMatchObject({ code: 0 });
    expect(written()).toMatch(/^DEPLOYER_DATABASE_URL=postgres:\/\/slipway_deployer:[0-9a-f]{48}@/m);
    expect(written().startsWith(before)).toBe(true);
  });

  it('says what is not healthy, and fails', () => {
    writeFileSync(join(folder, 'bin/docker-compose'), '#!/bin/sh\n');
    const { code, err } = run(['-e', 'slim', 'up'], REGISTRY);
    expect([code, err]).toEqual([1, expect.stringContaining('/app exited')]);
  });

  it('starts no part in the place of one that its user has', () => {
    const own = {
      KAFKA_BROKERS: 'mine:9092',
      DATABASE_URL: 'postgres://me:pw@db/x',
      AZURE_STORAGE_CONNECTION_STRING: 'a=b',
    };
    expect(run(['-e', 'slim', 'up'], { ...REGISTRY, ...own })).toMatchObject({ code: 0 });
    expect(calls()).toMatch(/^docker-compose .* up --detach COMPOSE_PROFILES= /);
  });

  it('the socket of the host went to containers that build over SSH alone: it stays away from them', () => {
    const far = 'far=ssh://b@10.0.0.9:22?hostKey=SHA256:x&keyFile=/etc/slipway/key';
    run(['-e', 'prod', 'up'], { ...REGISTRY, BUILDERS: far });
    run(['-e', 'slim', 'up'], { ...REGISTRY, BUILDERS: `here=unix:///var/run/docker.sock,${far}` });
    const [prod, slim] = [/prod.* up --detach COMP.*/, /slim.* up --detach COMP.*/].map(
      (line) => line.exec(calls())?.[0],
    );
    expect(prod).toContain('DOCKER_SOCKET=/dev/null ');
    expect(slim).toContain('DOCKER_GID=998 DOCKER_SOCKET=/var/run/docker.sock ');
  });

  it.each([
    [
      'the socket of a context',
      'Linux',
      { CONTEXT_HOST: 'unix:///run/user/1000/docker.sock' },
      '/run/user/1000/docker.sock',
    ],
    [
      'DOCKER_HOST',
      'Linux',
      { DOCKER_HOST: 'unix:///mine.sock', CONTEXT_HOST: 'unix:///other.sock' },
      '/mine.sock',
    ],
    [
      'the path in the machine of the engine on macOS',
      'Darwin',
      { DOCKER_HOST: 'unix:///Users/a/docker.sock' },
      '/var/run/docker.sock',
    ],
  ])('gives the deployer %s', (_, system, env, path) => {
    writeFileSync(join(folder, 'bin/uname'), `#!/bin/sh\necho ${system}\n`, { mode: 0o755 });
    expect(run(['-e', 'slim', 'up'], { ...REGISTRY, ...env })).toMatchObject({ code: 0 });
    expect(calls()).toContain(`DOCKER_SOCKET=${path} `);
  });

  it('what the shell has by chance later does not replace what the file says', () => {
    run(['-e', 'slim', 'init'], REGISTRY);
    run(['-e', 'slim', 'up'], { KAFKA_BROKERS: '127.0.0.1:1' });
    expect(calls()).not.toContain('127.0.0.1:1');
  });

  it('takes `docker compose` where it is there', () => {
    run(['-e', 'slim', 'up'], { ...REGISTRY, HAS_COMPOSE: '0' });
    expect(calls()).toMatch(/^docker compose .* up --detach/m);
    expect(calls()).not.toContain('docker-compose');
  });
});

describe('slipway', () => {
  const userOf = (env: Env): string => {
    run(['-e', 'slim', 'init']);
    expect(run(['-e', 'slim', 'slipway', 'init'], env)).toMatchObject({ code: 0 });
    return / --user (\S+) --volume \S+:\/work --workdir \/work cli init/.exec(calls())?.[1] ?? '';
  };

  it('has the files of the current folder, as the user who asks: `slipway init` could not write there', () => {
    expect(userOf({})).toBe(`${process.getuid?.()}:${process.getgid?.()}`);
  });

  it('of a rootless engine, another user could not read the keys of the caller', () => {
    expect(userOf({ SECURITY: '[name=seccomp,profile=default name=rootless]' })).toBe('0:0');
  });
});

describe('arguments', () => {
  it.each([
    [['--help'], 0, 'Usage'],
    [[], 2, 'Usage'],
    [['-e', 'test', 'up'], 2, 'expected prod, dev or slim'],
    [['-e', 'slim', 'start'], 2, 'there is no command "start"'],
    [['-e', 'slim', 'down'], 1, 'start with docker/run.sh -e slim up'],
  ])('%j', (words, code, said) => {
    const ended = run(words);
    expect(ended.code).toBe(code);
    expect(`${ended.out}${ended.err}`).toContain(said);
  });
});

it.each(SCRIPTS)('%s has nothing that bash 3.2 of macOS lacks', (script) => {
  const newer =
    /declare -A|local -[An]|mapfile|readarray|\$\{\w+(?:,,?|\^\^?)|\|&|&>>|coproc|wait -n|\[\[ -v|\$EPOCH|printf '%\(/;
  expect(
    readFileSync(script, 'utf8')
      .split('\n')
      .filter((line) => newer.test(line)),
  ).toEqual([]);
});
