import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentReplied } from '#libs/contracts';
import { testNodes, uniqueName, until } from '#libs/testing';
import { inWhole } from '../short-form.js';
import { greeter, zipOf } from './client.js';
import { answerOf, RunningCommand, slipway } from './command.js';
import { bodyAt } from './gateway.js';
import { type Files, sourceFolders } from './source-folders.js';
import { containersOf } from './world.js';

/** Left out of the short form: further deployments whose requests other files send, and whose output unit tests print. */
const whole = inWhole('e2e');

const folders = sourceFolders();
beforeAll(() => folders.make());
afterAll(() => folders.remove());
const sources: typeof folders.write = (services) => folders.write(services);

const exits: Files = {
  ...greeter('x'),
  'server.js': 'console.error("\u001b[31mout of luck"); process.exit(3);',
};
const token = (): string => `cli-${randomUUID()}`;
const textAt = async (url: string | undefined): Promise<string> => (await fetch(String(url))).text();

// eslint-disable-next-line no-control-regex -- what terminals obey begins with the escape character
const TERMINAL_CODES = /[\u001b\r]/;

describe('from a folder to what runs', () => {
  it('deploys the services of a folder, shows them, and stops them', async () => {
    const app = uniqueName('folder');
    const root = await sources({ 'app-server': greeter('front'), prices: greeter('back') });
    const deployed = await slipway('deploy', root, '--app', app, '--name', 'The folder');
    expect(deployed).toMatchObject({ code: 0, err: '' });
    expect(deployed.out).toMatch(/✔ prices {2}running {2}http:\S+ on node-\d/);
    expect(deployed.out).toMatch(/Finished in [\d.]+s\nnext: slipway status /);
    const endpoint = /Endpoint (\S+)/.exec(deployed.out)?.[1];
    expect(await bodyAt(endpoint)).toBe('front');

    const status = await slipway('status', app);
    expect(status.code).toBe(0);
    const [services = '', instances = ''] = status.out.trimEnd().split('\n\n');
    expect(services).toMatch(/^APP +SERVICE +RUNNING +STATE +RELEASE +ENDPOINT\n/);
    expect(services).toContain(` ${endpoint}\n`);
    await until('the counts that are wanted', async () =>
      /app-server +1\/1 .*\n.*prices +1\/1 /.test((await slipway('status', app)).out),
    );
    const [head, ...rows] = instances.split('\n');
    expect(head).toMatch(/^APP +SERVICE +STATE +NODE +URL +RELEASE +INSTANCE$/);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain(`app-server  running  `);
    const url = / (http:\S+) /.exec(String(rows[0]))?.[1];
    expect(await textAt(url)).toBe('front');

    const where = await slipway('status', app, 'app-server');
    expect(where.out).toMatch(/app-server +1\/1 +running /);
    expect(where.out).toContain(` ${new URL(String(url)).host} `);
    const watching = new RunningCommand(['status', app, 'prices', '--watch']);
    await watching.says(`${app}-prices-`);

    const stopped = await slipway('stop', app, 'app-server', 'prices');
    expect(stopped.code).toBe(0);
    await watching.says('is stopped on node-');
    expect(await watching.interrupt()).toMatchObject({ code: 0, err: 'Watching; Ctrl-C ends it.\n' });
    expect(watching.out).toMatch(/is draining on node-\d.*: The service was stopped [(]request \S+[)]/);
    expect(watching.out).not.toContain('app-server');
    expect(stopped.out).toContain('✔ app-server  stopped');
    expect(await containersOf(app)).toEqual([]);
    const nothing = await until('the stops to be known', async () => {
      const { out } = await slipway('status', app);
      return out.includes(`Nothing of ${app} runs.`) ? out : undefined;
    });
    expect(nothing).toMatch(/app-server +0\/0 +stopped .*\n.*prices +0\/0 +stopped /);
    expect(nothing).toContain(`next: slipway run ${app} app-server prices\n`);
    expect((await slipway('status', app, '--all')).out).toContain('stopped');
    const history = (await slipway('status', app, 'prices', '--history')).out.trimEnd().split('\n');
    expect(history.slice(1).map((line) => line.split(/ +/)[1])).toEqual([
      ...['stopped', 'draining', 'healthy', 'started'],
    ]);
  });

  whole.it('pushes a folder and a zip, builds them, runs them later; each says what comes next', async () => {
    const app = uniqueName('steps');
    const root = await sources({ web: greeter('pushed') });
    const pushed = await slipway('push', join(root, 'web'), '--app', app);
    expect(pushed).toMatchObject({ code: 0, err: '' });
    expect(pushed.out).toContain(`${app}--web.zip`);
    expect(pushed.out).toContain(`next: slipway build ${app} web\n`);
    const zip = join(root, 'source.zip');
    await writeFile(zip, zipOf(greeter('zipped')));
    expect((await slipway('push', zip, '--app', app, '--service', 'zipped')).code).toBe(0);

    const built = await slipway('build', app, 'web', 'zipped');
    expect(built.code).toBe(0);
    expect(built.out).toContain(`next: slipway run ${app} web zipped\n`);
    expect(await containersOf(app)).toEqual([]);
    const ran = await slipway('run', app, 'web', 'zipped', '--json');
    const reply = deploymentReplied.schema.parse(answerOf(ran.out));
    const urls = reply.services.map((service) => service.instances[0]?.url);
    expect(await Promise.all(urls.map(textAt))).toEqual(['pushed', 'zipped']);
    await slipway('stop', app, 'web', 'zipped');
  });

  it('gives the same token the same answer', async () => {
    const app = uniqueName('token');
    const words = ['stop', app, 'web', '--json', '--token', token()];
    const [one, two] = [await slipway(...words), await slipway(...words)].map(({ out }) => answerOf(out));
    expect(two).toEqual({ ...(one as object), elapsedMs: expect.any(Number) as number });
  });

  whole.it(
    'says that what is to be stopped did not run, which is no failure, and refuses a mistyped name',
    async () => {
      const app = uniqueName('idle');
      const root = await sources({ web: greeter('idle') });
      expect((await slipway('push', join(root, 'web'), '--app', app)).code).toBe(0);
      expect((await slipway('build', app, 'web')).code).toBe(0);
      const built = await slipway('stop', app, 'web');
      expect(built.code).toBe(0);
      expect(built.out).toContain('✔ web  was not running');
      const mistyped = await slipway('stop', app, 'wbe');
      expect(mistyped.code).toBe(1);
      expect(mistyped.out).toContain(`SERVICE_UNKNOWN  There is no service ${app}/wbe.`);
      expect(mistyped.out).toMatch(new RegExp(`\\nnext: slipway status ${app}\\n$`));
      const asJson = await slipway('stop', app, 'wbe', '--json');
      expect(asJson.code).toBe(1);
      expect(answerOf(asJson.out)).toMatchObject({ status: true, services: [{ status: 'not-running' }] });
      expect(asJson.err).toContain(`SERVICE_UNKNOWN  There is no service ${app}/wbe.`);
    },
  );
});

