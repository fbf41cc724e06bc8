import type { LimitChange, LimitName, LimitsWanted } from '#libs/contracts';
import type { Found } from './domain/found.js';
import { LimitError } from './domain/limit-error.js';
import type { Refused } from './domain/refusals.js';
import { cpusetWords, cpuWords, directWords, memoryWords, SETTLE, type Words } from './domain/words.js';
import { lookAt } from './look-at.js';
import { type Lowered, lowerMemory } from './lower-memory.js';
import type { EngineLimits } from '../watch/ports.js';
import type { LimitedNode, Target } from './ports.js';

/** A change of which the engine has done its part. */
export interface Begun {
  readonly target: Target;
  /** What is written directly. */
  readonly words: Words;
  readonly refused: readonly Refused[];
  /** Brings CPU and CPUs back where one of them is refused: they belong together. */
  readonly undo?: Words;
}

type Done = Omit<Begun, 'target'>;

/** What is said of memory that was taken meanwhile. */
const IN_USE = /current usage|resource busy/i;

/** Does all of a change but the direct writes. Throws LimitError where nothing can be done for it. */
export async function beginChange(node: LimitedNode, change: LimitChange): Promise<Begun> {
  const { limits } = change;
  const target = await node.find(change);
  if (target === undefined) throw new LimitError('gone', 'it does not run there');
  const mustLook = target.kind === 'group' || limits.memoryBytes !== undefined || limits.cpuset === null;
  const before = mustLook ? await lookAt(node, target) : undefined;
  const lowered = await lower(node, target, limits, before);
  const wanted = { ...limits, ...(lowered && { memoryBytes: lowered.bytes }) };
  const done =
    target.kind === 'container' ? await byEngine(node, target.id, wanted, before) : written(wanted, before);
  const { refused = [], words, undo } = done;
  return {
    ...{ target, undo },
    words: [...words, ...(lowered?.hasSteps ? SETTLE : []), ...directWords(limits)],
    // Both can be said of memory: it was lowered as far as it went, and that was refused.
    refused: [...refused, ...(lowered?.refused ? [lowered.refused] : [])],
  };
}

async function lower(
  node: LimitedNode,
  target: Target,
  { memoryBytes: bytes }: LimitsWanted,
  before: Found | undefined,
): Promise<Lowered | undefined> {
  if (typeof bytes !== 'number' || before === undefined) return undefined;
  return lowerMemory(node, target, { bytes, before });
}

/** All by direct writes: of a control group that no engine knows, or whose engine cannot change limits. */
function written(limits: LimitsWanted, before: Found | undefined): Done {
  const { cpus, cpuset: set, memoryBytes } = limits;
  const cpuset = set === null ? before?.allCpus : set;
  const isPair = cpus !== undefined && cpuset !== undefined;
  const { cpus: cpusBefore = null, cpuset: setBefore } = before?.applied ?? {};
  return {
    words: [
      ...(cpus === undefined ? [] : cpuWords(cpus)),
      ...(cpuset === undefined ? [] : cpusetWords(cpuset)),
      ...(memoryBytes === undefined ? [] : memoryWords(memoryBytes)),
    ],
    refused: [],
    ...(isPair && setBefore && { undo: [...cpuWords(cpusBefore), ...cpusetWords(setBefore)] }),
  };
}

/** By its engine, so that a restart keeps them. */
async function byEngine(
  node: LimitedNode,
  id: string,
  limits: LimitsWanted,
  before: Found | undefined,
): Promise<Done> {
  const { cpus, cpuset, memoryBytes } = limits;
  // An engine takes no limit away. It gets all that its machine has, and the kernel's own limit is lifted after it.
  const most = cpus === null || memoryBytes === null ? await node.sizes() : undefined;
  const words = [
    ...(cpus === null ? cpuWords(null) : []),
    ...(memoryBytes === null ? memoryWords(null) : []),
  ];
  const update: EngineLimits = {
    ...(cpus !== undefined && { cpus: cpus ?? most?.cpus }),
    ...(cpuset !== undefined && { cpuset: cpuset ?? before?.allCpus }),
    ...(memoryBytes !== undefined && { memoryBytes: memoryBytes ?? most?.memoryBytes }),
  };
  if (Object.keys(update).length === 0) return { words, refused: [] };
  try {
    await node.update(id, update);
    return { words, refused: [] };
  } catch (error) {
    if (!(error instanceof LimitError)) throw error;
    if (error.failure === 'unsupported') return written(limits, before);
    if (error.failure !== 'refused') throw error;
    return { words, refused: await apart(node, id, { update, error }) };
  }
}

/**
 * Nothing of an update that was refused is applied. So CPU and CPUs, which belong together, are tried without memory,
 * and memory without them: what is wrong with one does not hold up the other.
 */
async function apart(
  node: LimitedNode,
  id: string,
  { update, error }: { readonly update: EngineLimits; readonly error: LimitError },
): Promise<readonly Refused[]> {
  const { memoryBytes, ...cpu } = update;
  const hasBoth = memoryBytes !== undefined && Object.keys(cpu).length > 0;
  if (!hasBoth) return refusedOf(update, error);
  const refused: Refused[] = [];
  for (const part of [cpu, { memoryBytes }]) {
    try {
      await node.update(id, part);
    } catch (why) {
      if (!(why instanceof LimitError) || why.failure !== 'refused') throw why;
      refused.push(...refusedOf(part, why));
    }
  }
  return refused;
}

function refusedOf({ cpus, cpuset, memoryBytes }: EngineLimits, { message: why }: LimitError): Refused[] {
  const named: readonly (readonly [LimitName, unknown])[] = [
    ['cpu', cpus],
    ['cpuset', cpuset],
    ['memory', memoryBytes],
  ];
  return named.flatMap(([limit, value]) => {
    if (value === undefined) return [];
    const isInUse = limit === 'memory' && IN_USE.test(why);
    return [{ limit, code: isInUse ? 'MEMORY_IN_USE' : 'FAILED', why }];
  });
}
