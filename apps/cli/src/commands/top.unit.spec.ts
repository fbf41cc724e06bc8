import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { topics } from '#libs/contracts';
import type { Broker, TailedMessage } from '../adapters/broker.js';
import { delta, stateOf, whole } from '../domain/figures.testing.js';
import { Output } from '../output.js';
import { top } from './top.js';

const STARTED_MS = 1_000;
let readFrom: unknown;
let deliver: ((message: TailedMessage) => void) | undefined;
const stop = vi.fn(() => Promise.resolve());
const broker: Pick<Broker, 'follow'> = {
  follow: (_topics, onMessage, from) => {
    deliver = onMessage;
    readFrom = from;
    return Promise.resolve({ stop });
  },
};
beforeEach(() => vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00.000Z') }));
afterEach(() => {
  vi.useRealTimers();
  vi.clearAllMocks();
  deliver = undefined;
});

const say = (topic: string, key: string, data: unknown): void =>
  deliver?.({ topic, key, data, partition: 0, offset: '0', headers: {} });
const observed = (data: object): void => say(topics.nodeObserved, 'node-1', data);

/** The command with `words`, once it follows; `isTTY`: at a terminal. */
async function run(options: { json?: boolean; once?: boolean; isTTY?: boolean; appId?: string }) {
  const { json = false, once = false, isTTY, appId } = options;
  const [out, err] = [new PassThrough(), new PassThrough()].map((stream) =>
    Object.assign(stream, { columns: 200, rows: 20, ...(isTTY && { isTTY }) }),
  );
  const interrupt = Promise.withResolvers<void>();
  const output = new Output({ json, out: out as never, err: err as never });
  const ended = top({ appId, once, order: 'cpu', interrupted: () => interrupt.promise }, output, () =>
    Promise.resolve(broker),
  );
  ended.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(STARTED_MS);
  expect(deliver).toBeDefined();
  return { ended, interrupt, said: () => String(out?.read() ?? ''), aside: () => String(err?.read() ?? '') };
}

it('without a terminal it prints one table, with the first whole second of each node', async () => {
  const { ended, said, aside } = await run({});
  observed(delta('node-1', 0, { since: 9 }));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(said()).toBe('');
  observed(whole('node-1', 6));
  await vi.advanceTimersByTimeAsync(200);
  expect(await ended).toBe(0);
  expect(said()).toMatch(/^NODE +STATE .*\nnode-1 +- +0\.73 of 4 +18 % .* 0 s\n$/);
  expect(aside()).toBe('');
  expect(stop).toHaveBeenCalledOnce();
});

it('states were read from the beginning of their topic, where days of them may lie', async () => {
  const begunMs = Date.now();
  const { ended } = await run({ once: true });
  observed(whole('node-1', 2));
  await vi.advanceTimersByTimeAsync(2_000);
  await ended;
  const { sinceMs } = (readFrom as { byTopic: Record<string, { sinceMs: number }> }).byTopic[
    topics.nodeState
  ] ?? { sinceMs: 0 };
  expect(begunMs - sinceMs).toBeGreaterThan(10_000);
  expect(begunMs - sinceMs).toBeLessThan(120_000);
});

it('the first figures took up to 14 s: the last whole second of a node lies before the command was typed', async () => {
  const begunMs = Date.now();
  const { ended, said } = await run({ once: true, json: true });
  const { byTopic } = readFrom as { readonly byTopic: Record<string, { readonly sinceMs: number }> };
  expect(begunMs - (byTopic[topics.nodeObserved]?.sinceMs ?? 0)).toBeGreaterThan(10_000);
  observed(whole('node-1', 0));
  for (const second of [1, 2, 3]) observed(delta('node-1', second));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await ended).toBe(0);
  const { nodes } = JSON.parse(said()) as { readonly nodes: readonly { readonly ageMs: number }[] };
  expect(nodes).toMatchObject([{ node: 'node-1', figures: { cpus: 4 } }]);
  expect(nodes[0]?.ageMs).toSatisfy(Number.isInteger);
});

