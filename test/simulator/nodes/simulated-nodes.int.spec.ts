import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { SshNode } from '../../../apps/agent/src/watch/adapters/ssh-node.js';
import { Semaphore } from '../../../apps/agent/src/watch/semaphore.js';
import { nodeChannelContract } from '../../../apps/agent/src/watch/node-channel.contract.js';
import { figuresBetween } from '../../../apps/agent/src/watch/domain/figures.js';
import { type SimulatedNodes, startSimulatedNodes } from './simulated-nodes.js';

let simulated: SimulatedNodes;
const logger = { debug: () => undefined };
const opened: SshNode[] = [];
beforeAll(async () => {
  simulated = await startSimulatedNodes(2, { containers: 4, working: 0.5 });
});
afterAll(() => {
  opened.forEach((node) => node.close());
  simulated.close();
});

/** As an agent reaches it. */
function reached(user = 'node-0001'): SshNode {
  const { nodes: all, hostKeyFingerprint } = simulated;
  const { port = 0 } = all.find(({ name }) => name === user) ?? {};
  const target = { host: '127.0.0.1', port, user, login: { password: 'any' }, hostKeyFingerprint };
  const node = new SshNode({ target }, logger, new Semaphore(30));
  opened.push(node);
  return node;
}

nodeChannelContract('a simulated node', () => reached().openChannel());

describe('a simulated node', () => {
  it('has an engine that names its containers, and is asked as any other', async () => {
    const node = reached();
    await node.ask(10_000);
    const running = await node.engine.running();
    expect(running).toHaveLength(4);
    expect(await node.engine.inspect(running[0] ?? '')).toMatchObject({
      running: true,
      labels: { 'slipway.app': 'load', 'slipway.service': 'web-0' },
    });
    const { about, imageIds } = await node.engine.about();
    expect(about).toEqual({ version: '29.0.1', images: 1, imageBytes: 12_000_000 });
    // Three layers of one image.
    expect(await node.engine.layersOf(imageIds)).toMatch(/^[\w-]{18}$/);
  });

  it('tells figures of all containers that are watched: some work, others sleep', async () => {
    const node = reached('node-0002');
    const ids = await node.engine.running();
    const watched = await Promise.all(ids.map((id) => node.engine.inspect(id)));
    const channel = await node.openChannel();
    const [first] = ids;
    channel.watch(watched.flatMap((one) => (one ? [{ ...one, peaks: one.id === first }] : [])));
    let earlier = await channel.look({ isSlow: true, timeoutMs: 10_000 });
    const { later, figures } = await until('figures of two times without a gap', async () => {
      const look = await channel.look({ isSlow: true, timeoutMs: 10_000 });
      if (look.uptimeMs <= earlier.uptimeMs + 100) return undefined;
      const between = figuresBetween(earlier, look);
      // On a busy machine a look may come too late to be compared.
      if (between === undefined) earlier = look;
      return between && { later: look, figures: between };
    });
    const cores = ids.map((id) => figures.containers.get(id)?.coresUsed ?? NaN);
    expect(cores.map((used) => used > 0)).toEqual([true, true, false, false]);
    const peaks = ids.map((id) => figures.containers.get(id)?.cpuPeak);
    expect(peaks).toEqual([expect.any(Number), undefined, undefined, undefined]);
    expect(figures.rates?.size).toBe(4);
    expect([...(later.details?.values() ?? [])][0]).toMatchObject({ processes: 5, limits: { cpus: 1 } });
    channel.close();
  });
});
