import { expect, it } from 'vitest';
import { firstSecond } from './observations.testing.js';
import { wholeOf } from './observed-node.js';
import { ObservedShare } from './observed-share.js';

const at = (second: number): string => new Date(second * 1_000).toISOString();

function aShare() {
  const [seconds, lost] = [[] as string[], [] as string[]];
  const share = new ObservedShare({
    onSecond: ({ node, sequence }) => seconds.push(`${node} ${sequence}`),
    onLost: (node) => lost.push(node),
  });
  const take = (second: number, node: string, partition: number): void =>
    share.take({
      partition,
      data: JSON.parse(
        JSON.stringify(wholeOf({ ...firstSecond(), node, sequence: second + 1, observedAt: at(second) })),
      ) as unknown,
    });
  return { share, seconds, lost, take };
}

it('gives each second once, and passes over what cannot be read', () => {
  const { share, seconds, take } = aShare();
  take(0, 'a', 0);
  take(0, 'a', 0);
  share.take({ partition: 0, data: 'no second' });
  take(1, 'a', 0);
  expect(seconds).toEqual(['a 1', 'a 2']);
});

it('nodes of a partition that goes to another replica are lost, and begin anew when it comes back', () => {
  const { share, seconds, lost, take } = aShare();
  take(5, 'a', 0);
  take(5, 'b', 1);
  share.lost([0]);
  expect(lost).toEqual(['a']);
  // From some time back.
  take(2, 'a', 0);
  take(2, 'b', 1);
  expect(seconds).toEqual(['a 6', 'b 6', 'a 3']);
});
