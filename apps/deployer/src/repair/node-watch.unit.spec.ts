import { expect, it } from 'vitest';
import { NodeWatch } from './node-watch.js';

it('a node that was found to differ while the replica ended was taken after its work was drained', async () => {
  const claims: number[] = [];
  const watch = new NodeWatch(
    {
      claim: async (_, most) => (claims.push(most), []),
      look: () => Promise.resolve(),
      onError: (error) => expect.fail(String(error)),
    },
    { everyMs: 60_000 },
  );
  watch.tick();
  await watch.stop();
  watch.tick();
  await watch.stop();
  expect(claims).toHaveLength(1);
});

it('a stop waits for the looks that are under way, and takes no other node', async () => {
  const look = Promise.withResolvers<void>();
  const looked: string[] = [];
  const watch = new NodeWatch(
    {
      claim: async () => ['node-1'],
      look: (node) => (looked.push(node), look.promise),
      onError: (error) => expect.fail(String(error)),
    },
    { everyMs: 60_000 },
  );
  watch.tick();
  let hasStopped = false;
  const stopped = watch.stop().then(() => (hasStopped = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect([looked, hasStopped]).toEqual([['node-1'], false]);
  look.resolve();
  await stopped;
});
