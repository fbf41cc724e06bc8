import { expect, it } from 'vitest';
import { AGENT_SILENT_MS, nodeObserved, type NodeState, nodeState, topics } from '#libs/contracts';
import { AgentMessages } from './agent-messages.js';

const NODE = 'node-1';
const START = Date.parse('2026-01-01T00:00:00.000Z');

function underTest() {
  let now = START;
  const lost: string[] = [];
  const messages = new AgentMessages({
    clock: { now: () => new Date(now) },
    onUnreachable: (node) => lost.push(node),
  });
  const timeOf = (seconds: number): string => new Date(START + seconds * 1_000).toISOString();
  return {
    ...{ messages, lost },
    at: (seconds: number): void => void (now = START + seconds * 1_000),
    state(seconds: number, state: NodeState['liveness']['state'], fence = 7): void {
      const data = {
        node: NODE,
        fence,
        observedAt: timeOf(seconds),
        liveness: { state, since: timeOf(seconds) },
      };
      messages.take({ topic: topics.nodeState, key: NODE, data });
    },
    second(sequence: number, since?: number): void {
      const data = { ...nodeObserved.example, fence: 7, sequence, observedAt: timeOf(sequence), since };
      messages.take({ topic: topics.nodeObserved, key: NODE, data });
    },
    removed: () => messages.take({ topic: topics.nodeState, key: NODE, data: '' }),
  };
}

it('what runs is known from a whole message on, and unknown after a gap until the next', () => {
  const { messages, state, second } = underTest();
  state(0, 'alive');
  second(2, 1);
  expect(messages.of(NODE)).toMatchObject({ figures: 'gap', running: [] });
  second(3);
  expect(messages.of(NODE)).toMatchObject({ figures: 'seen', running: [{ container: '9f1c', restarts: 0 }] });
  second(5, 4);
  expect(messages.of(NODE)).toMatchObject({ figures: 'gap' });
});

it('figures that have not come for long are none, and an agent that has said nothing for long watches nothing', () => {
  const { messages, at, state, second } = underTest();
  state(0, 'alive');
  second(1);
  const silent = AGENT_SILENT_MS / 1_000;
  at(silent);
  expect(messages.of(NODE)).toMatchObject({ figures: 'seen' });
  at(silent + 0.001);
  expect(messages.of(NODE)).toBeUndefined();
  state(silent, 'alive');
  expect(messages.of(NODE)).toMatchObject({ figures: 'seen' });
  at(silent + 1.001);
  expect(messages.of(NODE)).toMatchObject({ figures: 'none', running: [] });
});

it('a verdict of a lower fence, or one that was observed earlier, is passed over', () => {
  const { messages, state } = underTest();
  state(2, 'unreachable', 7);
  state(3, 'alive', 6);
  state(1, 'alive', 7);
  expect(messages.unreachable(NODE)).toBe('its agent says so');
  state(1, 'alive', 8);
  expect(messages.unreachable(NODE)).toBeUndefined();
});

it('tells once that a node became unreachable, and forgets one that was removed', () => {
  const { messages, lost, state, removed } = underTest();
  for (const seconds of [0, 10]) state(seconds, 'unreachable');
  expect(lost).toEqual([NODE]);
  state(11, 'alive');
  removed();
  expect([messages.of(NODE), messages.all()]).toEqual([undefined, []]);
});

it('a node that was removed while it did not answer was asked, and waited for: it stays unreachable for a while', () => {
  const { messages, at, state, removed } = underTest();
  state(0, 'unreachable');
  removed();
  expect(messages.all()).toEqual([]);
  expect(messages.of(NODE)?.liveness.state).toBe('unreachable');
  expect(messages.unreachable(NODE)).toBe('its agent says so');
  // It was enrolled anew.
  state(5, 'alive', 8);
  expect(messages.unreachable(NODE)).toBeUndefined();
  state(6, 'unreachable', 8);
  removed();
  at(6 + AGENT_SILENT_MS / 1_000);
  expect(messages.unreachable(NODE)).toBe('its agent says so');
  at(6.001 + AGENT_SILENT_MS / 1_000);
  expect(messages.unreachable(NODE)).toBeUndefined();
});

it('each task waited for a node that was removed before its agent knew that it is lost: one look gives it up', () => {
  const { messages, at, state, removed } = underTest();
  state(0, 'alive');
  removed();
  at(1);
  messages.giveUp(NODE, 'no answer within 3000 ms');
  expect(messages.unreachable(NODE)).toBe('no answer within 3000 ms');
  expect(messages.all()).toEqual([]);
  // It was enrolled anew.
  state(5, 'alive', 8);
  expect(messages.unreachable(NODE)).toBeUndefined();
});

it('what is no message of an agent changes nothing', () => {
  const { messages } = underTest();
  messages.take({ topic: topics.nodeState, key: NODE, data: { ...nodeState.example, fence: 'x' } });
  messages.take({ topic: topics.nodeObserved, key: NODE, data: 'x' });
  expect(messages.all()).toEqual([]);
});
