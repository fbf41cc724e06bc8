import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Command } from 'commander';
import { Output } from './output.js';
import { buildProgram, runProgram } from './program.js';

beforeEach(() => {
  const names = [
    ...['KAFKA_BROKERS', 'AZURE_STORAGE_CONNECTION_STRING', 'SLIPWAY_API_URL', 'SLIPWAY_API_TOKEN'],
    ...['SLIPWAY_DEPLOYER_URL', 'SLIPWAY_LOAD_BALANCER_URL'],
  ];
  for (const name of names) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

const LONG = 'a'.repeat(501);

async function slipway(...words: string[]) {
  const out = new PassThrough();
  const err = new PassThrough();
  const codes: number[] = [];
  await runProgram(words, {
    outputFor: (json) =>
      new Output({
        json,
        out: out as unknown as NodeJS.WriteStream,
        err: err as unknown as NodeJS.WriteStream,
      }),
    finish: (code) => void codes.push(code),
    interrupted: () => new Promise(() => undefined),
    standardInput: () => Promise.resolve(''),
    askHidden: undefined,
  });
  expect(codes).toHaveLength(1);
  return { code: codes[0], out: String(out.read() ?? ''), err: String(err.read() ?? '') };
}

describe('the slipway command', () => {
  it('says which variable is missing and where it comes from, and ends with 2', async () => {
    const { code, err } = await slipway('status', 'shop');
    expect(code).toBe(2);
    expect(err).toContain('SLIPWAY_API_URL');
    expect(err).toContain('next: source .slipway/env');
  });

  it('init took --json behind its name for a field of config.json', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-init-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'index.html'), '<p>hello</p>');
    const { code, out } = await slipway('init', folder, '--json');
    expect([code, JSON.parse(out)]).toMatchObject([0, { written: [{ config: { runtime: 'static' } }] }]);
  });

  it('prints an error as JSON alone on standard output', async () => {
    const { code, out, err } = await slipway('run', 'shop', 'prices', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({
      error: {
        code: 'CONFIGURATION',
        message: 'KAFKA_BROKERS is not set',
        next: 'source .slipway/env',
      },
    });
    expect(err).toContain('KAFKA_BROKERS is not set');
  });

  it('lists every missing variable of a deploy at once', async () => {
    const { err } = await slipway(
      'deploy',
      join(import.meta.dirname, '../../../examples/shop'),
      '--app',
      'shop',
    );
    expect(err).toContain('KAFKA_BROKERS is not set; AZURE_STORAGE_CONNECTION_STRING is not set');
  });

  it.each([
    ['an unknown command', ['depoly'], "unknown command 'depoly' (Did you mean deploy?)", 'slipway --help'],
    ['a word that is near no command', ['bogus'], "unknown command 'bogus'", 'slipway --help'],
    ['a missing argument', ['stop', 'shop'], "missing required argument 'service'", 'slipway stop --help'],
    [
      'a missing option',
      ['deploy', '.'],
      "required option '--app <id>' not specified",
      'slipway deploy --help',
    ],
    ['an unknown option', ['node', 'ls', '--x'], "unknown option '--x'", 'slipway node ls --help'],
  ])('tells %s with the help to read, as JSON too', async (_, words, message, next) => {
    const told = await slipway(...words, '--json');
    expect(told.code).toBe(2);
    expect(JSON.parse(told.out)).toMatchObject({ error: { code: 'USAGE', message, next } });
    expect((await slipway(...words)).out).toBe('');
  });

  it.each([
    [
      ['push', '.', '--app', 'My Shop', '--service', '-'],
      ['--app is "My Shop"', '--service is "-"', '1-63'],
    ],
    [
      ['run', 'shop', 'A', '--token', 'a b'],
      ['<service> is "A"', '--token is "a b"', '1-128'],
    ],
    [['stop', 'shop', 'web', 'web'], ['services must not repeat a name']],
    [
      ['build', 'shop', 'web', '--timeout', '1e3'],
      ['--timeout is "1e3"', 'from 1 to 86400'],
    ],
    [
      ['status', 'Shop'],
      ['<app> is "Shop"', 'such as "shop-front"'],
    ],
    [['events', '--app', ''], ['--app is ""']],
    [['node', 'add', 'N', '--address', 'x'], ['<name> is "N"']],
    [
      ['node', 'add', 'n', '--address', 'x', '--fingerprint', 'SHA256:abc'],
      ['--fingerprint is "SHA256:abc": expected SHA256:... as ssh-keygen -l prints it'],
    ],
    [
      ['node', 'add', 'n', '--address', 'x', '--socket', 'docker.sock'],
      ['--socket is "docker.sock": expected the absolute path of a socket'],
    ],
    [
      ['node', 'add', 'n', '--address', 'http://x', '--ssh-user', ''],
      ['--address is "http://x": expected a host name', '--ssh-user is ""'],
    ],
    [['rollback', 'shop', 'Web'], ['<service> is "Web"']],
    [
      ['scale', 'Shop', 'web', '1'],
      ['<app> is "Shop"', 'such as "shop-front"'],
    ],
    [
      ['scale', 'shop', 'web', 'more'],
      ['<count> is "more"', 'such as 3, +1 or -1'],
    ],
    [['scale', 'shop', 'web', '1000'], ['<count>: expected at most 50']],
    [['scale', 'shop', 'web', '-51'], ['<count>: expected at least -50']],
    [['scale', 'shop', 'web', '1', '--reason', LONG], ['--reason: expected at most 500 characters']],
    [['scale', 'shop', 'web', '--instance', LONG], ['--instance: expected at most 255 characters']],
    [['rollback', 'shop', 'web', '--reason', LONG], ['--reason: expected at most 500 characters']],
    [['stop', 'shop', 'web', '--reason', 'a\u0007'], ['--reason: must hold no control characters']],
    [['run', 'shop', 'web', '--release', LONG], ['--release: expected at most 200 characters']],
    [
      ['scale', 'shop', 'web', '+0'],
      ['<count> is "+0"', 'such as 3, +1 or -1'],
    ],
    [
      ['traffic', 'shop', 'web', '--release', 'r'],
      ['--release is "r"', 'such as R=10'],
    ],
    [['traffic', 'shop', 'web', '--release', 'r=101'], ['--release is "r=101"']],
    [['traffic', 'shop', '--release', 'r=10'], ['--release needs an application and a service']],
    [['traffic', 'shop', 'web', '--instances', '2'], ['--instances needs --release']],
    [
      ['traffic', 'shop', 'web', '--release', 'r=0', '--instances', '2'],
      ['--instances cannot be used with 0 percent', 'no canary'],
    ],
    [
      ['traffic', 'shop', 'web', '--release', 'r=100', '--instances', '2'],
      ['--instances cannot be used with 100 percent', 'slipway scale shop web'],
    ],
    [['traffic', '--weight', 'x=auto', '--for', '10m'], ['--for cannot be used with auto alone']],
    [['traffic', 'shop', 'web', '--timeout', '10'], ['--timeout needs --release']],
    [['scale', 'shop', 'web'], ['either <count> or --instance']],
    [['scale', 'shop', 'web', '1', '--instance', 'x'], ['either <count> or --instance']],
    [
      ['cancel', 'a b'],
      ['<token> is "a b"', '1-128'],
    ],
    [['history', 'a b'], ['<token> is "a b"']],
    [['releases', 'shop', 'Web'], ['<service> is "Web"']],
    [['logs', 'shop', 'web', '--release', 'r'], ['--release needs --build']],
    [['logs', 'shop', 'web', '--build', '-f'], ['--follow cannot be used with --build']],
    [
      ['logs', 'shop', 'web', '--tail', 'all'],
      ['--tail is "all"', 'from 0 to 10000'],
    ],
    [['logs', 'Shop', 'web', '--build'], ['<app> is "Shop"']],
    [['run', 'shop', 'web', '--depends', 'web=db'], ['dependsOn of web names db']],
    [['run', 'shop', 'a', 'b', '--depends', 'a=b', '--depends', 'b=a'], ['in a circle: a, b']],
    [
      ['node', 'add', 'n', '--address', 'x', '--ssh-port', '0'],
      ['--ssh-port is "0"', 'from 1 to 65535'],
    ],
    // A port that is too high was told as a wrong name of a node.
    [
      ['node', 'add', 'root@10.0.0.1:99999'],
      ['<name-or-place> is "root@10.0.0.1:99999"', '[user@]host[:port] with a port from 1 to 65535'],
    ],
    [['node', 'add', 'root@::1'], ['an IPv6 address stands in brackets']],
    // The next ones contradict themselves; the last, or the place, won without a word.
    [
      ['node', 'add', 'root@10.0.0.1', '--ssh-user', 'bob'],
      ['--ssh-user is bob', 'the place says root'],
    ],
    [
      ['node', 'add', 'root@10.0.0.1:22', '--ssh-port', '23'],
      ['--ssh-port is 23', 'the place says 22'],
    ],
    [
      ['node', 'label', 'n', '--capacity', 'cpus=3', '--clear-capacity'],
      ["cannot be used with option '--cap"],
    ],
    [['node', 'label', 'n', '--reserve', 'cpus=1', '--clear-reserve'], ["cannot be used with option '--res"]],
    [['node', 'label', 'n', '--zone', 'a', '--no-zone'], ['--zone and --no-zone']],
    [['node', 'label', 'n', '--no-zone', '--zone', 'a'], ['--zone and --no-zone']],
    [['status', 'shop', '--watch', '--history'], ["'--history' cannot be used with option '-w, --watch'"]],
    [['node', 'label', 'n', 'disk=ssd', 'disk-'], ['"disk" is named twice']],
    // In zod's words: `Too small: expected string to have >=1 characters`.
    [['node', 'cordon', 'n', '--reason', ''], ['--reason is "": expected at least 1 character\n']],
    [
      ['node', 'drain', 'n', '--deadline', '99999d'],
      ['--deadline is "99999d": expected a time of at most 30d'],
    ],
  ])('%j is refused with each argument, its value and what was expected', async (words, said) => {
    vi.stubEnv('KAFKA_BROKERS', 'localhost:1');
    const { code, err } = await slipway(...words);
    expect(code).toBe(2);
    for (const part of said) expect(err).toContain(part);
    expect(err).toMatch(/next: slipway [a-z ]+ --help\n$/);
  });

  it('a platform that does not answer gives no next line: it leads to the settings', async () => {
    for (const name of ['SLIPWAY_API_URL', 'SLIPWAY_DEPLOYER_URL']) vi.stubEnv(name, 'http://127.0.0.1:1');
    vi.stubEnv('SLIPWAY_API_TOKEN', 'token');
    for (const words of [['status'], ['spec', 'shop', 'web']]) {
      const { code, err } = await slipway(...words);
      expect([code, err]).toEqual([1, expect.stringMatching(/^API_UNREACHABLE .*\n.*platform is up/)]);
      expect(err).toContain('next: source .slipway/env\n');
    }
  });

  it('knows its version', async () => {
    const file = await readFile(join(import.meta.dirname, '../../../package.json'), 'utf8');
    const program = buildProgram(unused);
    expect(program.version()).toBe((JSON.parse(file) as { version: string }).version);
    program.configureOutput({ writeOut: () => undefined });
    await expect(program.parseAsync(['--version'], { from: 'user' })).rejects.toMatchObject({ exitCode: 0 });
  });

  it('a rollback takes a reason', async () => {
    const { code, err } = await slipway('rollback', 'shop', 'web', '--reason', 'too slow');
    expect(code).toBe(2);
    expect(err).toContain('KAFKA_BROKERS is not set');
  });

  it.each([
    [['plan'], "required option '--app <id>' not specified"],
    [['plan', '--app', 'shop'], "missing required argument 'dir'"],
    [['plan', '--app', 'shop', '--run'], "missing required argument 'service'"],
    [['--json', 'plan', '.', '--app', 'shop', '--no-such'], "unknown option '--no-such'"],
    [['plan', '.', '--app', 'shop', '--timeout', 'soon'], '--timeout is "soon"'],
    [['plan', '/no/such/folder', '--app', 'shop'], '/no/such/folder is not a folder'],
    [['plan', '.', '--app', 'shop', '--release', 'x'], '--release needs --run'],
    [['plan', '--run', 'Web', '--app', 'shop'], '<service> is "Web"'],
    [['plan', '--run', 'web', '--app', 'shop'], 'KAFKA_BROKERS is not set'],
    [['plan', 'drain'], "missing required argument 'node'"],
    [['plan', 'drain', 'Node-1'], '<node> is "Node-1"'],
    [['plan', 'add'], "required option '--like <node>' not specified"],
    [['plan', 'place', '--cpu', '2', '--memory', '4'], '--memory is "4": expected an amount'],
    [['plan', 'place', '--cpu', 'two', '--memory', '4G'], '--cpu is "two"'],
    [['plan', 'place', '--cpu', '2', '--memory', '4G', '--count', '0'], '--count is "0"'],
    [
      ['plan', 'place', '--cpu', '2', '--memory', '4G', '--constraint', 'ssd'],
      // Was named as in the route: `placement.constraints.0`.
      '--constraint: expected key=value',
    ],
    [
      ['plan', 'place', '--cpu', '2', '--memory', '4G', '--service', 'web'],
      '--app: expected the application',
    ],
    [['plan', 'place', '--cpu', '10001', '--memory', '4G'], '--cpu: expected at most 10000\n'],
    [
      ['plan', 'place', '--cpu', '1', '--memory', '4G', '--constraint', 'ssd', '--constraint', 'hdd'],
      'USAGE  --constraint: expected key=value or key!=value of a label of nodes, or of zone, such as "disk=ssd" or "zone!=eu-1"\n',
    ],
    [['plan', 'drain', 'node-1', '--app', 'shop'], "unknown option '--app'"],
    [['plan', '--app', 'shop', 'drain', 'node-1'], '--app is of no use for plan drain'],
    [['plan', '--restart', 'add', '--like', 'node-1'], '--restart is of no use for plan add'],
    [['plan', 'remove', 'node-1'], 'SLIPWAY_LOAD_BALANCER_URL is not set'],
  ])('%j ends with 1, since 2 says that there are changes', async (words, message) => {
    const { code, err } = await slipway(...words);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });

  it('plan took --app from plan place, so the application of new instances could not be named', async () => {
    const size = ['--cpu', '1', '--memory', '1G'];
    const { code, err } = await slipway(
      'plan',
      'place',
      ...size,
      '--app',
      'shop',
      '--service',
      'web',
      '--json',
    );
    expect(code).toBe(1);
    expect(err).toContain('SLIPWAY_LOAD_BALANCER_URL is not set');
  });

  it('takes a count below zero for a count, not for an option', async () => {
    const { code, err } = await slipway('scale', 'shop', 'web', '-1');
    expect(code).toBe(2);
    expect(err).toContain('KAFKA_BROKERS is not set');
  });

  it.each([
    ['history', 't'],
    ['releases', 'shop'],
    ['logs', 'shop', 'web', '--build'],
    ['logs', 'shop', 'web'],
    ['cancel', 't'],
  ])('%s asks for the address of the deployer', async (...words) => {
    const { code, err } = await slipway(...words);
    expect(code).toBe(2);
    expect(err).toContain('SLIPWAY_DEPLOYER_URL is not set');
  });

  it('says what to do without a command, and ends with 2', async () => {
    expect((await slipway()).code).toBe(2);
    expect((await slipway('--help')).code).toBe(0);
  });

  it.each([
    [['--json'], 'slipway --help'],
    [['node', '--json'], 'slipway node --help'],
  ])('%j printed no JSON: a missing command is an error like others', async (words, next) => {
    const { code, out } = await slipway(...words);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'USAGE', message: 'no command is named', next } });
  });

  it('refuses a folder without services before it looks for any broker', async () => {
    const { code, err } = await slipway('deploy', import.meta.dirname, '--app', 'shop');
    expect(code).toBe(2);
    expect(err).toContain('NO_SERVICE');
  });

  it('shows examples in the help of every command', () => {
    const program = buildProgram(unused);
    for (const command of leaves(program)) expect(fullHelp(command), command.name()).toContain(`$ slipway`);
  });
});

const unused = {
  ...{ outputFor: vi.fn(), finish: vi.fn(), interrupted: vi.fn(), standardInput: vi.fn() },
  askHidden: undefined,
};

const leaves = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);

function fullHelp(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => void (text += part) });
  command.outputHelp();
  return text;
}
