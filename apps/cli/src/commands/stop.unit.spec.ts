import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { DeploymentReply, ReleaseDetails } from '#libs/contracts';
import type { Deployer } from '../adapters/deployer.js';
import { failure } from '../errors.js';
import { Output } from '../output.js';
import { reportStop } from './stop.js';

const idle = (name: string) => ({ name, status: 'not-running' as const, instances: [], phases: {} });
const reply: DeploymentReply = {
  ...{ token: 't', status: true, failed: [] },
  services: [idle('web'), { ...idle('zzz'), notes: ['hello/zzz was never run.'] }],
};

const unknown = failure('SERVICE_UNKNOWN', 'There is no such service.', { hint: 'h' });
const silent = failure('API_UNREACHABLE', 'The operation was aborted due to timeout', { hint: 'h' });

type DeployerRecord = Pick<Deployer, 'releases' | 'spec'>;

const built: ReleaseDetails = {
  ...{ id: 'r1', appId: 'hello', service: 'web', sourceDigest: 'd', image: 'i', current: true },
  ...{ createdAt: '2026-01-01T00:00:00.000Z', deployments: [], instances: [] },
};

/** A deployer that has built `web`, and answers of all else with `error`. */
const deployerThat = (error: Error): DeployerRecord => ({
  releases: (_, service) => Promise.resolve(service === 'web' ? [built] : []),
  spec: () => Promise.reject(error),
});

async function stopped(
  json: boolean,
  open: (said: () => string) => DeployerRecord = () => deployerThat(unknown),
) {
  const streams = { out: new PassThrough(), err: new PassThrough() };
  const said = { out: '', err: '' };
  const read = (): typeof said => {
    for (const name of ['out', 'err'] as const) said[name] += String(streams[name].read() ?? '');
    return said;
  };
  const { out, err } = streams as unknown as Record<'out' | 'err', NodeJS.WriteStream>;
  const output = new Output({ json, out, err });
  const answer = { reply, elapsedMs: 120 };
  const code = await reportStop(answer, 'hello', output, () => open(() => read().out));
  return { code, ...read() };
}

it('a mistyped name changed the reply: it is printed as it came, and the exit code and a hint say more', async () => {
  const { code, out, err } = await stopped(true);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toEqual({ ...reply, elapsedMs: 120 });
  expect(err.split('\n')).toEqual([
    'SERVICE_UNKNOWN  There is no service hello/zzz.',
    'hint: Check the name. See which there are: slipway status hello',
    'next: slipway status hello',
    '',
  ]);
});

it('says so after the text of the reply without --json', async () => {
  const { code, out, err } = await stopped(false);
  expect({ code, err }).toEqual({ code: 1, err: '' });
  expect(out.split('\n')).toEqual([
    ' ✔ web  was not running',
    ' ✔ zzz  was not running',
    '     note: hello/zzz was never run.',
    'Finished in 0.12s',
    'SERVICE_UNKNOWN  There is no service hello/zzz.',
    'hint: Check the name. See which there are: slipway status hello',
    'next: slipway status hello',
    '',
  ]);
});

it('the reply was held back until the deployer had answered: it is out before that is asked', async () => {
  let before = '';
  await stopped(true, (said) => {
    before = said();
    return deployerThat(unknown);
  });
  expect(JSON.parse(before)).toMatchObject({ token: 't', status: true });
});

it.each<[string, () => DeployerRecord]>([
  ['does not answer', () => deployerThat(silent)],
  [
    'is not configured',
    () => {
      throw silent;
    },
  ],
])('a stop needs Kafka alone: that the deployer %s is no failure', async (_, open) => {
  const { code, out, err } = await stopped(true, open);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(JSON.parse(out)).toMatchObject({ status: true });
});
