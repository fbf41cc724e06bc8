import { expect, it } from 'vitest';
import { plainPaint } from '../domain/progress-lines.js';
import { nothingKept } from './events.js';

it.each([
  [{ token: 'nope' }, 'Kafka keeps no step of the request nope.', 'slipway history nope'],
  [{ appId: 'shop' }, 'Kafka keeps no step of any request of shop.', 'slipway events -f'],
  [{}, 'Kafka keeps no step of any request.', 'slipway events -f'],
])('no event was no word: of %j it says so, and how to go on', (wanted, said, next) => {
  expect(nothingKept(wanted, { paint: plainPaint })).toEqual([said, `next: ${next}`]);
});
