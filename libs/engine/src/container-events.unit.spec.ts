import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { containerEvents, sinceOf } from './container-events.js';

const lines = (...events: readonly unknown[]): Readable =>
  Readable.from(events.map((event) => `${JSON.stringify(event)}\n`));

it('events are told until the engine ends them, which is an error', async () => {
  const events = containerEvents(
    lines(
      { Action: 'start', Actor: { ID: 'a' } },
      null,
      { Action: 'die' },
      { Actor: { ID: 'b' }, Action: 'oom' },
    ),
    'Watching',
  );
  const seen: unknown[] = [];
  await expect(
    (async () => {
      for await (const event of events) seen.push(event);
    })(),
  ).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  expect(seen).toEqual([
    { id: 'a', action: 'start' },
    { id: 'b', action: 'oom' },
  ]);
});

it.each([
  ['2026-01-01T00:00:00.987654321+02:00', 1_767_218_400],
  [undefined, 1],
  ['soon', 1],
])('with the time %s of the engine, events are asked for since %i', (time, since) => {
  expect(sinceOf({ SystemTime: time })).toBe(since);
});
