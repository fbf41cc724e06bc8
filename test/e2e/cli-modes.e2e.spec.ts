import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { deploymentReplied, scaleReplied } from '#libs/contracts';
import { requireEnv, uniqueName, until } from '#libs/testing';
import { inWhole } from '../short-form.js';
import { greeter } from './client.js';
import { answerOf, RunningCommand, slipway } from './command.js';
import { sourceFolders } from './source-folders.js';
import { containersOf } from './world.js';

/** Left out of the short form: modes that modes.e2e asks for by messages; the command only words them. */
const whole = inWhole('e2e');

const folders = sourceFolders();
beforeAll(() => folders.make());
afterAll(() => folders.remove());

const textAt = async (url: string | undefined): Promise<string> => (await fetch(String(url))).text();
const replyIn = (out: string) => deploymentReplied.schema.parse(answerOf(out));

interface Running {
  readonly instance: string;
  readonly url: string;
  readonly release: string;
}

interface Listed {
  readonly id: string;
  readonly current: boolean;
  readonly instances: readonly unknown[];
}

/** What the registry says runs of the service, once it is so many. */
async function running(app: string, count: number): Promise<readonly Running[]> {
  return until(`${count} instances of ${app}`, async () => {
    const services = answerOf((await slipway('status', app, '--json')).out) as { instances: Running[] }[];
    const rows = services.flatMap(({ instances }) => instances);
    return rows.length === count ? rows : undefined;
  });
}

/** Names of blobs that hold the sources of a plan; others may plan meanwhile. */
async function plannedBlobs(token: string): Promise<readonly string[]> {
  const storage = BlobServiceClient.fromConnectionString(requireEnv('AZURE_STORAGE_CONNECTION_STRING'));
  const container = storage.getContainerClient(requireEnv('SLIPWAY_BLOB_CONTAINER'));
  const names: string[] = [];
  for await (const { name } of container.listBlobsFlat({ prefix: `plans/${token}/` })) names.push(name);
  return names;
}

/** An application whose one service ran as `one`, then as `two`. */
async function deployedTwice(app: string): Promise<string> {
  const root = await folders.write({ web: greeter('one') });
  expect((await slipway('deploy', root, '--app', app)).code).toBe(0);
  await writeFile(join(root, 'web/server.js'), greeter('two')['server.js'] ?? '');
  expect((await slipway('deploy', root, '--app', app)).code).toBe(0);
  return root;
}

whole.describe('releases and rollback', () => {
  const app = uniqueName('back');
  afterAll(() => slipway('stop', app, 'web'));

  it('lists what was built, goes back to what ran before, and forward by name', async () => {
    await deployedTwice(app);
    const list = async () => answerOf((await slipway('releases', app, 'web', '--json')).out) as Listed[];
    const currents = async () => (await list()).map(({ current }) => current);
    const [two, one] = await list();
    expect(await currents()).toEqual([true, false]);
    expect([two?.instances.length, one?.instances.length]).toEqual([1, 0]);

    const back = replyIn((await slipway('rollback', app, 'web', '--json')).out);
    expect(back.services[0]).toMatchObject({ status: 'running', release: one?.id });
    expect(await textAt(back.services[0]?.instances[0]?.url)).toBe('one');
    expect(await currents()).toEqual([false, true]);

    const forward = replyIn((await slipway('rollback', app, 'web', String(two?.id), '--json')).out);
    expect(await textAt(forward.services[0]?.instances[0]?.url)).toBe('two');
    expect(await currents()).toEqual([true, false]);

    const named = replyIn((await slipway('run', app, 'web', '--release', String(one?.id), '--json')).out);
    expect(await textAt(named.services[0]?.instances[0]?.url)).toBe('one');
    expect(await currents()).toEqual([false, true]);
    const shown = await slipway('releases', app);
    expect(shown.out).toMatch(/^SERVICE +RELEASE +BUILT +CURRENT +DEPLOYED +LAST DEPLOYED +RUNS ON\n/);
    expect(shown.out).toMatch(new RegExp(`^web +${one?.id} .* 3 x .* node-\\d$`, 'm'));
  });

  it('says of a release that there is not how to see which there are', async () => {
    const { code, out } = await slipway('rollback', app, 'web', 'no-such');
    expect(code).toBe(1);
    expect(out).toMatch(/RELEASE_NOT_FOUND {2}There is no release no-such/);
    expect(out).toMatch(/ {5}still serving: \S+ {2}http:\S+ on node-\d\n/);
    expect(out).toContain(`next: slipway releases ${app} web\n`);
  });
});

