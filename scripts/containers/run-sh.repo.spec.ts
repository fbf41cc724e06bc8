import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Env, REGISTRY, RunSh, SCRIPTS } from './run-sh.testing.js';

const here = new RunSh();

describe('up', () => {
  it('names the registry that is missing, and starts nothing', () => {
    const { code, err } = here.run(['-e', 'prod', 'up']);
    expect([code, err]).toEqual([1, expect.stringContaining('REGISTRY_URL is missing')]);
    expect(existsSync(join(here.folder, 'calls'))).toBe(false);
  });

  it('starts parts, makes database roles, then starts the apps with the group of the socket', () => {
    expect(here.run(['-e', 'slim', 'up'], REGISTRY)).toMatchObject({ code: 0, err: '' });
    const [parts, roles, all] = here.calls().split('\n');
    expect(parts).toContain('up --detach kafka postgres blob ');
    expect(roles).toContain('run --rm database-roles');
    expect(all).toMatch(/up --detach COMPOSE_PROFILES=kafka,postgres,blob DOCKER_GID=998/);
  });

  it('an app that was killed held up the start that brings it back: only parts are waited for before apps', () => {
    expect(here.run(['-e', 'slim', 'up'], REGISTRY)).toMatchObject({ code: 0, err: '' });
    expect(here.calls()).toMatch(/up --detach COMPOSE_PROFILES/);
  });

  it('an app that a newer version brings had no database login: it gets one, and the others keep theirs', () => {
    here.run(['-e', 'slim', 'init'], REGISTRY);
    const [line = ''] = /^DEPLOYER_DATABASE_URL=.*\n/m.exec(here.written()) ?? [];
    const before = here.written().replace(line, '');
    writeFileSync(here.envFile(), before);
    expect(here.run(['-e', 'slim', 'up'])).toMatchObject({ code: 0 });
    expect(here.written()).toMatch(/^DEPLOYER_DATABASE_URL=postgres:\/\/slipway_deployer:[0-9a-f]{48}@/m);
    expect(here.written().startsWith(before)).toBe(true);
  });

  it('Redis ran and no app knew of it: the file names it, an older file too, and slim has none', () => {
    here.run(['-e', 'prod', 'init'], REGISTRY);
    const file = here.envFile('prod');
    const before = readFileSync(file, 'utf8').replace('REDIS_URL=redis://redis:6379\n', '');
    writeFileSync(file, before);
    expect(here.run(['-e', 'prod', 'up'])).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe(`${before}REDIS_URL=redis://redis:6379\n`);
    expect(here.calls()).toMatch(/^docker-compose .* up --detach kafka postgres blob redis /m);
    here.run(['-e', 'slim', 'init'], REGISTRY);
    expect(here.written()).not.toContain('REDIS_URL');
  });

  it('says what is not healthy, and fails', () => {
    writeFileSync(join(here.folder, 'bin/docker-compose'), '#!/bin/sh\n');
    const { code, err } = here.run(['-e', 'slim', 'up'], REGISTRY);
    expect([code, err]).toEqual([1, expect.stringContaining('/app exited')]);
  });

  it('starts no part in the place of one that its user has', () => {
    const own = {
      KAFKA_BROKERS: 'mine:9092',
      DATABASE_URL: 'postgres://me:pw@db/x',
      AZURE_STORAGE_CONNECTION_STRING: 'a=b',
      REDIS_URL: 'rediss://mine:6380',
    };
    for (const form of ['slim', 'prod']) {
      rmSync(join(here.folder, 'calls'), { force: true });
      expect(here.run(['-e', form, 'up'], { ...REGISTRY, ...own })).toMatchObject({ code: 0 });
      expect(here.calls(), form).toMatch(/^docker-compose .* up --detach COMPOSE_PROFILES= /);
    }
  });

  it('the socket of the host went to containers that build over SSH alone: it stays away from them', () => {
    const far = 'far=ssh://b@10.0.0.9:22?hostKey=SHA256:x&keyFile=/etc/slipway/key';
    here.run(['-e', 'prod', 'up'], { ...REGISTRY, BUILDERS: far });
    here.run(['-e', 'slim', 'up'], { ...REGISTRY, BUILDERS: `here=unix:///var/run/docker.sock,${far}` });
    const [prod, slim] = [/prod.* up --detach COMP.*/, /slim.* up --detach COMP.*/].map(
      (line) => line.exec(here.calls())?.[0],
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
    writeFileSync(join(here.folder, 'bin/uname'), `#!/bin/sh\necho ${system}\n`, { mode: 0o755 });
    expect(here.run(['-e', 'slim', 'up'], { ...REGISTRY, ...env })).toMatchObject({ code: 0 });
    expect(here.calls()).toContain(`DOCKER_SOCKET=${path} `);
  });

  it('what the shell has by chance later does not replace what the file says', () => {
    here.run(['-e', 'slim', 'init'], REGISTRY);
    here.run(['-e', 'slim', 'up'], { KAFKA_BROKERS: '127.0.0.1:1' });
    expect(here.calls()).not.toContain('127.0.0.1:1');
  });

  it('takes `docker compose` where it is there', () => {
    here.run(['-e', 'slim', 'up'], { ...REGISTRY, HAS_COMPOSE: '0' });
    expect(here.calls()).toMatch(/^docker compose .* up --detach/m);
    expect(here.calls()).not.toContain('docker-compose');
  });
});

describe('slipway', () => {
  const userOf = (env: Env): string => {
    here.run(['-e', 'slim', 'init']);
    expect(here.run(['-e', 'slim', 'slipway', 'init'], env)).toMatchObject({ code: 0 });
    return / --user (\S+) --volume \S+:\/work --workdir \/work cli init/.exec(here.calls())?.[1] ?? '';
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
    const ended = here.run(words);
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
