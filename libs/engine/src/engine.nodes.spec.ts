import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DOCKER_SOCKET, SshPool, type SshTarget } from '#libs/ssh';
import { requireEnv, until } from '#libs/testing';
import { connectEngine, type ContainerSpec, type Engine } from './index.js';

const IMAGE = 'slipway/python:3.11';
const RUN = randomBytes(4).toString('hex');
const LABELS = { 'slipway.test': RUN };

let builder: Engine;
const nodePool = new SshPool();

interface NodeEntry {
  readonly address: string;
  readonly sshPort: number;
  readonly sshUser: string;
  readonly privateKeyFile: string;
  readonly hostKeyFingerprint: string;
  readonly dockerSocket?: string;
}

async function nodeEngine(): Promise<{ engine: Engine; target: SshTarget }> {
  const [node] = JSON.parse(await readFile(requireEnv('SLIPWAY_NODES_FILE'), 'utf8')) as [NodeEntry];
  const target = {
    host: node.address,
    port: node.sshPort,
    user: node.sshUser,
    hostKeyFingerprint: node.hostKeyFingerprint,
    login: { privateKey: await readFile(node.privateKeyFile, 'utf8') },
  };
  const socketPath = node.dockerSocket ?? DOCKER_SOCKET;
  return { engine: connectEngine({ ssh: nodePool, target, socketPath }), target };
}

function context(dockerfile: string): Readable {
  const tar = pack();
  tar.entry({ name: 'Dockerfile' }, dockerfile);
  tar.finalize();
  return tar as unknown as Readable;
}

let port = 30_000 + Math.floor(Math.random() * 20_000);
function spec(script: string, more: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    name: `test-${RUN}-${port}`,
    image: IMAGE,
    env: { GREETING: 'good day' },
    labels: LABELS,
    containerPort: 8080,
    hostPort: port++,
    memoryMiB: 64,
    cpu: 0.5,
    command: ['sh', '-c', script],
    ...more,
  };
}

async function launch(script: string, more?: Partial<ContainerSpec>): Promise<string> {
  const id = await builder.createContainer(spec(script, more));
  await builder.start(id);
  return id;
}

const logged = (id: string, text: string) =>
  until(`"${text}" in the logs`, async () => (await builder.logs(id, { tail: 10 })).includes(text));