describe('piped output', () => {
  whole.it('is lines without terminal codes, whatever a container writes', async () => {
    const app = uniqueName('piped');
    const { code, out, err } = await slipway('deploy', await sources({ web: exits }), '--app', app);
    expect(code).toBe(1);
    expect(`${out}${err}`).not.toMatch(TERMINAL_CODES);
    const steps = out.split('\n').filter((line) => /^\d{4}-\d\d-\d\dT\S+Z {2}web {2}\w+/.test(line));
    expect(steps.length).toBeGreaterThan(8);
  });

  whole.it('with --json is one document, and the way there goes to standard error', async () => {
    const app = uniqueName('json');
    const root = await sources({ web: greeter('json') });
    const pushed = await slipway('push', join(root, 'web'), '--app', app, '--json');
    expect(answerOf(pushed.out)).toMatchObject({ appId: app, service: 'web', blob: `${app}--web.zip` });
    const deployed = await slipway('--json', 'deploy', root, '--app', app);
    expect(deploymentReplied.schema.parse(answerOf(deployed.out)).status).toBe(true);
    expect(deployed.err).toContain('ImageBuilt');
    const status = answerOf((await slipway('status', app, '--json')).out);
    const instances = [{ appId: app, service: 'web', state: 'running' }];
    expect(status).toMatchObject([{ appId: app, service: 'web', state: 'running', running: 1, instances }]);
    const stopped = await slipway('stop', app, 'web', '--json');
    expect(answerOf(stopped.out)).toMatchObject({ status: true, services: [{ status: 'stopped' }] });
    const [service] = await until('the stop to be known', async () => {
      const services = answerOf((await slipway('status', app, '--json')).out) as { wanted: number }[];
      return services[0]?.wanted === 0 ? services : undefined;
    });
    expect(service).toMatchObject({ service: 'web', state: 'stopped', running: 0, wanted: 0, instances: [] });
  });

  it.each([
    [['status', 'No'], 2, 'USAGE'],
    [['deploy'], 2, 'USAGE'],
    [['node', 'add', 'node-x', '--address', '127.0.0.1'], 2, 'USAGE'],
    [['push', '/no/such/source', '--app', 'shop', '--service', 'web'], 2, 'SOURCE_NOT_FOUND'],
  ])('%j with --json ends with an error as JSON', async (words, code, error) => {
    const ended = await slipway(...words, '--json');
    expect(ended.code).toBe(code);
    expect(answerOf(ended.out)).toMatchObject({ error: { code: error } });
  });
});

