import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { timelyLimit, withinTimely } from './timely-limit.js';

afterEach(() => void vi.useRealTimers());

/** The event loop stands still for so long, without work for a processor. */
function hold(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Work of so many turns of the event loop, each of which lasts so long. */
async function heldFor(turns: number, ms: number): Promise<void> {
  for (let n = 0; n < turns; n += 1) {
    hold(ms);
    await turn();
  }
}

const never = (): Promise<never> => new Promise(() => undefined);

describe('a limit of a process that is in time', () => {
  it('is over after its time, and names who did not answer', async () => {
    vi.useFakeTimers();
    const late = expect(withinTimely(1_000, 'sshd', never)).rejects.toThrow(
      'sshd does not answer within 1000 ms',
    );
    await vi.advanceTimersByTimeAsync(1_001);
    await late;
  });

  it('lets go of its work, which knows by the signal', async () => {
    vi.useFakeTimers();
    const limit = timelyLimit(120);
    await vi.advanceTimersByTimeAsync(119);
    expect(limit.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(2);
    expect(limit.signal.aborted).toBe(true);
    const cleared = timelyLimit(120);
    cleared.clear();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(cleared.signal.aborted).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a limit of a process that is late itself', () => {
  it('an agent that stood still said of nodes that they had not answered', async () => {
    const limit = timelyLimit(100);
    hold(120);
    await turn();
    await turn();
    expect(limit.signal.aborted).toBe(false);
    limit.clear();
  });

  it('an agent whose turns of the event loop are long gave a login up that took twelve of them', async () => {
    // A quarter of the turns, which are longer.
    const login = withinTimely(160, 'sshd', () => heldFor(3, 85));
    await expect(login).resolves.toBeUndefined();
  });

  it('what does not answer at all is known all the same, somewhat later', async () => {
    let isOver = false;
    const begun = performance.now();
    const late = withinTimely(100, 'sshd', never).catch(() => (isOver = true));
    while (!isOver && performance.now() - begun < 5_000) await heldFor(1, 20);
    await late;
    expect(performance.now() - begun).toBeLessThan(1_500);
  });

  it('time in the queue of its own logins counts for nothing', async () => {
    vi.useFakeTimers();
    let isQueued = true;
    const limit = timelyLimit(500, () => isQueued);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(limit.signal.aborted).toBe(false);
    isQueued = false;
    await vi.advanceTimersByTimeAsync(600);
    expect(limit.signal.aborted).toBe(true);
  });
});
