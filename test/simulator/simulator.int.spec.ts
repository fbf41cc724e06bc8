import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectEngine, type ContainerSpec, type Engine } from '#libs/engine';
import { until } from '#libs/testing';
import { isWhole } from '../short-form.js';
import { BEHAVIOUR_VARIABLE, type BehaviourInput } from './behaviour.js';
import { type Conditions, conditionsSchema } from './faults.js';
import { type Simulator, startSimulator } from './simulator.js';

let folder: string;
let socketPath: string;
let simulator: Simulator;
let engine: Engine;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-simulator-'));
  socketPath = join(folder, 'docker.sock');
  const size = { cpus: 1_000, memoryBytes: 1e12 };
  simulator = await startSimulator({
    socketPaths: [socketPath],
    name: 'simulated',
    images: ['a:1'],
    ...size,
  });
  engine = connectEngine({ socketPath });
});
afterEach(async () => {
  await engine.close();
  await simulator.close();
  rmSync(folder, { recursive: true });
});

function call(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath, method, path }, (response) => {
      let text = '';
      response.on('data', (part: Buffer) => (text += part.toString()));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: text === '' ? undefined : (JSON.parse(text) as unknown),
        }),
      );
    });
    request.on('error', reject);
    request.end(body && JSON.stringify(body));
  });
}

type PartialConditions = Partial<Pick<Conditions, 'latencyMs' | 'seed'>> & { faults?: object[] };
const weather = (conditions: PartialConditions) =>
  call('POST', '/_simulator/conditions', conditionsSchema.parse(conditions));

// Below the ports that the kernel gives to connections.
let port = 20_000;
function spec(behaviour: BehaviourInput): ContainerSpec & { readonly hostPort: number } {
  const hostPort = port++;
  return {
    ...{
      name: `c-${hostPort}`,
      image: 'a:1',
      labels: {},
      containerPort: 80,
      hostPort,
      memoryMiB: 64,
      cpu: 0.1,
    },
    env: { [BEHAVIOUR_VARIABLE]: JSON.stringify(behaviour) },
  };
}
async function launch(behaviour: BehaviourInput): Promise<{ id: string; hostPort: number }> {
  const made = spec(behaviour);
  const id = await engine.createContainer(made);
  await engine.start(id);
  return { id, hostPort: made.hostPort };
}
it('images have no layers, and so no size', async () => {
  expect((await engine.listImages({ labels: {} })).map(({ sizeBytes }) => sizeBytes)).toEqual([0]);
});

const statusAt = (hostPort: number) =>
  fetch(`http://127.0.0.1:${hostPort}/`).then(
    (response) => response.status,
    () => undefined,
  );

it.each([
  ['a path', 'GET', '/networks', 'GET /networks'],
  ['a method', 'PATCH', '/v1.41/containers/json', 'PATCH /containers/json'],
  ['a parameter', 'GET', '/containers/json?limit=1', 'the parameter limit of containers.list'],
  ['a filter', 'GET', '/containers/json?filters=%7B%22status%22%3A%5B%5D%7D', 'the filters {"status":[]}'],
  ['a field', 'POST', '/containers/create?name=x', 'Tty'],
])('%s that it does not know is answered 501 that names it', async (_, method, path, named) => {
  const { status, body } = await call(
    method,
    path,
    method === 'POST' ? { Image: 'a:1', Tty: true, HostConfig: {} } : undefined,
  );
  expect(status).toBe(501);
  expect((body as { message: string }).message).toContain(named);
});

it('a container listens late, is unavailable first, or never listens, as its behaviour says', async () => {
  const late = await launch({ listensAfterMs: 1_000 });
  const unavailable = await launch({ unavailableMs: 1_000 });
  const never = await launch({ listens: false });
  expect(await Promise.all([late, unavailable, never].map(({ hostPort }) => statusAt(hostPort)))).toEqual([
    undefined,
    503,
    undefined,
  ]);
  await until('both to be up', async () => {
    const seen = await Promise.all([late, unavailable].map(({ hostPort }) => statusAt(hostPort)));
    return seen.every((status) => status === 200);
  });
  expect(await statusAt(never.hostPort)).toBeUndefined();
});

