import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 10;
const LONGEST_MS = 60_000;

/** Asks again and again, as somebody with curl in a loop does, until the answer is 200. */
export async function untilHealthy(url: string): Promise<void> {
  for (const deadline = performance.now() + LONGEST_MS; ; await delay(EVERY_MS)) {
    const status = await fetch(url).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      () => 0,
    );
    if (status === 200) return;
    if (performance.now() > deadline) throw new Error(`${url} was not healthy within ${LONGEST_MS} ms`);
  }
}

/** For containers that the platform does not know of: not of the ports that it gives out. */
let last = 31_000;
export const nextPort = (): number => (last += 1);