beforeAll(() => {
  builder = connectEngine({ socketPath: requireEnv('BUILDER_HOST').replace(/^unix:\/\//, '') });
});
afterEach(async () => {
  for (const { id } of await builder.list({ labels: LABELS })) await builder.remove(id);
});
afterAll(async () => {
  await builder.close();
  await nodePool.close();
});

it('images have sizes', async () => {
  for (const image of await builder.listImages({ labels: {} })) expect(image.sizeBytes).toBeGreaterThan(0);
});

describe('an engine over SSH', () => {
  it('answers 200 pings at once, and again on kept channels', async () => {
    const { engine } = await nodeEngine();
    await Promise.all(Array.from({ length: 200 }, () => engine.ping()));
    await engine.ping();
    const info = await engine.info();
    expect(info.cpus).toBeGreaterThan(0);
    expect(info.memoryBytes).toBeGreaterThan(1e6);
    await engine.close();
  });

  it('says that it is unreachable, with what SSH said as its cause', async () => {
    const { target } = await nodeEngine();
    const wrong = connectEngine({ ssh: nodePool, target: { ...target, hostKeyFingerprint: 'SHA256:other' } });
    await expect(wrong.ping()).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      cause: { code: 'SSH_HOST_KEY_MISMATCH' },
    });
  });
});

describe('containers', () => {
  it('tell their exit code at once, though they are started again', async () => {
    const failing = await launch('sleep 0.3; exit 7');
    expect(await builder.firstExit(failing, AbortSignal.timeout(20_000))).toBe(7);
    await until('a restart', async () => ((await builder.inspect(failing))?.restartCount ?? 0) > 0);
  });

  it('create adopts the container of that name', async () => {
    const made = spec('sleep 60');
    const id = await builder.createContainer(made);
    expect(await builder.createContainer(made)).toBe(id);
    await builder.start(id);
    await builder.start(id);
    expect(await builder.list({ labels: LABELS })).toMatchObject([
      { id, name: made.name, state: 'running', hasJustStarted: true },
    ]);
  });

  it('gives logs of both streams, the environment, and how it ended', async () => {
    const id = await launch('echo $GREETING; echo broken >&2; sleep 60');
    await logged(id, 'good day');
    await logged(id, 'broken');
    expect(await builder.inspect(id)).toMatchObject({ running: true, exitCode: undefined, labels: LABELS });
  });

  it('stops with the signal it is told, and leaves it stopped', async () => {
    const id = await launch('trap "echo got int; exit 3" INT; echo up; while :; do sleep 0.05; done');
    await logged(id, 'up');
    await builder.stop(id, { signal: 'SIGINT', graceMs: 10_000 });
    expect(await builder.inspect(id)).toMatchObject({ running: false, exitCode: 3 });
    expect(await builder.logs(id, { tail: 1 })).toBe('got int\n');
  });

  it('kills one that ignores its signal when the grace is over', async () => {
    const id = await launch('trap "" TERM; echo up; while :; do sleep 0.05; done');
    await logged(id, 'up');
    await builder.stop(id, { signal: 'SIGTERM', graceMs: 200 });
    expect(await builder.inspect(id)).toMatchObject({ running: false, exitCode: 137 });
  });

  it('runs a program within one, and says of one that is not there what is wrong', async () => {
    const id = await launch('sleep 60');
    const within = AbortSignal.timeout(20_000);
    const ran = await builder.exec(id, ['sh', '-c', 'cat /proc/net/tcp; echo done >&2; exit 3'], within);
    expect(ran.exitCode).toBe(3);
    // Two pipes have no order between them.
    expect(ran.output).toContain('local_address');
    expect(ran.output).toContain('done\n');
    expect((await builder.exec(id, ['no-such-program'], within)).exitCode).toBeGreaterThan(125);
    const late = builder.exec(id, ['sleep', '60'], AbortSignal.timeout(300));
    await expect(late).rejects.toMatchObject({ code: 'ENGINE_ABORTED' });
    await expect(builder.exec('gone', ['true'], within)).rejects.toMatchObject({
      code: 'CONTAINER_NOT_FOUND',
    });
  });

  it('remembers that one ran out of memory, though it was started again', async () => {
    const eat = 'x = []\nwhile True: x.append(bytearray(8 << 20))';
    const id = await launch('', { command: ['python3', '-c', eat], memoryMiB: 48 });
    expect(await builder.firstExit(id, AbortSignal.timeout(20_000))).toBe(137);
    await until('started again', async () => ((await builder.inspect(id))?.restartCount ?? 0) > 0);
    expect(await builder.inspect(id)).toMatchObject({ outOfMemory: true });
  });

  it('has codes for what goes wrong', async () => {
    await expect(builder.createContainer(spec('x', { image: 'no/such:1' }))).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
    });
    await expect(builder.start('no-such')).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
    const first = spec('sleep 60');
    await builder.start(await builder.createContainer(first));
    const second = await builder.createContainer(spec('sleep 60', { hostPort: first.hostPort }));
    await expect(builder.start(second)).rejects.toMatchObject({ code: 'PORT_TAKEN' });
    expect(await builder.inspect('no-such')).toBeUndefined();
    await builder.remove('no-such');
    await builder.stop('no-such', { signal: 'SIGTERM', graceMs: 1 });
    const nowhere = connectEngine({ socketPath: '/nowhere.sock' });
    await expect(nowhere.ping()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE', kind: 'retriable' });
  });
});

describe.each(['buildkit', 'classic'] as const)('a build with %s', (kind) => {
  const tag = `slipway-test/${RUN}:${kind}`;
  afterAll(() => builder.removeImage(tag));

  it('makes the tagged image and tells its lines', async () => {
    const lines: string[] = [];
    const dockerfile = `FROM ${IMAGE}\nARG WORD\nRUN echo "said $WORD ${kind} ${RUN}"\n`;
    const buildArgs = { WORD: 'well' };
    const { imageId } = await builder.build({
      context: context(dockerfile),
      tag,
      labels: LABELS,
      buildArgs,
      networkMode: 'none',
      builder: kind,
      onOutput: (line) => lines.push(line),
    });
    expect(imageId).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(lines).toContain(`said well ${kind} ${RUN}`);
    expect(await builder.hasImage(tag)).toBe(true);
  });

  it('that fails carries the end of its log', async () => {
    const dockerfile = `FROM ${IMAGE}\nRUN echo "last words ${RUN}" && exit 9\n`;
    const failing = builder.build({
      context: context(dockerfile),
      tag: `${tag}-no`,
      labels: LABELS,
      networkMode: 'none',
      builder: kind,
    });
    await expect(failing).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      logTail: expect.arrayContaining([expect.stringContaining(`last words ${RUN}`)]) as unknown,
    });
  });
});
