import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LimitAnswer, LimitRequest } from '#libs/contracts';
import { until } from '#libs/testing';
import { AnswerRequests, EXPIRES_MS, GIVE_UP_MS } from './answer-requests.js';
import { FakeLimitedNode } from './limits.testing.js';
import type { LimitedNode, OpenRequest } from './ports.js';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const NODE = 'node-1';

let now: number;
let node: FakeLimitedNode;
let found: LimitedNode | 'unreachable' | 'unready' | undefined;
let open: OpenRequest[];
let answers: LimitAnswer[];
let isOwn: boolean;
let pauses: number;
let afterPause: () => void;
let answering: AnswerRequests;

beforeEach(() => {
  now = START;
  node = new FakeLimitedNode();
  node.add('web');
  found = node;
  [open, answers, isOwn] = [[], [], true];
  [pauses, afterPause] = [0, () => undefined];
  answering = new AnswerRequests({
    nodes: { names: [NODE], find: () => found },
    requests: {
      waiting: async () => (open.length > 0 ? [NODE] : []),
      next: async () => open[0],
      async answer(answer) {
        if (!isOwn) return false;
        open.shift();
        answers.push(answer);
        return true;
      },
    },
    now: () => new Date(now),
    // Half a second of the test's clock.
    pause: async () => {
      now += 500;
      pauses += 1;
      afterPause();
      await turn();
    },
    onError: (error) => expect.fail(String(error)),
    onAnswered: () => undefined,
  });
});

function ask(cpus: number, { at = START, isOutdated = false } = {}): void {
  const id = String(open.length + 1).padStart(12, '0');
  const request: LimitRequest = {
    ...{ request: `0197f5a4-2c61-7b53-9d0e-${id}`, node: NODE, fence: 3, at: new Date(at).toISOString() },
    changes: [{ container: 'web', limits: { cpus } }],
  };
  open.push({ request, isOutdated });
}

const codes = () => answers.map(({ changes }) => changes[0]?.refused?.[0]?.code);

it('answers the requests of a node one after another, in their order', async () => {
  ask(1);
  ask(2);
  answering.nudge(NODE);
  answering.nudge(NODE);
  await until('both to be answered', () => answers.length === 2);
  expect(answers.map(({ changes }) => changes[0]?.applied?.cpus)).toEqual([1, 2]);
});

it('an agent was killed in the middle: whoever takes the node over finds what is open', async () => {
  ask(1);
  await answering.lookAtAll();
  await until('it to be answered', () => answers.length === 1);
});

describe('is not applied', () => {
  it('where a request with a higher fence came', async () => {
    ask(1, { isOutdated: true });
    answering.nudge(NODE);
    await until('it to be answered', () => answers.length === 1);
    expect(codes()).toEqual(['FENCE_OUTDATED']);
    expect(node.did).toEqual([]);
  });

  it('what was decided too long ago', async () => {
    ask(1, { at: START - EXPIRES_MS - 1 });
    answering.nudge(NODE);
    await until('it to be answered', () => answers.length === 1);
    expect(codes()).toEqual(['EXPIRED']);
  });

  it('one unreachable host stopped the loop for all: it is said at once', async () => {
    found = 'unreachable';
    ask(1);
    answering.nudge(NODE);
    await until('it to be answered', () => answers.length === 1);
    expect(codes()).toEqual(['UNREACHABLE']);
    expect(now).toBe(START);
  });

  it('on a node that is held no more', async () => {
    found = undefined;
    ask(1);
    answering.nudge(NODE);
    await answering.stop();
    expect(answers).toEqual([]);
    expect(node.did).toEqual([]);
  });
});

describe('is tried again', () => {
  it('while the engine starts again, and applied then', async () => {
    node.failures.update = 'unreachable';
    afterPause = () => {
      if (pauses === 3) delete node.failures.update;
    };
    ask(1);
    answering.nudge(NODE);
    await until('it to be answered', () => answers.length === 1);
    expect(node.did.filter((did) => did.startsWith('update'))).toHaveLength(4);
    expect(answers[0]?.changes[0]?.applied?.cpus).toBe(1);
  });

  it('for some seconds at most', async () => {
    node.failures.update = 'unreachable';
    ask(1);
    answering.nudge(NODE);
    await until('it to be answered', () => answers.length === 1);
    expect(codes()).toEqual(['UNREACHABLE']);
    expect(now - START).toBeGreaterThanOrEqual(GIVE_UP_MS);
    expect(now - START).toBeLessThan(EXPIRES_MS);
  });

  it('until it is known what runs on the node', async () => {
    found = 'unready';
    afterPause = () => {
      if (pauses === 3) found = node;
    };
    ask(1);
    answering.nudge(NODE);
    await until('it to be answered', () => answers.length === 1);
    expect(codes()).toEqual([undefined]);
  });
});

it('an answer after the lease went to another one is not given, and the other one answers', async () => {
  isOwn = false;
  ask(1);
  answering.nudge(NODE);
  await until('it to be applied', () => node.did.length > 0);
  found = undefined;
  await answering.stop();
  expect(answers).toEqual([]);
  expect(open).toHaveLength(1);
});