it('a hundred watches at once are one call to the engine, and a cut one is made again', async () => {
  await weather({ faults: [{ call: 'events', kind: 'cut' }] });
  const { id } = await launch({ listens: false });
  const off = new AbortController();
  const watches = () => Array.from({ length: 100 }, () => engine.firstExit(id, off.signal));
  const unreachable = { status: 'rejected', reason: { code: 'ENGINE_UNREACHABLE' } };
  expect(await Promise.allSettled(watches())).toMatchObject(Array(100).fill(unreachable));
  await weather({});
  const watching = Promise.allSettled(watches());
  const failing = await launch({ listens: false, exit: { code: 7, afterMs: 100 } });
  expect(await engine.firstExit(failing.id, AbortSignal.timeout(5_000))).toBe(7);
  off.abort();
  await watching;
  const { body } = await call('GET', '/_simulator/state');
  expect(body).toMatchObject({ calls: { events: 2 } });
});

it('faults are injected by call and rate, the same with the same seed', async () => {
  const failures = async (): Promise<string> => {
    await weather({ seed: 7, faults: [{ call: 'info', kind: 'error', rate: 0.3 }] });
    let seen = '';
    for (let n = 0; n < 100; n += 1)
      seen += await engine.info().then(
        () => '.',
        (error: { code: string }) => (error.code === 'ENGINE_FAILED' ? 'x' : '?'),
      );
    return seen;
  };
  const first = await failures();
  expect(first.replaceAll('.', '').length).toBeGreaterThan(15);
  expect(first.replaceAll('.', '').length).toBeLessThan(45);
  expect(await failures()).toBe(first);
  await weather({});
  await engine.info();
});

it('a full disk, a cut and a call that hangs are what the engine says of them', async () => {
  await weather({
    faults: [
      { call: 'images.pull', kind: 'disk-full' },
      { call: 'info', kind: 'cut' },
    ],
  });
  await expect(engine.pull('localhost:1/a:1')).rejects.toMatchObject({ code: 'NO_SPACE' });
  await expect(engine.info()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  await weather({ faults: [{ call: 'images.pull', kind: 'hang' }] });
  const pull = engine.pull('localhost:1/a:1', undefined, { signal: AbortSignal.timeout(200) });
  await expect(pull).rejects.toMatchObject({ code: 'ENGINE_ABORTED' });
});

it('latency is as configured', async () => {
  await weather({ latencyMs: [50, 60] });
  const begun = performance.now();
  await engine.ping();
  expect(performance.now() - begun).toBeGreaterThan(45);
});

/** Many in the whole form. In the short one a container that stays would take as much of what it may cost. */
const [MANY, MOST_MIB] = isWhole('int') ? [10_000, 100] : [2_000, 30];

it(`${MANY} containers created, started and removed leave nothing, and cost little memory`, async () => {
  const rounds = async (count: number): Promise<void> => {
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        for (let n = 0; n < count / 50; n += 1) {
          const { id } = await launch({ output: [{ text: 'x'.repeat(1_000) }] });
          await engine.remove(id);
          if (port > 32_000) port = 20_000;
        }
      }),
    );
  };
  await rounds(MANY / 10);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // What other files of this process left behind is collected at times of its own.
  const heapMiB = (): number => {
    collect();
    return process.memoryUsage().heapUsed / 1024 ** 2;
  };
  const before = heapMiB();
  await rounds((MANY / 10) * 9);
  expect(heapMiB() - before).toBeLessThan(MOST_MIB);
  const { body } = await call('GET', '/_simulator/state');
  expect(body).toMatchObject({ containers: 0, names: 0, ports: 0, images: 1 });
  expect((body as { calls: Record<string, number> }).calls['containers.remove']).toBe(MANY);
}, 300_000);
