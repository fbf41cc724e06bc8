import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Pool } from '#libs/postgres';
import { recordVerdict } from './adapters/verdicts.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a verdict waited for ever on a line to the database that was cut, and its node was spoken of no more', async () => {
  const silent = { query: () => new Promise(() => undefined) } as unknown as Pool;
  const verdict = { state: 'alive', since: '2026-01-01T00:00:00.000Z' } as const;
  const recorded = recordVerdict(silent, { node: 'node-1', fence: 1, holder: 'me', verdict });
  const refused = expect(recorded).rejects.toThrow('the database does not answer');
  await vi.advanceTimersByTimeAsync(5_000);
  await refused;
});
