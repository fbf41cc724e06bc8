import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AppProcess, metricOf, spawnApp, testNodes, uniqueName, until, untilReady } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { onNode } from '../e2e/world.js';
import { whileCutOff } from './cut-off.js';
import { inWhole } from './in-whole.js';
import { Observer } from './observer.js';

// Left out of the short form: a node that is cut off, which lost-node has, and what a second of full load takes.

const client = new Client();
const observer = new Observer();
let nodes: readonly string[];
beforeAll(async () => {
  nodes = (await testNodes()).map(({ name }) => name);
  await client.connect();
  await observer.start();
});
afterAll(async () => {
  await observer.stop();
  await client.close();
});

const started: AppProcess[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((process) => process.stop('SIGKILL')));
});

const SOON = { timeoutMs: 30_000 };
/** A machine that is busy with other work may be so much slower; the times themselves are printed. */
const BUSY = 3;

/** Computes while it is asked for /burn, and says how long. */
const BURNER = {
  ...greeter('cold', { resources: { cpu: 0.3, memoryMiB: 64 } }),
  'server.js': `require('node:http').createServer((request, answer) => {
    const end = Date.now() + 200;
    if (request.url === '/burn') while (Date.now() < end) Math.sqrt(2);
    answer.end('done');
  }).listen(process.env.PORT);`,
};

async function deploy(files: Readonly<Record<string, string>>) {
  const appId = uniqueName('watched');
  await client.push(appId, 'web', files);
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  const [instance] = reply.services[0]?.instances ?? [];
  if (instance === undefined) throw new Error(JSON.stringify(reply));
  return { appId, instance };
}

/** Asks again and again until what it gives is called. */
function load(url: string): () => Promise<void> {
  let isOver = false;
  const loading = (async () => {
    while (!isOver) await fetch(`${url}/burn`).then((answer) => answer.text());
  })();
  return async () => {
    isOver = true;
    await loading;
  };
}

/** The verdicts on a node since then. */
const livenessSince = (node: string, sinceMs: number) =>
  observer.states
    .filter(({ atMs, state }) => atMs >= sinceMs && state.node === node)
    .map(({ atMs, state }) => ({ ms: atMs - sinceMs, liveness: state.liveness }));