whole.describe('scale', () => {
  it('adds, counts, takes away, and takes the one that is named', async () => {
    const app = uniqueName('scale');
    const root = await folders.write({ web: greeter('scaled') });
    await slipway('deploy', root, '--app', app);
    const more = await slipway('scale', app, 'web', '+1', '--json');
    expect(more.code).toBe(0);
    expect(scaleReplied.schema.parse(answerOf(more.out)).service?.instances).toHaveLength(2);
    expect((await slipway('scale', app, 'web', '3')).out).toMatch(
      /✔ web {2}running {2}(http:\S+ on \S+ ?){3}\n/,
    );
    const [leaving] = await running(app, 3);
    const named = await slipway('scale', app, 'web', '--instance', String(leaving?.instance));
    expect(named.code).toBe(0);
    const left = await running(app, 2);
    expect(left.map(({ instance }) => instance)).not.toContain(leaving?.instance);
    expect((await slipway('scale', app, 'web', '-1')).code).toBe(0);
    expect(await containersOf(app)).toHaveLength(1);
    await slipway('stop', app, 'web');
  });
});

describe('plan', () => {
  const app = uniqueName('plan');
  afterAll(() => slipway('stop', app, 'web', 'db'));

  it('ends with 2 and the changes, with 0 where there is nothing to do, and changes nothing', async () => {
    const root = await folders.write({ web: greeter('planned'), db: greeter('data') });
    const first = await slipway('plan', root, '--app', app);
    expect(first.code).toBe(2);
    expect(first.out).toContain(' ✔ web  planned\n');
    expect(first.out).toMatch(/\n {5}\+ build\n {5}\+ start\n/);
    expect(first.out).toMatch(/4 changes; nothing was done yet\.\nnext: slipway deploy \S+ --app \S+\n$/);
    expect(await containersOf(app)).toEqual([]);
    const releases = answerOf((await slipway('releases', app, '--json')).out);
    expect(releases).toMatchObject({ error: { code: 'SERVICE_UNKNOWN' } });

    expect((await slipway('deploy', root, '--app', app)).code).toBe(0);
    const second = await slipway('plan', root, '--app', app);
    expect(second.code).toBe(0);
    expect(second.out).toMatch(/✔ db {2}nothing to do\n[^]*\nNothing to do\.\n$/);
    await writeFile(join(root, 'web/server.js'), greeter('changed')['server.js'] ?? '');
    const third = await slipway('plan', root, 'web', '--app', app, '--json');
    expect(third.code).toBe(2);
    const { token, services } = replyIn(third.out);
    const actions = services.map(({ plan }) => plan?.map(({ action }) => action));
    expect(actions).toEqual([['build', 'replace']]);
    expect(await plannedBlobs(token)).toEqual([]);
    expect(await textAt((await running(app, 2)).find(({ release }) => release.includes('-web-'))?.url)).toBe(
      'planned',
    );
  });

  it('--run plans what is built already', async () => {
    expect((await slipway('plan', '--run', 'web', 'db', '--app', app)).code).toBe(0);
    const restarted = await slipway('plan', '--run', 'web', '--app', app, '--restart');
    expect(restarted.code).toBe(2);
    expect(restarted.out).toMatch(/ {5}~ replace \S+ on node-\d\n1 change; nothing was done yet\.\n/);
    expect(restarted.out).toContain(`next: slipway run ${app} web --restart\n`);
  });

  whole.it('ends with 1 at any error', async () => {
    expect((await slipway('plan', '--run', 'never', '--app', app)).code).toBe(1);
    expect((await slipway('plan', '/no/such', '--app', app)).code).toBe(1);
    for (const config of ['{"runtime":"static"}', '{"runtime":"python","port":8080}']) {
      const root = await folders.write({ web: { ...greeter('x'), 'config.json': config } });
      expect((await slipway('plan', root, '--app', app)).code, config).toBe(1);
    }
    const versioned = await folders.write({ web: greeter('x', { version: '3' }) });
    const refused = await slipway('plan', versioned, '--app', app);
    expect([refused.code, refused.out + refused.err], 'it promised a build').toEqual([
      1,
      expect.stringContaining('RUNTIME_UNKNOWN'),
    ]);
  });
});

