import type { Found } from './domain/found.js';
import { lookAt } from './look-at.js';
import { LEAST_STEP, lowestLimit, type MemoryNow, nextMemoryStep } from './domain/memory-step.js';
import type { Refused } from './domain/refusals.js';
import { stepWords } from './domain/words.js';
import type { LimitedNode, Target } from './ports.js';

/** What a memory limit can be set to now. */
export interface Lowered {
  readonly bytes: number;
  /** The kernel was made to take memory back. */
  readonly hasSteps: boolean;
  /** Why it is not as low as it was asked for. */
  readonly refused?: Refused;
}

const MIB = 1024 ** 2;
/** Halving what is left, this takes a tebibyte down to nothing. */
const MOST_STEPS = 24;

/**
 * Has the kernel take back what a container keeps beyond `target` bytes, step by step, as far as what is in use allows.
 * Nothing is killed for it: v1 refuses a limit below what cannot be taken back, and v2 is asked by memory.high. Throws
 * LimitError.
 */
export async function lowerMemory(
  node: Pick<LimitedNode, 'write'>,
  target: Target,
  { bytes, before }: { readonly bytes: number; readonly before: Found },
): Promise<Lowered> {
  const first = memoryOf(before);
  // It is raised, or nobody knows what is in use.
  if (first === undefined || bytes >= first.limit) return { bytes, hasSteps: false };
  let now: MemoryNow = first;
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    const step = nextMemoryStep(bytes, now);
    if (step.kind === 'settle')
      return { bytes: step.bytes, hasSteps: steps > 0, ...(step.isShort && { refused: inUse(now) }) };
    const after = await lookAt(node, target, stepWords(step.bytes));
    const then: MemoryNow = memoryOf(after) ?? now;
    const isRefused = after.notWritten.some(({ limit }) => limit === 'memory');
    const isStuck = then.used >= now.used && then.used > step.bytes + LEAST_STEP;
    now = then;
    if (isRefused || isStuck) return stopped(bytes, now);
  }
  return stopped(bytes, now);
}

/** The kernel takes back no more. */
function stopped(wanted: number, now: MemoryNow): Lowered {
  const bytes = Math.min(now.limit, Math.max(wanted, lowestLimit({ used: now.used, inactive: 0 })));
  return { bytes, hasSteps: true, ...(bytes > wanted && { refused: inUse(now) }) };
}

function memoryOf({ applied, usedBytes, inactiveBytes = 0 }: Found): MemoryNow | undefined {
  if (applied.memoryBytes === undefined || usedBytes === undefined) return undefined;
  return { limit: applied.memoryBytes ?? Infinity, used: usedBytes, inactive: inactiveBytes };
}

function inUse({ used, inactive }: MemoryNow): Refused {
  const [all, resting] = [used, inactive].map((bytes) => Math.round(bytes / MIB));
  return {
    limit: 'memory',
    code: 'MEMORY_IN_USE',
    why: `${all} MiB are in use, ${resting} MiB of them file cache that rests`,
  };
}