describe('the nodes of a platform', () => {
  it('are observed each second, in messages that every reader puts together without a gap', async () => {
    const lately = (node: string): readonly string[] =>
      observer
        .of(node)
        .slice(-12)
        .map(({ observed }) => observed.kind);
    // The first are deltas of what was sent before, and a node that is very busy may leave a second out.
    for (const node of nodes)
      await until(
        `twelve seconds of ${node} in a row`,
        () => lately(node).length === 12 && lately(node).every((kind) => kind === 'observed'),
        { timeoutMs: 90_000 },
      );
  });

  it('have a state: alive, with sizes, engine and what the last hour was like', async () => {
    for (const node of nodes) {
      const state = await until(`the state of ${node}`, () => observer.stateOf(node), SOON);
      expect(state).toMatchObject({
        liveness: { state: 'alive' },
        engine: { version: expect.any(String) as string, images: expect.any(Number) as number },
      });
      expect(state.sizes?.cpus).toBeGreaterThan(0);
      expect(state.lastHour?.cpu.max).toBeGreaterThan(0);
      expect(Math.abs(state.clockSkewMs ?? Infinity)).toBeLessThan(2_000);
    }
  });

  inWhole.it(
    'an instance uses more CPU while it is loaded, up to its limit, and is throttled there',
    async () => {
      const { appId, instance } = await deploy(BURNER);
      const usageNow = () => observer.instanceOf(instance)?.usage ?? undefined;
      const rests = () => (usageNow()?.cpu ?? 1) < 0.05;
      await until('it to rest', rests, SOON);
      const end = load(String(instance.url));
      const usage = await until(
        'it to work',
        () => {
          const found = usageNow();
          return found !== undefined && found.cpu > 0.2 ? found : undefined;
        },
        SOON,
      );
      expect(usage.cpu).toBeLessThan(0.45);
      await until('it to be throttled', () => (usageNow()?.throttled?.share ?? 0) > 0.3, SOON);
      await end();
      await until('it to rest again', rests, SOON);
      const details = await until('its details', () => observer.instanceOf(instance)?.details, SOON);
      expect(details).toMatchObject({ limits: { cpus: 0.3, memoryBytes: 64 * 1_048_576 }, restarts: 0 });
      await client.ask({ mode: 'stop', appId, services: ['web'] });
      await until('it to be gone', () => observer.instanceOf(instance) === undefined, SOON);
    },
  );

  it('are watched again within 5 s of the end of the replica that watched them', async () => {
    const replicas = [1, 2].map(() => spawnApp('agent', process.env));
    started.push(...replicas);
    await Promise.all(replicas.map((replica) => untilReady(replica)));
    const urlOf = (replica: AppProcess): string => String(replica.httpUrls()['agent']);
    for (const replica of replicas)
      await until(
        'each replica to have a node',
        async () => (await metricOf(urlOf(replica), 'slipway_agent_nodes')) === 1,
        SOON,
      );
    const [killed] = replicas as [AppProcess, AppProcess];
    const [, node = ''] = await until(
      'figures of its node',
      async () =>
        /slipway_node_cpu_used_cores\{[^}]*node="([^"]+)"/.exec(
          await (await fetch(`${urlOf(killed)}/metrics`)).text(),
        ),
      SOON,
    );
    const fence = observer.of(node).at(-1)?.fence ?? 0;
    await killed.stop('SIGKILL');
    const begun = performance.now();
    const next = await until('another fence', () => observer.of(node).find((one) => one.fence > fence), SOON);
    expect(next.atMs - begun).toBeLessThan(BUSY * 5_000);
    console.info(`watched again after ${Math.round(next.atMs - begun)} ms`);
    expect(livenessSince(node, begun).filter(({ liveness }) => liveness.state !== 'alive')).toEqual([]);
  });

  inWhole.it('one that is cut off is unreachable within 6 s, and alive again once it answers', async () => {
    const [, , node = ''] = nodes;
    await until('it to be alive', () => observer.stateOf(node)?.liveness.state === 'alive', SOON);
    const begun = performance.now();
    const lost = await whileCutOff(node, () =>
      until(
        'the verdict',
        () => livenessSince(node, begun).find(({ liveness }) => liveness.state === 'unreachable'),
        SOON,
      ),
    );
    console.info(`unreachable after ${Math.round(lost.ms)} ms: ${lost.liveness.reason}`);
    // With the way through Kafka.
    expect(lost.ms).toBeLessThan(BUSY * 7_000);
    const joined = performance.now();
    const back = await until(
      'it to be alive',
      () => livenessSince(node, joined).find(({ liveness }) => liveness.state === 'alive'),
      SOON,
    );
    console.info(`alive again after ${Math.round(back.ms)} ms`);
    expect(back.ms).toBeGreaterThan(2_000);
    const sent = observer.of(node).length;
    await until('it to be observed again', () => observer.of(node).length > sent + 2, SOON);
  });

  inWhole.it('one whose CPUs have far too much to do stays alive', async () => {
    const [node = ''] = nodes;
    const begun = performance.now();
    const burn = 'for n in 1 2 3 4 5 6 7 8; do timeout 10 sh -c "while :; do :; done" & done; wait';
    await onNode(node, 'sh', '-c', burn);
    const busy = observer
      .of(node)
      .flatMap(({ atMs, observed }) =>
        atMs > begun && observed.kind === 'observed' ? [observed.node.host.cpu.user] : [],
      );
    console.info(`${busy.length} of 10 seconds observed, up to ${Math.max(...busy)} cores`);
    // Its cores are those of all nodes.
    expect(Math.max(...busy)).toBeGreaterThan(0.2);
    expect(livenessSince(node, begun).filter(({ liveness }) => liveness.state !== 'alive')).toEqual([]);
  });
});