whole.describe('run and deploy', () => {
  it('--restart replaces what runs the same release already', async () => {
    const app = uniqueName('again');
    const root = await folders.write({ web: greeter('again') });
    await slipway('deploy', root, '--app', app);
    const [before] = await running(app, 1);
    await slipway('run', app, 'web');
    expect(await running(app, 1)).toMatchObject([{ instance: before?.instance }]);
    expect((await slipway('run', app, 'web', '--restart')).code).toBe(0);
    const [after] = await running(app, 1);
    expect(after?.release).toBe(before?.release);
    expect(after?.instance).not.toBe(before?.instance);
    await slipway('stop', app, 'web');
  });

  it('--depends begins a service once others have succeeded, and not when one failed', async () => {
    const app = uniqueName('order');
    const root = await folders.write({ web: greeter('web'), db: greeter('db') });
    const { code, err } = await slipway('deploy', root, '--app', app, '--depends', 'web=db', '--json');
    expect(code).toBe(0);
    const at = (step: RegExp): number => err.split('\n').findIndex((line) => step.test(line));
    expect(at(/ db {2}TaskSucceeded/)).toBeGreaterThan(-1);
    expect(at(/ web {2}DependenciesMet/)).toBeGreaterThan(at(/ db {2}TaskSucceeded/));
    await slipway('stop', app, 'web', 'db');
    const failed = await slipway('run', app, 'web', 'never', '--depends', 'web=never');
    expect(failed.code).toBe(1);
    expect(failed.out).toContain('DEPENDENCY_FAILED  web depends on never, which failed.');
    expect(failed.out).toContain(`next: slipway build ${app} web never\n`);
    expect(await containersOf(app)).toEqual([]);
  });
});

describe('cancel and history', () => {
  it('cancel ends a request in the middle, which is told and leaves nothing; history has every step', async () => {
    const app = uniqueName('cancel');
    const deaf = greeter('x', { health: { path: '/', startupMs: 60_000 } });
    const root = await folders.write({ web: { ...deaf, 'server.js': 'setInterval(() => 0, 1e6);' } });
    const token = uniqueName('cancelled');
    const deploying = new RunningCommand(['deploy', root, '--app', app, '--token', token]);
    await deploying.says('InstanceStarted');
    const cancelled = await slipway('cancel', token);
    expect(cancelled).toEqual({
      code: 0,
      out: `✔ ${token} is being cancelled\nnext: slipway history ${token}\n`,
      err: '',
    });
    const ended = await deploying.ended;
    expect(ended.code).toBe(1);
    expect(ended.out).toContain(`CANCELLED  The request ${token} was cancelled.`);
    expect(await containersOf(app)).toEqual([]);
    const again = await slipway('cancel', token);
    expect(again.code).toBe(1);
    expect(again.out).toContain('REQUEST_ENDED');

    const { code, out } = await slipway('history', token);
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^AT +SERVICE +STEP +PHASE +MS +NODE +REPLICA +SAID$/);
    expect(out).toMatch(/^\d{4}-\S+Z +web +ImageBuilt +build +\d+ +- +\S+$/m);
    expect(out).toMatch(/^\S+ +web +StepFailed .* CANCELLED$/m);
    expect(lines.at(-1)).toBe('The request has failed.');
    const steps = answerOf((await slipway('history', token, '--json')).out) as { version: number }[];
    expect(steps.map(({ version }) => version)).toEqual(steps.map((_, n) => n + 1));
    expect(steps).toHaveLength(lines.length - 2);
  });

  it.each(['cancel', 'history'])('%s of a request that there is not says so', async (command) => {
    const { code, err } = await slipway(command, 'no-such-request');
    expect(code).toBe(1);
    expect(err).toMatch(/^REQUEST_UNKNOWN {2}There is no request no-such-request\.\nhint: /);
  });
});

whole.describe('logs --build', () => {
  it('has what a failed build said, and what that of a release said', async () => {
    const app = uniqueName('logs');
    const root = await folders.write({ web: greeter('logged') });
    expect((await slipway('deploy', root, '--app', app)).code).toBe(0);
    const dockerfile =
      'FROM slipway/node:24\nRUN ["node", "-e", "console.log(6 * 7 + \' is said\'); process.exit(3)"]\n';
    await writeFile(join(root, 'web/config.json'), JSON.stringify({ runtime: 'dockerfile', port: 3000 }));
    await writeFile(join(root, 'web/Dockerfile'), dockerfile);
    expect((await slipway('deploy', root, '--app', app)).out).toContain('BUILD_FAILED');
    const failed = await slipway('logs', app, 'web', '--build');
    expect(failed.code).toBe(0);
    expect(failed.out).toMatch(/^42 is said$/m);
    expect(failed.err).toContain('which came to no release');

    const [release] = answerOf((await slipway('releases', app, 'web', '--json')).out) as { id: string }[];
    const of = ['--build', '--release', String(release?.id)];
    const built = answerOf((await slipway('logs', app, 'web', ...of, '--json')).out) as { log: string };
    expect(built.log).toContain('Successfully tagged');
    expect(built.log).not.toContain('42 is said');
    const none = await slipway('logs', app, 'other', '--build');
    expect(none.code).toBe(1);
    expect(none.err).toMatch(/^BUILD_LOG_UNKNOWN /);
    await slipway('stop', app, 'web');
  });
});
