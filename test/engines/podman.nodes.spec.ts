import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { connectEngine, type ContainerSpec, type Engine } from '#libs/engine';
import { SshPool } from '#libs/ssh';
import { type Sshd, startSshd, until } from '#libs/testing';
import { type Podman, startPodman } from './podman.js';
import { filesOf } from './programs.js';

const RUN = randomBytes(4).toString('hex');
const IMAGE = `localhost/slipway-test-${RUN}:1`;
const LABELS = { 'slipway.test': RUN };

let podman: Podman;
let sshd: Sshd;
let engine: Engine;
const ssh = new SshPool();

beforeAll(async () => {
  [podman, sshd] = await Promise.all([startPodman(), startSshd()]);
  const target = {
    ...{ host: sshd.host, port: sshd.port, user: 'root', login: { privateKey: sshd.privateKey } },
    hostKeyFingerprint: sshd.fingerprints.ed25519 ?? '',
  };
  engine = connectEngine({ ssh, target, socketPath: podman.socketPath });
});
afterEach(async () => {
  for (const { id } of await engine.list({ labels: LABELS })) await engine.remove(id);
});
afterAll(async () => {
  await engine.close();
  await ssh.close();
  await podman.stop();
  await sshd.stop();
});

/** Of cgroup v1 and of v2. */
const MEMORY_LIMITS = '/sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max';

const PROGRAMS = ['/bin/sh', '/bin/sleep', '/bin/cat'];

function context(dockerfile: string): Readable {
  const tar = pack();
  tar.entry({ name: 'Dockerfile' }, dockerfile);
  for (const [path, content] of filesOf(PROGRAMS)) tar.entry({ name: `root${path}`, mode: 0o755 }, content);
  tar.finalize();
  return tar as unknown as Readable;
}

const spec = (script: string, more: Partial<ContainerSpec> = {}): ContainerSpec => ({
  ...{ name: `test-${RUN}`, image: IMAGE, env: { GREETING: 'good day' }, labels: LABELS },
  ...{ memoryMiB: 64, cpu: 0.5, command: ['/bin/sh', '-c', script], init: false, ...more },
});

async function launch(script: string, more?: Partial<ContainerSpec>): Promise<string> {
  const id = await engine.createContainer(spec(script, more));
  await engine.start(id);
  return id;
}

it('Podman over SSH says what it is, and that it enforces limits', async () => {
  const info = await engine.info();
  expect(info.version).toMatch(/^podman \d/);
  expect(info.unenforced).toEqual([]);
  expect(info.cpus).toBeGreaterThan(0);
});

it('it builds by its own builder, and has no cache of BuildKit to prune', async () => {
  const lines: string[] = [];
  const { imageId } = await engine.build({
    ...{ context: context('FROM scratch\nCOPY root/ /\n'), tag: IMAGE, labels: LABELS },
    onOutput: (line) => lines.push(line),
  });
  expect(imageId).toMatch(/^(sha256:)?[0-9a-f]{64}$/);
  expect(lines.join('\n')).toContain('COPY root/ /');
  expect(await engine.hasImage(IMAGE)).toBe(true);
  expect(await engine.pruneBuildCache(0)).toBe(0);
  const [listed] = await engine.listImages({ labels: LABELS });
  expect(listed?.tags).toEqual([IMAGE]);
});

it('an image that a container uses is listed as that, and is not removed', async () => {
  const id = await engine.createContainer(spec('true', { name: `uses-${RUN}` }));
  const [image] = await engine.listImages({ labels: LABELS });
  const [container] = await engine.list({ labels: LABELS });
  const plain = (of: string | undefined): string | undefined => of?.replace(/^sha256:/, '');
  expect(plain(container?.imageId)).toBe(plain(image?.id));
  expect(image?.digests).toEqual([expect.stringMatching(/^localhost\/[^@]+@sha256:[0-9a-f]{64}$/)]);
  expect(await engine.removeImage(String(image?.digests[0]))).toBe(false);
  expect(await engine.hasImage(IMAGE)).toBe(true);
  await engine.remove(id);
});

it('a container has its limits, its variables and its log, and is stopped in order', async () => {
  const script = 'echo $GREETING; trap "echo got int; exit 3" INT; while :; do sleep 0.05; done';
  const id = await launch(script, { stopSignal: 'SIGINT' });
  await until('its log', async () => (await engine.logs(id, { tail: 5 })).includes('good day'));
  expect(await engine.inspect(id)).toMatchObject({ running: true, image: IMAGE });
  expect(await engine.environment(id)).toMatchObject({ GREETING: 'good day' });
  const { output } = await engine.exec(
    id,
    ['/bin/sh', '-c', `cat ${MEMORY_LIMITS} 2>&1`],
    AbortSignal.timeout(10_000),
  );
  expect(output).toContain(String(64 * 1024 ** 2));
  await engine.stop(id, { signal: 'SIGINT', graceMs: 10_000 });
  expect(await engine.inspect(id)).toMatchObject({ running: false, exitCode: 3 });
  expect(await engine.logs(id, { tail: 1 })).toContain('got int');
});

it('its events tell the exit code of a container that ends', async () => {
  const id = await launch('sleep 0.3; exit 7');
  expect(await engine.firstExit(id, AbortSignal.timeout(20_000))).toBe(7);
  const gone = engine.firstExit(
    await engine.createContainer(spec('x', { name: `gone-${RUN}` })),
    AbortSignal.timeout(20_000),
  );
  const rejected = expect(gone).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
  await engine.remove(`gone-${RUN}`);
  await rejected;
});

it('a container of that name is adopted, and what is not there has its code', async () => {
  const id = await engine.createContainer(spec('sleep 60'));
  expect(await engine.createContainer(spec('sleep 60'))).toBe(id);
  await engine.start(id);
  await engine.start(id);
  await expect(
    engine.createContainer(spec('x', { name: 'other', image: 'no/such:1' })),
  ).rejects.toMatchObject({
    code: 'IMAGE_NOT_FOUND',
  });
  await expect(engine.start('no-such')).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
  expect(await engine.inspect('no-such')).toBeUndefined();
  await engine.remove('no-such');
});
