import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packDirectory } from '#libs/archive';
import { parseServiceConfig } from '#libs/contracts';
import { treeOf } from '#libs/source-detect';
import { createRegistry, type ImageRegistry, registryLogins } from '#libs/registry';
import { SshPool } from '#libs/ssh';
import { type NodeEntry, requireEnv, sshTargetOf, testNodes, uniqueName } from '#libs/testing';
import type { Builder } from './adapters/builder.js';
import { connectBuilders } from './adapters/connect-builders.js';
import { EngineImageBuilder } from './adapters/image-builder.js';
import { parseBuilders } from './adapters/builder-address.js';
import type { BuildOrder } from './ports.js';
import { BuildPlaces } from './build-places.js';

/** A builder of this machine, and a node as another one over SSH. */

const LOCAL = new URL(requireEnv('BUILDER_HOST')).pathname;
const folder = mkdtempSync(join(tmpdir(), 'slipway-builders-'));
const never = new AbortController().signal;
let node: NodeEntry;
let registry: ImageRegistry;
const opened: Builder[] = [];

beforeAll(async () => {
  [node] = await testNodes();
  const caFile = process.env['REGISTRY_CA_FILE'];
  registry = await createRegistry({
    url: requireEnv('REGISTRY_URL'),
    username: process.env['REGISTRY_USERNAME'],
    password: process.env['REGISTRY_PASSWORD'],
    ca: caFile === undefined ? undefined : readFileSync(caFile, 'utf8'),
  } as Parameters<typeof createRegistry>[0]);
});
afterAll(async () => {
  await Promise.all(opened.map((builder) => builder.close()));
  rmSync(folder, { recursive: true });
});

const overSsh = (fingerprint = node.hostKeyFingerprint): string =>
  `far=ssh://${node.sshUser}@${node.address}:${node.sshPort}?keyFile=${node.privateKeyFile}&hostKey=${fingerprint}`;

interface Sizes {
  readonly cacheMaxBytes?: number;
  readonly minFreeBytes?: number;
}

async function builders(text: string, sizes: Sizes = {}) {
  const silent = { info: () => undefined, warn: () => undefined, debug: () => undefined };
  const connected = await connectBuilders({
    ...{ addresses: parseBuilders(text), limit: 1, installation: 'builders-spec' },
    ...{ cacheMaxBytes: 1e12, minFreeBytes: 0, ...sizes, ssh: { connectAttempts: 1 } },
    logger: silent as never,
  });
  opened.push(...connected);
  const images = new EngineImageBuilder({
    ...{
      builders: connected,
      registry,
      logins: registryLogins(registry, undefined),
      baseImages: { byRuntime: {}, legacy: {} },
    },
    ...{ cacheMounts: false, installation: 'builders-spec' },
  });
  const passedOver: string[] = [];
  const places = new BuildPlaces({
    ...{ limits: images.limits, clock: { now: () => new Date() } },
    onPassedOver: (name) => passedOver.push(name),
  });
  return { connected, images, places, passedOver };
}

/** A source with a Dockerfile of its own. */
function order(
  images: EngineImageBuilder,
  dockerfile: string,
  bytes = 1_000,
): BuildOrder & { lines: string[] } {
  const directory = mkdtempSync(join(folder, 'source-'));
  writeFileSync(join(directory, 'Dockerfile'), dockerfile);
  writeFileSync(join(directory, 'data'), randomBytes(bytes));
  const config = parseServiceConfig(JSON.stringify({ runtime: 'dockerfile', port: 80 }));
  const sourceDigest = randomBytes(32).toString('hex');
  const lines: string[] = [];
  return {
    source: {
      sourceDigest,
      config,
      directory,
      tree: treeOf({ Dockerfile: dockerfile }),
      dispose: () => Promise.resolve(),
    },
    tag: images.tagOf(uniqueName('builders'), 'web', sourceDigest),
    labels: {},
    secrets: {},
    onOutput: (line) => lines.push(line),
    lines,
  };
}

const PLAIN = 'FROM scratch\nCOPY data /data\n';

it('builds go to both, side by side, and each is pushed from where it was built', async () => {
  const { images, places, connected } = await builders(`near=unix://${LOCAL},${overSsh()}`);
  const built = await Promise.all(
    [order(images, PLAIN), order(images, PLAIN)].map(async (one) => {
      const { builder } = await places.build({ signal: never }, (at) => images.build(at, one, never));
      expect(await images.holderOf(one.tag)).toBe(builder);
      const { image } = await images.push({ tag: one.tag, builder }, never, () => undefined);
      expect(await images.holderOf(one.tag)).toBeUndefined();
      const repository = image.slice(registry.host.length + 1, image.indexOf('@'));
      expect(await registry.digestOf(repository, one.tag.slice(one.tag.lastIndexOf(':') + 1))).toBe(
        image.slice(image.indexOf('@') + 1),
      );
      return builder;
    }),
  );
  expect(built.sort()).toEqual(connected.map(({ name }) => name).sort());
});

