import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { another, isRoot, REGISTRY, RunSh, SCRIPT, SCRIPTS } from './run-sh.testing.js';

const here = new RunSh();

describe('the first start', () => {
  it('writes keys, passwords and parts to a file that its owner alone reads', () => {
    expect(here.run(['-e', 'slim', 'init'])).toMatchObject({ code: 0, err: '' });
    expect(statSync(here.envFile()).mode & 0o777).toBe(0o600);
    expect(statSync(join(here.folder, 'state/slim')).mode & 0o777).toBe(0o700);
    expect(here.written()).toContain('SLIPWAY_NODE_KEY=made-key\n');
    expect(here.written()).toContain('KAFKA_BROKERS=kafka:9092\n');
    expect(here.written()).toMatch(
      /^LOAD_BALANCER_DATABASE_URL=postgres:\/\/slipway_load_balancer:[0-9a-f]{48}@postgres:5432\/slipway$/m,
    );
  });

  it('an engine that does not answer was told as an image that is missing', () => {
    const { code, err } = here.run(['-e', 'slim', 'up'], { ...REGISTRY, HAS_ENGINE: '1' });
    expect([code, err]).toEqual([1, expect.stringContaining('no container engine answers')]);
  });

  it('says at once that an image registry has to be named', () => {
    expect(here.run(['-e', 'slim', 'init']).out).toContain('next: name an image registry');
    rmSync(here.envFile());
    expect(here.run(['-e', 'slim', 'init'], REGISTRY).out).not.toContain('next: name an image registry');
  });

  it('a line that holds no variable was taken for nothing', () => {
    here.run(['-e', 'slim', 'init'], REGISTRY);
    writeFileSync(here.envFile(), `${here.written()}\nFOO_BAR\n`);
    const line = here.written().split('\n').indexOf('FOO_BAR') + 1;
    expect(here.run(['-e', 'slim', 'status'])).toMatchObject({
      code: 1,
      err: `run.sh: line ${line} of ${here.envFile()}: expected NAME=value\n`,
    });
  });

  it('a folder that is closed to its user was told as one that is not there', () => {
    here.run(['-e', 'slim', 'init'], REGISTRY);
    chmodSync(here.folder, 0o755);
    if (!isRoot) chmodSync(join(here.folder, 'state'), 0o000);
    for (const words of [['status'], ['init'], ['up']]) {
      const { code, err } = here.run(['-e', 'slim', ...words], {}, SCRIPT, another);
      expect([code, err]).toEqual([1, expect.stringContaining('is closed to this user')]);
    }
    chmodSync(join(here.folder, 'state'), 0o700);
    rmSync(join(here.folder, 'state'), { recursive: true });
    if (!isRoot) chmodSync(here.folder, 0o555);
    const { err } = here.run(['-e', 'slim', 'init'], REGISTRY, SCRIPT, another);
    chmodSync(here.folder, 0o755);
    expect(err).toContain('cannot be made by this user');
  });

  it('leaves a file that is there alone', () => {
    here.run(['-e', 'slim', 'init']);
    const before = here.written();
    const again = here.run(['-e', 'slim', 'init']);
    // It took nothing over and said nothing, and `up` missed what the shell had by then.
    expect(again).toMatchObject({ code: 0 });
    expect(again.out).toContain(`${here.envFile()}: there already, and not changed.`);
    expect(here.written()).toBe(before);
  });

  it('takes over what the shell has', () => {
    here.run(['-e', 'slim', 'init'], {
      KAFKA_BROKERS: 'mine:9092',
      DATABASE_URL: 'postgres://me:pw@db/x',
      LOG_LEVEL: 'debug',
    });
    expect(here.written()).toContain("KAFKA_BROKERS='mine:9092'\n");
    expect(here.written()).toContain("LOG_LEVEL='debug'\n");
    expect(here.written()).not.toContain('POSTGRES_PASSWORD');
    expect(here.written().match(/^KAFKA_BROKERS=/gm)).toHaveLength(1);
  });

  it('leaves the databases to whoever names the one of an app', () => {
    here.run(['-e', 'slim', 'init'], { DEPLOYER_DATABASE_URL: 'postgres://me:pw@db/x' });
    expect(here.written()).toContain("DEPLOYER_DATABASE_URL='postgres://me:pw@db/x'\n");
    expect(here.written()).not.toMatch(/POSTGRES_PASSWORD|NODE_MANAGER_DATABASE_URL/);
  });

  it('a variable with a digit in its name was passed over: S3_URL is taken, and no Azurite started beside it', () => {
    mkdirSync(join(here.folder, 'docker'));
    for (const script of SCRIPTS) copyFileSync(script, join(here.folder, script));
    writeFileSync(join(here.folder, 'docker/compose.slim.yaml'), 'S3_URL: ${S3_URL:-}\n');
    here.run(['-e', 'slim', 'init'], { S3_URL: 'https://s3.example' }, join(here.folder, SCRIPT));
    expect(here.written()).toContain("S3_URL='https://s3.example'\n");
    expect(here.written()).not.toContain('BLOB_ACCOUNT_KEY');
  });

  it.each(["it's", 'a\\b', 'a${b}', 'a\nb'])(
    'refuses %j, which the two composes read each in its own way, without showing it',
    (value) => {
      const { code, err } = here.run(['-e', 'slim', 'init'], { REGISTRY_PASSWORD: value });
      expect([code, err]).toEqual([2, expect.stringContaining('REGISTRY_PASSWORD')]);
      expect(err).not.toContain(value);
      expect(existsSync(here.envFile())).toBe(false);
    },
  );

  it('a folder of zips was passed over, and Azurite started beside it: it is refused', () => {
    const { code, err } = here.run(['-e', 'slim', 'init'], { SLIPWAY_BLOB_FOLDER: '/srv/blobs' });
    expect([code, err]).toEqual([2, expect.stringContaining('SLIPWAY_BLOB_FOLDER')]);
    expect(existsSync(here.envFile())).toBe(false);
  });

  it('the keys of an AWS identity were dropped: they are taken over', () => {
    const identity = {
      AWS_ACCESS_KEY_ID: 'slipway',
      AWS_SECRET_ACCESS_KEY: 'key',
      S3_URL: 'https://s3.example',
    };
    here.run(['-e', 'slim', 'init'], identity);
    for (const [name, value] of Object.entries(identity))
      expect(here.written()).toContain(`${name}='${value}'\n`);
  });
});
