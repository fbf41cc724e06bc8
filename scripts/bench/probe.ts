import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 10;
const LONGEST_MS = 60_000;

/** Asks again and again, as somebody with curl in a loop does, until the answer is 200. */
export async function untilHealthy(
  url: string,
  waitAfter: (elapsedMs: number) => number = () => EVERY_MS,
): Promise<void> {
  for (const started = performance.now(); ;) {
    const status = await fetch(url).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      () => 0,
    );
    if (status === 200) return;
    const elapsed = performance.now() - started;
    if (elapsed > LONGEST_MS) throw new Error(`${url} was not healthy within ${LONGEST_MS} ms`);
    await delay(waitAfter(elapsed));
  }
}

/** For containers that the platform does not know of: not of the ports that it gives out. */
let last = 31_000;
export const nextPort = (): number => (last += 1);