describe('a builder that cannot be used', () => {
  it('shows another host key: it is passed over, and what it has is not asked for', async () => {
    const text = `${overSsh(`SHA256:${'A'.repeat(43)}`)},near=unix://${LOCAL}`;
    const { images, places, passedOver } = await builders(text);
    const one = order(images, PLAIN);
    const { builder } = await places.build({ signal: never }, (at) => images.build(at, one, never));
    expect([builder, passedOver]).toEqual(['near', ['far']]);
    await images.discard({ tag: one.tag, builder });
  });

  it('is cut off within a build: that goes on at another', async () => {
    const proxy = await cutOffAble(LOCAL);
    const { images, places, passedOver } = await builders(`near=unix://${proxy.path},${overSsh()}`);
    const base = /python=([^,]+)/.exec(requireEnv('BASE_IMAGES'))?.[1];
    const one = order(images, `FROM ${base}\nCOPY data /data\nRUN sleep 1 && cat /data | sha256sum\n`);
    const built = places.build({ signal: never }, (at) => images.build(at, one, never));
    await expect.poll(() => one.lines.some((line) => line.includes('RUN')), { timeout: 20_000 }).toBe(true);
    proxy.cut();
    expect((await built).builder).toBe('far');
    expect(passedOver).toEqual(['near']);
    await images.discard({ tag: one.tag, builder: 'far' });
    // What was begun on the other one left nothing.
    expect(await images.holderOf(one.tag)).toBeUndefined();
  });

  it('has a full disk, over SSH as on this machine: what is free and needed is told', async () => {
    const needed = 1e15;
    const { images, places } = await builders(`${overSsh()},near=unix://${LOCAL}`, { minFreeBytes: needed });
    const one = order(images, PLAIN);
    await expect(places.build({ signal: never }, (at) => images.build(at, one, never))).rejects.toMatchObject(
      {
        code: 'BUILDER_DISK_FULL',
        message: expect.stringMatching(
          /far: .* \([1-9]\d+ bytes\) free.*near: .* \([1-9]\d+ bytes\) free/,
        ) as string,
      },
    );
  });
});

it('the cache is pruned to its size, and neither what is built nor a stranger loses its image', async () => {
  const limit = 25e6;
  const { images, connected } = await builders(overSsh(), { cacheMaxBytes: limit });
  const [far] = connected;
  if (far === undefined) throw new Error('one');
  const orders = Array.from({ length: 5 }, () => order(images, PLAIN, 10e6));
  for (const one of orders) await images.build('far', one, never);
  const unnamed = order(images, PLAIN, 1e6);
  const { tag } = orders[0] ?? unnamed;
  // Its first image loses its name to the second.
  await images.build('far', { ...unnamed, tag: orders[1]?.tag ?? '' }, never);
  // Two of a stranger's, one of them without a name, too.
  const theirs = { 'slipway.built-by': uniqueName('them') };
  const theirTag = `${uniqueName('theirs')}:1`;
  for (const { source } of orders.slice(0, 2))
    await far.engine.build({ context: packDirectory(source.directory), tag: theirTag, labels: theirs });
  expect(await cacheMegabytes()).toBeGreaterThan(limit / 1e6);
  await far.trim();
  expect(await cacheMegabytes()).toBeLessThanOrEqual(limit / 1e6);
  const ours = await far.engine.listImages({ labels: { 'slipway.built-by': 'builders-spec' } });
  expect(ours.filter(({ tags }) => tags.length === 0 || tags[0] === '<none>:<none>')).toEqual([]);
  expect(await Promise.all(orders.map((one) => far.engine.hasImage(one.tag)))).toEqual(
    orders.map(() => true),
  );
  expect(await far.engine.listImages({ labels: theirs })).toHaveLength(2);
  expect(await far.engine.hasImage(theirTag)).toBe(true);
  await far.engine.pruneUnnamedImages(theirs);
  await far.engine.removeImage(theirTag);
  await images.push({ tag, builder: 'far' }, never, () => undefined);
  await Promise.all(orders.map((one) => images.discard({ tag: one.tag, builder: 'far' })));
  await far.engine.pruneBuildCache(0);
});

/** Of the node's engine, as its own client tells it: `Build Cache=20.01MB`. */
async function cacheMegabytes(): Promise<number> {
  const ssh = new SshPool();
  const argv = ['docker', 'system', 'df', '--format', '{{.Type}}={{.Size}}'];
  const { stdout } = await ssh.exec(sshTargetOf(node), argv, { timeoutMs: 30_000 });
  await ssh.close();
  const [, size = '', unit = ''] = /Build Cache=([\d.]+)([kMG]?)B/.exec(stdout) ?? [];
  return Number(size) * ({ '': 1e-6, k: 1e-3, M: 1, G: 1e3 }[unit] ?? NaN);
}

/** A way to a socket that can be cut: whoever is connected is thrown out, and nobody comes in. */
async function cutOffAble(target: string): Promise<{ readonly path: string; cut(): void }> {
  const path = join(folder, 'cut.sock');
  const sockets = new Set<Socket>();
  const server: Server = createServer((from) => {
    const to = connect(target);
    for (const socket of [from, to]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => [from, to].forEach((one) => one.destroy()));
    }
    from.pipe(to).pipe(from);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    cut() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
