import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { forms } from '../../scripts/containers/compose.js';
import { ensurePackages } from '../../scripts/one-machine/packages.js';
import { composeTwo } from './compose-two.js';

const run = promisify(execFile);
const SCRIPTS = [
  'docker/run.sh',
  'docker/env-file.sh',
  'test/infra/parts/kafka.sh',
  'test/infra/parts/postgres.sh',
];
const PROFILES = 'command,kafka,postgres,redis,blob';

let commands: Readonly<Record<string, string>>;

beforeAll(async () => {
  const packages = { 'docker-compose': '/usr/bin/docker-compose', shellcheck: '/usr/bin/shellcheck' };
  await ensurePackages({ report: () => undefined }, packages);
  commands = { 'docker-compose 1.29': '/usr/bin/docker-compose', 'docker compose 2': await composeTwo() };
}, 900_000);

describe.each(['docker-compose 1.29', 'docker compose 2'])('%s', (name) => {
  const env = { PATH: '/usr/bin:/bin', HOME: '/tmp', COMPOSE_PROFILES: PROFILES };
  const config = (form: string, more: Readonly<Record<string, string>>) =>
    run(String(commands[name]), ['-f', `docker/compose.${form}.yaml`, 'config'], {
      env: { ...env, ...more },
    });

  it.each(Object.keys(forms))('takes the file %s', async (form) => {
    const { stdout } = await config(form, { SLIPWAY_STATE: '/tmp', KAFKA_BROKERS: 'kafka:9092' });
    expect(stdout).toContain('KAFKA_BROKERS: kafka:9092');
  });

  it('says who sets what is missing', async () => {
    await expect(config('slim', {})).rejects.toThrow('run docker/run.sh');
  });
});

it('shellcheck finds nothing in the scripts', async () => {
  await expect(run('/usr/bin/shellcheck', ['--external-sources', ...SCRIPTS])).resolves.toMatchObject({
    stdout: '',
  });
});