describe('a failed deployment', () => {
  it('ends with 1, and shows code, message, the end of the log, the hint and the next command', async () => {
    const app = uniqueName('fails');
    const root = await sources({ web: exits });
    const { code, out } = await slipway('deploy', root, '--app', app);
    expect(code).toBe(1);
    const end = out.slice(out.indexOf(' ✖ web  failed'));
    expect(end).toMatch(/CONTAINER_EXITED {2}.*exited with code 3/);
    expect(end).toMatch(/\n {5}\| out of luck\n {5}hint: .{20,}\n/);
    expect(end).toMatch(/\nFailed: web in [\d.]+s\nnext: slipway deploy \S+ --app \S+ web\n$/);
  });

  it('is the same in JSON', async () => {
    const ended = await slipway('run', uniqueName('never'), 'web', '--json');
    expect(ended.code).toBe(1);
    const error = { code: 'RELEASE_NOT_FOUND', hint: expect.stringContaining('slipway build') as string };
    expect(answerOf(ended.out)).toMatchObject({ status: false, failed: ['web'], services: [{ error }] });
  });
});

describe('what the user must change ends with 2 before anything is sent', () => {
  it.each([
    ['a wrong application', ['stop', 'My Shop', 'web'], 'application is "My Shop": appId must be 1-63 of'],
    ['a wrong token', ['stop', 'shop', 'web', '--token', 'a b'], '--token is "a b": token must be 1-128 of'],
    ['a wrong time', ['stop', 'shop', 'web', '--timeout', 'soon'], '--timeout is "soon": it must be a whole'],
    ['no service', ['stop', 'shop'], "missing required argument 'service'"],
    ['no application', ['deploy', '.'], "required option '--app <id>' not specified"],
  ])('%s', async (_, words, says) => {
    const { code, out, err } = await slipway(...words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(says);
    expect(err).toContain('hint: ');
  });

  it('a field of config.json, with what was expected', async () => {
    const app = uniqueName('config');
    const root = await sources({ fine: greeter('x'), web: greeter('x', { port: 'http' }) });
    const { code, out, err } = await slipway('deploy', root, '--app', app);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/CONFIG_INVALID .*web\/config\.json: .*port: expected number/);
  });

  it('a Kafka that does not answer, within seconds, with its address and what to do', async () => {
    const begun = performance.now();
    const env = { ...process.env, KAFKA_BROKERS: '127.0.0.1:1' };
    const { code, out, err } = await new RunningCommand(['stop', 'shop', 'web'], env).ended;
    // The client alone would try for half a minute; 4 s of it are ours, the rest a slow machine's.
    expect(performance.now() - begun).toBeLessThan(15_000);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('KAFKA_UNREACHABLE  The broker 127.0.0.1:1 does not answer\n');
    expect(err).toContain('next: source .slipway/env\n');
    expect(err).toMatch(/ECONNREFUSED.*\nhint: .*KAFKA_BROKERS/s);
  });

  it('a missing environment, with every variable to set and where they come from', async () => {
    const root = await sources({ web: greeter('x') });
    const { code, err } = await new RunningCommand(['deploy', root, '--app', 'shop'], {}).ended;
    expect(code).toBe(2);
    expect(err).toContain(
      'KAFKA_BROKERS is not set; AZURE_STORAGE_CONNECTION_STRING is not set: expected one of ',
    );
    expect(err).toContain('next: source .slipway/env');
  });
});

describe('nodes', () => {
  it('lists them, and brings an enrolled one up to date', async () => {
    const [node] = await testNodes();
    if (node === undefined) throw new Error('there is no node');
    const { name, address, sshPort, sshUser, privateKeyFile, hostKeyFingerprint } = node;
    const login = ['--ssh-port', String(sshPort), '--ssh-user', sshUser, '--key-file', privateKeyFile];
    const added = await slipway(
      ...['node', 'add', name, '--address', address, '--fingerprint', hostKeyFingerprint, ...login],
    );
    expect(added).toMatchObject({ code: 0, err: '' });
    expect(added.out).toContain(`✔ ${name} at ${address} is ready`);
    const listed = await slipway('node', 'ls');
    expect(listed.out).toMatch(new RegExp(`^${name} +ready +${address} `, 'm'));
    const nodes = answerOf((await slipway('node', 'list', '--json')).out);
    expect(nodes).toContainEqual(expect.objectContaining({ name, state: 'ready', hostKeyFingerprint }));
    const [, secret = ''] = (await readFile(privateKeyFile, 'utf8')).trim().split('\n');
    expect(secret.length).toBeGreaterThan(30);
    expect(JSON.stringify(nodes)).not.toContain(secret);
  });

  it('does not show a password that it was given', async () => {
    const words = ['node', 'add', 'node-x', '--address', '127.0.0.1', '--ssh-port', '1', '--password-stdin'];
    const { code, out, err } = await new RunningCommand(words, process.env, 'hunter2\n').ended;
    expect(code).toBe(1);
    expect(err).toMatch(/^SSH_UNREACHABLE /);
    expect(`${out}${err}`).not.toContain('hunter2');
  });

  it('names what is missing for a login', async () => {
    const { code, err } = await slipway('node', 'add', 'node-x', '--address', '127.0.0.1');
    expect(code).toBe(2);
    expect(err).toContain('hint: Give --key-file or --password-stdin.');
  });
});
