/** What the kernel says of a container's memory, in bytes. */
export interface MemoryNow {
  /** Infinity where there is no limit. */
  readonly limit: number;
  readonly used: number;
  /** File cache that was not used of late: the kernel gives it back. */
  readonly inactive: number;
}

export type MemoryStep =
  /** Within what is used: the kernel has to take memory back first. */
  | { readonly kind: 'step'; readonly bytes: number }
  /** This limit can be set now. `isShort`: it is not as low as it was asked for. */
  | { readonly kind: 'settle'; readonly bytes: number; readonly isShort: boolean };

const MIB = 1024 ** 2;
const PAGE = 4096;
/** A step takes back half of what is left, and at least so much: few steps, and a look after each. */
export const LEAST_STEP = 16 * MIB;
/** Above what is in use: a program that is as large as its limit is killed by its next page. */
const LEAST_ROOM = 4 * MIB;
const ROOM_SHARE = 0.05;

/**
 * How a memory limit comes down to `target`: in steps, each after a look at what is in use now. The working set is what
 * is used without file cache that rests (`used - inactive`, as kubelet and cAdvisor count it). The limit never goes
 * below it, and some room stays: what is taken from the working set is read from disk again, or killed for.
 */
export function nextMemoryStep(target: number, { limit, used, inactive }: MemoryNow): MemoryStep {
  const goal = Math.min(pages(Math.max(target, lowestLimit({ used, inactive }))), limit);
  const isShort = goal > pages(target);
  if (goal >= used) return { kind: 'settle', bytes: goal, isShort };
  const left = used - goal;
  const bytes = left <= LEAST_STEP ? goal : pages(used - Math.max(LEAST_STEP, left / 2));
  return { kind: 'step', bytes: Math.max(goal, bytes) };
}

/** The lowest limit that what is in use allows. */
export function lowestLimit({ used, inactive }: Pick<MemoryNow, 'used' | 'inactive'>): number {
  const workingSet = Math.max(0, used - inactive);
  return pages(workingSet + Math.max(LEAST_ROOM, workingSet * ROOM_SHARE) + PAGE - 1);
}

/** The kernel rounds down to whole pages. */
const pages = (bytes: number): number => Math.floor(bytes / PAGE) * PAGE;
