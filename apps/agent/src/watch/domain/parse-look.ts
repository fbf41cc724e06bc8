import { DETAIL_BLOCKS, isOf, parseCounters, parseDetails } from './container-lines.js';
import { countOf } from './count.js';
import { parseHost } from './host-lines.js';
import type { ContainerCounters, ContainerDetails, Look } from './look.js';

const BLOCK = 'Linux';
const KIB = 1024;

export interface Answer {
  readonly sequence: number;
  readonly begunMs: number;
  readonly endedMs: number;
  readonly text: string;
}

interface Asked {
  readonly bootId: string;
  /** Those that the loop reads, in its order. */
  readonly watched: readonly { readonly slot: number; readonly id: string; readonly pid: number }[];
  readonly isSlow: boolean;
}

/** Undefined where the answer is no whole one. A container of which something is missing is left out. */
export function parseLook(answer: Answer, { bootId, watched, isSlow }: Asked): Look | undefined {
  const { lines: all, slow } = splitOff(answer.text.split('\n'), isSlow);
  const { lines, peaks } = withoutPeaks(all);
  const [hostLines = [], ...blocks] = blocksOf(lines);
  const host = parseHost(hostLines);
  const count = watched.length * (isSlow ? 1 + DETAIL_BLOCKS : 1);
  if (host === undefined || slow === undefined || blocks.length !== count) return undefined;
  const containers = new Map<string, ContainerCounters>();
  const details = new Map<string, ContainerDetails>();
  watched.forEach(({ slot, id, pid }, index) => {
    const block = blocks[index] ?? [];
    const counters = isOf(id, block) ? parseCounters(pid, block) : undefined;
    if (counters === undefined) return;
    const cpuPeak = peaks.get(slot);
    containers.set(id, cpuPeak === undefined ? counters : { ...counters, cpuPeak });
    if (!isSlow) return;
    const first = watched.length + index * DETAIL_BLOCKS;
    const own = blocks.slice(first, first + DETAIL_BLOCKS);
    if (isOf(id, own.at(-1) ?? [])) details.set(id, parseDetails(own, host.diskIo));
  });
  return {
    sequence: answer.sequence,
    bootId,
    uptimeMs: answer.begunMs,
    tookMs: answer.endedMs - answer.begunMs,
    host,
    containers,
    ...(isSlow && { details, ...slowParts(slow) }),
  };
}

const PEAK = /^peak (\d{1,9}) (\d{1,9})$/;

/** They stand behind all blocks: `peak SLOT THOUSANDTHS`, of a core. */
function withoutPeaks(lines: readonly string[]) {
  const peaks = new Map<number, number>();
  let end = lines.length;
  for (; end > 0; end -= 1) {
    const [, slot, thousandths] = PEAK.exec(lines[end - 1] ?? '') ?? [];
    if (slot === undefined) break;
    peaks.set(Number(slot), Number(thousandths) / 1_000);
  }
  return { lines: end === lines.length ? lines : lines.slice(0, end), peaks };
}

/** The lines from the wall clock on; undefined where a slow look lacks them. */
function splitOff(lines: readonly string[], isSlow: boolean) {
  if (!isSlow) return { lines, slow: [] };
  const from = lines.findLastIndex((line) => line.startsWith('clock '));
  return from < 0 ? { lines, slow: undefined } : { lines: lines.slice(0, from), slow: lines.slice(from) };
}

function blocksOf(lines: readonly string[]): readonly (readonly string[])[] {
  const blocks: string[][] = [[]];
  for (const line of lines) {
    if (line === BLOCK) blocks.push([]);
    else blocks.at(-1)?.push(line);
  }
  return blocks;
}

function slowParts([clock = '', ...df]: readonly string[]): Pick<Look, 'disk' | 'wallClockMs'> {
  const [, seconds, parts = '0'] = /^clock (\d{1,12})(?:\.(\d{9}))?/.exec(clock) ?? [];
  // Its last line, as POSIX has it: device, KiB in all, used, free, share, where it is mounted.
  const [, total, free] = / (\d+) +\d+ +(\d+) +\d+% \//.exec(df.at(-1) ?? '') ?? [];
  const [totalKiB, freeKiB] = [countOf(total), countOf(free)];
  return {
    ...(totalKiB !== undefined &&
      freeKiB !== undefined && { disk: { totalBytes: totalKiB * KIB, freeBytes: freeKiB * KIB } }),
    ...(seconds !== undefined && { wallClockMs: Number(seconds) * 1000 + Math.floor(Number(parts) / 1e6) }),
  };
}