it('says of how many nodes no figures came, and shows them as gaps', async () => {
  const { ended, said, aside } = await run({ once: true });
  say(topics.nodeState, 'node-2', stateOf('node-2', 1, 'alive'));
  const seconds = [...Array(20).keys()].map((second) => whole('node-1', second));
  for (const second of seconds) {
    observed(second);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(await ended).toBe(0);
  expect(said()).toMatch(/\nnode-2 +alive +- .*\n$/);
  expect(aside()).toBe('Heard of 2 nodes; no figures of 1 came in time.\n');
});

it('an unreachable node is not waited for', async () => {
  const { ended, said } = await run({ once: true, json: true });
  say(topics.nodeState, 'node-2', stateOf('node-2', 2, 'unreachable'));
  observed(whole('node-1', 2));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await ended).toBe(0);
  expect(JSON.parse(said())).toMatchObject({
    at: expect.stringContaining('2026-') as string,
    nodes: [
      { node: 'node-1', figures: { cpus: 4 } },
      { node: 'node-2', figures: null, liveness: { state: 'unreachable' } },
    ],
  });
});

it('where nothing comes it fails with what to check', async () => {
  const { ended } = await run({ once: true });
  observed(delta('node-1', 0, { since: 9 }));
  await vi.advanceTimersByTimeAsync(16_000);
  await expect(ended).rejects.toMatchObject({
    ...{ code: 'NODES_SILENT', exitCode: 1, next: 'slipway node ls' },
    message: 'No figures of a node came within 15 s; heard of 1 node',
    hint: expect.stringMatching(/agent runs.*KAFKA_BROKERS.*node\.observed/) as string,
  });
  expect(stop).toHaveBeenCalledOnce();
});

// eslint-disable-next-line no-control-regex -- moves begin with the escape character
const MOVE = /\u001b\[(\d[AJK])/g;

/** With the moves of the cursor as `<2A>`. */
const shown = (text: string): string => text.replaceAll('\r', '').replaceAll(MOVE, '<$1>');

it('at a terminal it redraws each second until Ctrl-C, which is no failure, and leaves the last table', async () => {
  const { ended, interrupt, said } = await run({ isTTY: true });
  expect(said()).toContain('No figures yet; heard of 0 nodes.');
  observed(whole('node-1', 1));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(shown(said())).toMatch(/^<1A>.*NODE .*\n.*node-1 .*\n<0J>$/);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(said()).toMatch(/node-1 +- +- +- .* 4 s/);
  interrupt.resolve();
  expect(await ended).toBe(0);
  expect(shown(said())).toMatch(/^<2A><0J>.*NODE .*\n.*node-1 .*\n$/);
  expect(stop).toHaveBeenCalledOnce();
});

it('with --json it prints a line each second until Ctrl-C', async () => {
  const { ended, interrupt, said, aside } = await run({ json: true, appId: 'shop' });
  observed(whole('node-1', 1));
  said();
  await vi.advanceTimersByTimeAsync(2_000);
  interrupt.resolve();
  expect(await ended).toBe(0);
  const lines = said().trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({
    ...{ appId: 'shop', instances: [{ service: 'app-server', node: 'node-1', figures: { cpu: 0.241 } }] },
  });
  expect(aside()).toBe('Following; Ctrl-C ends it.\n');
});

it('a node that is removed is not shown, and what is no message of ours is passed over', async () => {
  const { ended, said } = await run({ once: true, json: true });
  say(topics.nodeState, 'node-2', stateOf('node-2', 2, 'alive'));
  say(topics.nodeState, 'node-2', '');
  say(topics.nodeState, 'node-3', { node: 'node-3' });
  observed({ node: 'node-3' });
  observed(whole('node-1', 2));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await ended).toBe(0);
  expect(JSON.parse(said())).toMatchObject({ nodes: [{ node: 'node-1' }] });
});
