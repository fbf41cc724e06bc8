import type { LimitAnswer, LimitName, LimitRefusal, LimitsApplied, LimitsWanted } from '#libs/contracts';
import { isSameSet } from './cpu-set.js';
import type { Found } from './found.js';
import { limitFields, namesWanted } from './limit-names.js';

export type Refused = NonNullable<LimitAnswer['changes'][number]['refused']>[number];

/** What a login without rights, a kernel without a controller, or a node without a tool says. */
const CANNOT =
  /permission denied|read-only|not permitted|is missing|not found|cannot create|nonexistent|no link|no disk|specified qdisc/i;

const PAGE = 4096;
/** The kernel keeps hundredths of a thousandth of a core. */
const CPU_TOLERANCE = 1e-4;
const RATE_TOLERANCE = 0.01;

const refusalOf = (why: string): LimitRefusal => (CANNOT.test(why) ? 'UNSUPPORTED' : 'FAILED');

/**
 * The limits that are not as they were asked for, by what the kernel holds afterwards: each limit once, for the reason
 * that was known before, else for what the node said.
 */
export function refusedAfter(
  limits: LimitsWanted,
  found: Found,
  known: readonly Refused[],
): readonly Refused[] {
  return namesWanted({ limits }).flatMap((limit) => {
    const before = known.find((refused) => refused.limit === limit);
    if (before !== undefined) return [before];
    if (isAsWanted(limit, limits, found)) return [];
    const said = found.notWritten.find((one) => one.limit === limit)?.why;
    if (said !== undefined) return [{ limit, code: refusalOf(said), why: said }];
    const held = found.applied[limitFields[limit]];
    if (held === undefined)
      return [{ limit, code: 'UNSUPPORTED', why: 'the kernel does not say what it holds' }];
    return [{ limit, code: 'FAILED', why: `the kernel holds ${held ?? 'no limit'}` }];
  });
}

function isAsWanted(limit: LimitName, limits: LimitsWanted, { applied, allCpus }: Found): boolean {
  const wanted = limits[limitFields[limit]];
  const held = applied[limitFields[limit]];
  if (held === undefined) return false;
  if (limit === 'cpuset') return typeof held === 'string' && isSameSet(held, String(wanted ?? allCpus));
  if (typeof wanted !== 'number' || typeof held !== 'number') return wanted === held;
  return isNear(limit, wanted, held);
}

function isNear(limit: LimitName, wanted: number, held: number): boolean {
  if (limit === 'cpu') return Math.abs(wanted - held) < CPU_TOLERANCE;
  // It rounds down to whole pages.
  if (limit === 'memory') return held <= wanted && held > wanted - PAGE;
  return Math.abs(wanted - held) <= wanted * RATE_TOLERANCE;
}

/** What is left out of an answer is not known. */
export const appliedOf = ({
  applied,
  usedBytes,
}: Found): { applied: LimitsApplied; memoryUsedBytes?: number } => ({
  applied,
  ...(usedBytes !== undefined && { memoryUsedBytes: usedBytes }),
});
