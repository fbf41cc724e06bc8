import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerSpec, Engine } from '#libs/engine';
import { requireEnv, uniqueName, until } from '#libs/testing';
import { isWhole } from '../short-form.js';
import { BASE, context, registryAuth, type Subject, subjects } from './engine-subjects.js';
import { type ProgramName, running } from './programs.js';

describe.each(subjects)('%s', (_, start) => {
  const name = uniqueName('contract');
  const labels = { 'slipway.test': name };
  const repository = `${new URL(requireEnv('REGISTRY_URL')).host}/${name}/web`;
  let subject: Subject;
  let engine: Engine;
  let port = 30_500 + Math.floor(Math.random() * 2_000);

  beforeAll(async () => {
    subject = await start();
    engine = subject.engine;
  });
  afterEach(async () => {
    for (const { id } of await engine.list({ labels })) await engine.remove(id);
  });
  afterAll(() => subject.close());

  type PublishedSpec = ContainerSpec & { readonly hostPort: number };

  function spec(program: ProgramName, more: Partial<PublishedSpec> = {}): PublishedSpec {
    const hostPort = port++;
    return {
      ...{ name: `${name}-${hostPort}`, image: BASE, labels, containerPort: 8080, hostPort },
      ...{ memoryMiB: 64, cpu: 0.5, ...running(program), ...more },
    };
  }

  async function launch(program: ProgramName, more?: Partial<PublishedSpec>): Promise<string> {
    const id = await engine.createContainer(spec(program, more));
    await engine.start(id);
    return id;
  }

  const soon = () => AbortSignal.timeout(10_000);
  const logged = (id: string, text: string) =>
    until(`"${text}" in its log`, async () => (await engine.logs(id, { tail: 10 })).includes(text));
  const statusOf = (hostPort: number) =>
    fetch(`http://${subject.address}:${hostPort}/`).then(
      (response) => response.status,
      () => 'refused',
    );
  const answers = (hostPort: number, status: number | string) =>
    until(`${status} at ${hostPort}`, async () => (await statusOf(hostPort)) === status);

  it('answers a ping and says what it has', async () => {
    await engine.ping();
    const { cpus, memoryBytes, name: host, version, rootDirectory, architecture } = await engine.info();
    expect(cpus).toBeGreaterThanOrEqual(1);
    expect(memoryBytes).toBeGreaterThan(1e6);
    expect(host).not.toBe('');
    expect(version).toMatch(/^\d+\.\d+/);
    expect(rootDirectory).toMatch(/^\//);
    expect(architecture).toBe('x86_64');
  });

  describe('containers', () => {
    it('are created, started and listed, and answer at their port until they are stopped', async () => {
      const made = spec('server');
      const id = await engine.createContainer(made);
      expect(await engine.inspect(id)).toEqual({
        outOfMemory: false,
        ...{ id, name: made.name, image: BASE, running: false, status: 'created', exitCode: undefined },
        ...{ restartCount: 0, pid: 0, health: undefined, labels, startedAt: '0001-01-01T00:00:00Z' },
        createdAt: expect.any(String) as string,
      });
      await engine.start(id);
      await answers(made.hostPort, 200);
      expect(await engine.inspect(made.name)).toMatchObject({
        id,
        running: true,
        status: 'running',
        exitCode: undefined,
      });
      expect(await engine.list({ labels })).toEqual([
        {
          ...{ id, name: made.name, image: BASE, state: 'running', labels, hasJustStarted: true },
          ...{ imageId: expect.any(String) as string, createdAt: expect.any(Number) as number },
        },
      ]);
      await engine.stop(id, { signal: 'SIGTERM', graceMs: 5_000 });
      await answers(made.hostPort, 'refused');
      expect(await engine.inspect(id)).toMatchObject({ running: false, status: 'exited', exitCode: 143 });
      await engine.remove(id);
      expect(await engine.inspect(id)).toBeUndefined();
      expect(await engine.list({ labels })).toEqual([]);
    });

    it('are listed by all of the labels that are asked for', async () => {
      const one = await engine.createContainer(spec('sleeper', { labels: { ...labels, part: 'one' } }));
      const two = await engine.createContainer(spec('sleeper', { labels: { ...labels, part: 'two' } }));
      const ids = async (wanted: Record<string, string>) =>
        (await engine.list({ labels: wanted })).map(({ id }) => id);
      expect(new Set(await ids(labels))).toEqual(new Set([one, two]));
      expect(await ids({ ...labels, part: 'two' })).toEqual([two]);
      expect(await ids({ ...labels, part: 'three' })).toEqual([]);
    });

    it('tell the environment that they were created with', async () => {
      const env = { GREETING: 'a=b\n c', EMPTY: '' };
      const id = await engine.createContainer(spec('sleeper', { env }));
      expect(await engine.environment(id)).toMatchObject(env);
      await engine.remove(id);
      await expect(engine.environment(id)).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
    });

    it('of a name are one: create adopts it, unless it is of another image', async () => {
      const made = spec('sleeper');
      const id = await engine.createContainer(made);
      expect(await engine.createContainer(made)).toBe(id);
      await engine.start(id);
      await engine.start(id);
      await engine.tag(BASE, `${name}:other`);
      const other = engine.createContainer({ ...made, image: `${name}:other` });
      await expect(other).rejects.toMatchObject({ code: 'NAME_TAKEN', kind: 'permanent' });
      await engine.removeImage(`${name}:other`);
    });

    it('tell their exit code at once, though they are started again', async () => {
      const id = await launch('failsLater');
      expect(await engine.firstExit(id, soon())).toBe(7);
      expect((await engine.inspect(id))?.restartCount).toBeGreaterThan(0);
      // Also to whoever begins to watch while one waits to be started again.
      expect(await engine.firstExit(id, soon())).toBe(7);
      await engine.stop(id, { signal: 'SIGTERM', graceMs: 2_000 });
      expect(await engine.inspect(id)).toMatchObject({ running: false, status: 'exited' });
      expect(await engine.firstExit(id, soon())).toBe(7);
    });

    it('that end with 0 tell 0', async () => {
      expect(await engine.firstExit(await launch('endsWell'), soon())).toBe(0);
    });

    it('that ended before anybody asked tell the code of that end, to whoever connects after it too', async () => {
      const id = await launch('failsWith7');
      await until('its end', async () => ((await engine.inspect(id))?.restartCount ?? 0) > 0);
      const another = subject.another();
      expect(await another.firstExit(id, soon())).toBe(7);
      await another.close();
      expect(await engine.firstExit(id, soon())).toBe(7);
    });

    it('that live are watched until that is called off, and take nobody the way meanwhile', async () => {
      const id = await launch('sleeper');
      const off = new AbortController();
      const watches = Array.from({ length: 40 }, () => engine.firstExit(id, off.signal));
      const ended = Promise.allSettled(watches);
      await delay(200);
      expect(await engine.inspect(id)).toMatchObject({ running: true });
      off.abort();
      expect((await ended).map(({ status }) => status)).toEqual(Array(40).fill('rejected'));
      expect(await engine.firstExit(await launch('failsWith7'), soon())).toBe(7);
    });

    it('are watched by two clients at once, each told of each of them', async () => {
      const another = subject.another();
      const ids = await Promise.all(
        (['failsLater', 'endsWell', 'failsWith7'] as const).map((p) => launch(p)),
      );
      const codes = await Promise.all(
        [engine, another].map((one) => Promise.all(ids.map((id) => one.firstExit(id, soon())))),
      );
      expect(codes).toEqual([
        [7, 0, 7],
        [7, 0, 7],
      ]);
      await another.close();
    });

    it('that are removed while they are watched say so, or with what they were killed', async () => {
      const created = await engine.createContainer(spec('sleeper'));
      const [gone, killed] = [created, await launch('sleeper')].map((id) => engine.firstExit(id, soon()));
      const told = expect(gone).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND', kind: 'permanent' });
      for (const { id } of await engine.list({ labels })) await engine.remove(id);
      await told;
      expect(await killed).toBe(137);
    });

    it('are watched by a client until it is closed', async () => {
      const another = subject.another();
      const watch = another.firstExit(await launch('sleeper'), soon());
      const told = expect(watch).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
      await another.ping();
      await another.close();
      await told;
    });

    it('are told of over a connection that was idle: the engine closes none (a call would fail in the moment it does)', async () => {
      const id = await launch('sleeper');
      const cut: unknown[] = [];
      // As long as Node's own server keeps one, to the millisecond: whoever closes then meets a call on its way.
      for (const ms of isWhole('nodes') ? [4_990, 5_000, 5_010] : [5_000]) {
        await delay(ms);
        await Promise.all(Array.from({ length: 4 }, () => engine.inspect(id))).catch((error: unknown) =>
          cut.push(error),
        );
      }
      expect(cut).toEqual([]);
    });

    it('tell what happens to them from the moment that they are followed, and which process they have', async () => {
      const events = await engine.containerEvents(soon());
      const id = await launch('sleeper');
      expect((await engine.inspect(id))?.pid).toBeGreaterThan(0);
      await engine.remove(id);
      const actions: string[] = [];
      for await (const event of events) {
        if (event.id === id && actions.push(event.action) === 3) break;
      }
      expect(actions).toEqual(['start', 'die', 'destroy']);
    });

    it('that were stopped stay stopped, kept running or not', async () => {
      const id = await launch('sleeper');
      await engine.stop(id, { signal: 'SIGTERM', graceMs: 5_000 });
      await delay(400);
      expect(await engine.inspect(id)).toMatchObject({ running: false, status: 'exited', restartCount: 0 });
    });

    it('give the last lines of both streams', async () => {
      const id = await launch('talks');
      await logged(id, 'broken');
      await logged(id, 'good day');
      expect((await engine.logs(id, { tail: 10 })).split('\n').sort()).toEqual([
        '',
        'broken',
        'good day',
        'one',
      ]);
      expect((await engine.logs(id, { tail: 1 })).split('\n')).toHaveLength(2);
    });

    it('are followed from the lines asked for to their end', async () => {
      const id = await launch('trapsInt');
      await logged(id, 'up');
      const following = text(await engine.followLogs(id, { tail: 1 }));
      await engine.stop(id, { signal: 'SIGINT', graceMs: 10_000 });
      expect(await following).toBe('up\ngot int\n');
    });

    it('end as their own handler of the signal does', async () => {
      const id = await launch('trapsInt');
      await logged(id, 'up');
      await engine.stop(id, { signal: 'SIGINT', graceMs: 10_000 });
      expect(await engine.inspect(id)).toMatchObject({ running: false, exitCode: 3 });
      expect(await engine.logs(id, { tail: 1 })).toBe('got int\n');
    });

    it('that ignore the signal are killed when the grace is over', async () => {
      const id = await launch('ignoresTerm');
      await logged(id, 'up');
      const begun = performance.now();
      await engine.stop(id, { signal: 'SIGTERM', graceMs: 300 });
      expect(performance.now() - begun).toBeGreaterThan(290);
      expect(await engine.inspect(id)).toMatchObject({ running: false, exitCode: 137 });
    });

    it('that run are removed at once, and give their port back', async () => {
      const first = spec('server');
      const id = await engine.createContainer(first);
      await engine.start(id);
      await answers(first.hostPort, 200);
      await engine.remove(id);
      await launch('server', { hostPort: first.hostPort });
      await answers(first.hostPort, 200);
    });

    it('that end give their port back too', async () => {
      const { hostPort } = spec('sleeper');
      const first = await launch('failsWith7', { hostPort });
      await engine.firstExit(first, soon());
      await engine.stop(first, { signal: 'SIGTERM', graceMs: 0 });
      await launch('server', { hostPort });
      await answers(hostPort, 200);
    });

    it('that are gone are no error to stop and remove, twice too', async () => {
      const id = await launch('sleeper');
      await engine.stop(id, { signal: 'SIGKILL', graceMs: 1_000 });
      await engine.stop(id, { signal: 'SIGKILL', graceMs: 1_000 });
      await engine.remove(id);
      await engine.remove(id);
      await engine.stop(id, { signal: 'SIGTERM', graceMs: 1 });
    });
  });

  describe('what cannot be done with a container', () => {
    it('has a code each', async () => {
      const missing = engine.createContainer(spec('sleeper', { image: 'no/such:1' }));
      await expect(missing).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
      for (const call of [() => engine.start('no-such'), () => engine.logs('no-such', { tail: 1 })])
        await expect(call()).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND', kind: 'permanent' });
      expect(await engine.inspect('no-such')).toBeUndefined();
    });

    it.each([
      ['too little memory', { memoryMiB: 1 }],
      ['more CPUs than there are', { cpu: 10_000 }],
      ['a name with a blank', { name: 'a b' }],
    ])('%s is SPEC_INVALID', async (_what, more) => {
      await expect(engine.createContainer(spec('sleeper', more))).rejects.toMatchObject({
        code: 'SPEC_INVALID',
      });
    });

    it('a port that another has is PORT_TAKEN, and the start can be tried again', async () => {
      const first = spec('server');
      const holder = await engine.createContainer(first);
      await engine.start(holder);
      const second = await engine.createContainer(spec('server', { hostPort: first.hostPort }));
      await expect(engine.start(second)).rejects.toMatchObject({ code: 'PORT_TAKEN', kind: 'permanent' });
      expect(await engine.inspect(second)).toMatchObject({ running: false, status: 'created' });
      await engine.remove(holder);
      await engine.start(second);
      await answers(first.hostPort, 200);
    });
  });

  describe('images', () => {
    it('have names, which are given and taken', async () => {
      const other = `${name}:tagged`;
      expect(await engine.hasImage(other)).toBe(false);
      await engine.tag(BASE, other);
      expect(await engine.hasImage(other)).toBe(true);
      await engine.removeImage(other);
      await engine.removeImage(other);
      expect(await engine.hasImage(other)).toBe(false);
      expect(await engine.hasImage(BASE)).toBe(true);
      await expect(engine.tag('no/such:1', other)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    });

    it.each(['buildkit', 'classic'] as const)(
      'are built with %s, pushed, pulled by digest and run',
      async (builder) => {
        const tag = `${repository}:${builder}`;
        const lines: string[] = [];
        const { imageId } = await engine.build({
          context: context(`FROM ${BASE}\nARG WORD\nRUN echo "said $WORD by ${builder} ${name}"\n`),
          ...{ tag, labels, builder, networkMode: 'none', buildArgs: { WORD: 'well' } },
          onOutput: (line) => lines.push(line),
        });
        expect(imageId).toMatch(/^sha256:[0-9a-f]{64}$/);
        expect(lines).toContain(`said well by ${builder} ${name}`);
        const listed = (await engine.listImages({ labels })).find(({ tags }) => tags.includes(tag));
        expect(listed).toMatchObject({ id: imageId, labels });
        expect(await engine.listImages({ labels: { ...labels, other: 'label' } })).toEqual([]);
        const layers = await engine.imageLayers(tag);
        const ofBase = (await engine.imageLayers(BASE)) ?? [];
        expect(layers?.slice(0, ofBase.length)).toEqual(ofBase);
        const { digest } = await engine.push(tag, registryAuth());
        expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
        await engine.removeImage(tag);
        expect(await engine.hasImage(tag)).toBe(false);
        const byDigest = `${repository}@${digest}`;
        await engine.pull(byDigest, registryAuth());
        expect(await engine.hasImage(byDigest)).toBe(true);
        expect(await engine.imageLayers(byDigest)).toEqual(layers);
        const id = await launch('sleeper', { image: byDigest });
        expect(await engine.inspect(id)).toMatchObject({ image: byDigest, running: true, labels });
        await engine.removeImage(byDigest);
        expect(await engine.hasImage(byDigest)).toBe(true);
        await engine.remove(id);
        await engine.removeImage(byDigest);
        expect(await engine.hasImage(byDigest)).toBe(false);
        expect(await engine.imageLayers(byDigest)).toBeUndefined();
      },
    );

    it.each(['buildkit', 'classic'] as const)('that %s cannot build say why', async (builder) => {
      const failing = engine.build({
        context: context(`FROM ${BASE}\nRUN echo "last words ${name}" && exit 9\n`),
        ...{ tag: `${repository}:no`, labels, networkMode: 'none', builder },
      });
      await expect(failing).rejects.toMatchObject({
        ...{ code: 'BUILD_FAILED', kind: 'permanent' },
        logTail: expect.arrayContaining([expect.stringContaining(`last words ${name}`)]) as unknown,
      });
      expect(await engine.hasImage(`${repository}:no`)).toBe(false);
    });

    it('go with their last name, also when their names are removed at the same time', async () => {
      for (let round = 0; round < 10; round++) {
        const names = Array.from({ length: 6 }, (_, n) => `${repository}:at-once-${n}`);
        const [first = ''] = names;
        await engine.build({
          context: context(`FROM ${BASE}\nLABEL round=${name}-${round}\n`),
          tag: first,
          labels,
        });
        for (const other of names.slice(1)) await engine.tag(first, other);
        await Promise.all(names.map((tag) => engine.removeImage(tag)));
        for (const tag of names) expect(await engine.hasImage(tag)).toBe(false);
      }
    });

    it('are not gone with the cache of builds, nor with images without a name', async () => {
      await engine.tag(BASE, `${name}:kept`);
      expect(await engine.pruneBuildCache(1e12)).toBe(0);
      expect(await engine.pruneUnnamedImages(labels)).toBe(0);
      expect(await engine.hasImage(`${name}:kept`)).toBe(true);
      await engine.removeImage(`${name}:kept`);
    });

    it('that are nowhere are IMAGE_NOT_FOUND, to pull and to push', async () => {
      const digest = `sha256:${'0'.repeat(64)}`;
      for (const ref of [`${repository}:none`, `${repository}@${digest}`])
        await expect(engine.pull(ref, registryAuth())).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
      await expect(engine.push(`${repository}:none`, registryAuth())).rejects.toMatchObject({
        code: 'IMAGE_NOT_FOUND',
      });
    });

    it('with a wrong login, or none, are REGISTRY_DENIED', async () => {
      const tag = `${repository}:denied`;
      await engine.tag(BASE, tag);
      for (const auth of [registryAuth('wrong'), undefined]) {
        await expect(engine.pull(`${repository}:none`, auth)).rejects.toMatchObject({
          code: 'REGISTRY_DENIED',
        });
        await expect(engine.push(tag, auth)).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
      }
      await engine.removeImage(tag);
    });

    it('of a registry that does not answer are REGISTRY_UNREACHABLE', async () => {
      const ref = '127.0.0.1:9/a/b:1';
      await expect(engine.pull(ref, registryAuth())).rejects.toMatchObject({
        ...{ code: 'REGISTRY_UNREACHABLE', kind: 'retriable' },
      });
    });
  });
});
