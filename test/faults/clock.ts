import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Installation } from './installation.js';

const HOUR_MS = 3_600_000;
const EACH_MS = 4_000;

async function setClock(pid: number | undefined, file: string, offMs: number): Promise<void> {
  if (pid === undefined) throw new Error('there is no such deployer');
  await writeFile(`${file}.${pid}`, String(offMs));
  process.kill(pid, 'SIGUSR2');
}

/** One deployer's clock goes an hour on and another's an hour back, then the other way round, then both are right. */
export async function stepClocks({ deployers, clockFile }: Installation): Promise<void> {
  const [first, second] = deployers;
  for (const offMs of [HOUR_MS, -HOUR_MS, 0]) {
    await setClock(first, clockFile, offMs);
    await setClock(second, clockFile, -offMs);
    await delay(EACH_MS);
  }
}
