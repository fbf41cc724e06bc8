import type { ObservedInstance } from '#libs/observations';
import type { Sample } from '../../guardian/domain/guardian.js';
import type { Resource } from '../../structures/domain/structure.js';

/** Samples are kept for so long: windows of rules are shorter. */
const KEPT_MS = 120_000;

/** What a container used in one second, in the units of structures; undefined where the second is a gap. Pure. */
export function sampleOf({ usage, details }: ObservedInstance, at: number): Sample | undefined {
  if (usage === null) return undefined;
  const { cpu, cpuPeak, throttled, memoryBytes, oomKills } = usage;
  const { diskIo, network } = details ?? {};
  const used: Partial<Record<Resource, number>> = {
    ...{ cpu: cpu * 100, memory: memoryBytes },
    ...(diskIo && { diskRead: diskIo.readBytesPerSecond, diskWrite: diskIo.writtenBytesPerSecond }),
    ...(network && { network: network.inBytesPerSecond }),
  };
  return {
    ...{ at, usage: used },
    ...(cpuPeak !== undefined && { cpuPeak: cpuPeak * 100 }),
    ...(throttled !== undefined && { throttled: throttled.share }),
    ...(oomKills !== undefined && { oomKills }),
  };
}

/** With another one, without those that are too old. A second that comes again is one. Pure. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (last !== undefined && last.at >= sample.at) return samples;
  return [...samples.filter(({ at }) => at > sample.at - KEPT_MS), sample];
}
