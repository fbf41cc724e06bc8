import { setTimeout as delay } from 'node:timers/promises';
import { LocalNode } from '../../apps/agent/src/watch/adapters/local-node.js';
import { NodeWatch } from '../../apps/agent/src/watch/watch-node.js';

/** Watches the machine that it runs on, by the socket that is named: a line of JSON for each second, until it is ended. */
const [socketPath] = process.argv.slice(2);
const watch = new NodeWatch({
  ...{ node: 'here', fence: 1, sequence: 0, verdict: undefined, access: new LocalNode(socketPath) },
  range: { firstPort: 20_000, lastPort: 29_999 },
  watchers: {
    observed: ({ instances, ...second }) =>
      console.log(JSON.stringify({ ...second, instances: [...instances.values()] })),
    stateOf: () => undefined,
  },
  now: () => new Date(),
  fleet: { answered: () => undefined, missed: () => undefined, isInDoubt: () => false },
  share: () => 1,
  onLeftOut: () => undefined,
  onError: (error, what) => console.error(what, error),
  pause: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
});
await watch.start(0);
