import { EventEmitter } from 'node:events';
import type { Client } from 'ssh2';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { KeptConnection } from './kept-connection.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const IDLE_MS = 10_000;

function kept() {
  const client = Object.assign(new EventEmitter(), { end: vi.fn() });
  const connection = new KeptConnection(client as unknown as Client, () => undefined);
  /** A command that is over at once. */
  const use = (): void => connection.endWhenIdleFor(IDLE_MS, () => undefined);
  return { client, connection, use };
}

it('a connection in use was ended in an idle moment, ten minutes after its first', () => {
  const { client, use } = kept();
  for (let ms = 0; ms < 3 * IDLE_MS; ms += 1_000) {
    use();
    vi.advanceTimersByTime(1_000);
  }
  expect(client.end).not.toHaveBeenCalled();
  vi.advanceTimersByTime(IDLE_MS);
  expect(client.end).toHaveBeenCalledOnce();
});

it('each use left a timer for ten minutes', () => {
  const { client, use } = kept();
  for (let n = 0; n < 100; n += 1) use();
  expect(vi.getTimerCount()).toBe(1);
  client.emit('close');
  expect(vi.getTimerCount()).toBe(0);
});

it('one with a channel on it stays', () => {
  const { client, connection, use } = kept();
  use();
  connection.reserved.session = 1;
  vi.advanceTimersByTime(IDLE_MS);
  expect(client.end).not.toHaveBeenCalled();
});
