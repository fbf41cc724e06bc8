import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Look } from './look.js';
import { counterFiles, linesOf, machine, type Machine } from '../look-text.testing.js';
import { parseLook } from './parse-look.js';

const BOOT = 'b00t';

function parse(made: Machine, lines: readonly string[], isSlow: boolean): Look | undefined {
  const watched = made.containers.map(({ id, counters }, slot) => ({ slot, id, pid: counters.pid }));
  const answer = { sequence: 7, begunMs: 1_000, endedMs: 1_010, text: lines.join('\n') };
  return parseLook(answer, { bootId: BOOT, watched, isSlow });
}

function whole(made: Machine, isSlow: boolean): Look {
  return {
    ...{ sequence: 7, bootId: BOOT, uptimeMs: 1_000, tookMs: 10, host: made.host },
    containers: new Map(made.containers.map(({ id, counters }) => [id, counters])),
    ...(isSlow && {
      details: new Map(made.containers.map(({ id, details }) => [id, details])),
      disk: { totalBytes: 264_212_084 * 1024, freeBytes: 74_081_896 * 1024 },
      wallClockMs: 1_795_960_037_787,
    }),
  };
}

/** Each thing that is said in the second is said so in the first. */
function expectPartOf(all: unknown, part: unknown): void {
  if (part instanceof Map) {
    for (const [key, value] of part) expectPartOf((all as Map<unknown, unknown>).get(key), value);
  } else if (typeof part === 'object' && part !== null) {
    for (const [key, value] of Object.entries(part))
      expectPartOf((all as Record<string, unknown> | undefined)?.[key], value);
  } else {
    expect(part).toBe(all);
  }
}

describe('parseLook', () => {
  it('adds peaks to the containers in their slots, and takes them for no lines of a container', () => {
    fc.assert(
      fc.property(machine, fc.boolean(), (made, isSlow) => {
        const told = made.containers.map((_, slot) => `peak ${slot} ${slot * 250}`);
        const lines = linesOf(made, isSlow);
        const end = isSlow ? lines.findLastIndex((line) => line.startsWith('clock ')) : lines.length;
        const look = parse(made, [...lines.slice(0, end), ...told, ...lines.slice(end)], isSlow);
        const expected = whole(made, isSlow);
        const containers = [...expected.containers].map(
          ([id, counters], slot) => [id, { ...counters, cpuPeak: slot / 4 }] as const,
        );
        expect(look).toEqual({ ...expected, containers: new Map(containers) });
      }),
    );
  });

  it('says what the machine said, numbers beyond 2^53 too', () => {
    fc.assert(
      fc.property(machine, fc.boolean(), (made, isSlow) => {
        expect(parse(made, linesOf(made, isSlow), isSlow)).toEqual(whole(made, isSlow));
      }),
    );
  });

  it('leaves out a container that vanishes between any two of its files, and no other', () => {
    fc.assert(
      fc.property(machine, fc.boolean(), fc.nat(), fc.nat(), (made, isSlow, which, from) => {
        const gone = made.containers[which % (made.containers.length || 1)]?.id;
        const lines = linesOf(made, isSlow, (one) => {
          const files = counterFiles(made.version, one);
          return one.id === gone ? files.slice(0, from % files.length) : files;
        });
        const expected = whole(made, isSlow);
        const left = <T>(map: ReadonlyMap<string, T>) => new Map([...map].filter(([id]) => id !== gone));
        expect(parse(made, lines, isSlow)).toEqual({
          ...expected,
          containers: left(expected.containers),
          ...(expected.details && { details: left(expected.details) }),
        });
      }),
    );
  });

  it('says nothing else of a container whose files are there in part only', () => {
    fc.assert(
      fc.property(machine, fc.boolean(), fc.array(fc.nat(), { maxLength: 9 }), (made, isSlow, gone) => {
        const isGone = new Set(gone.map((n) => n % 24));
        let file = 0;
        const lines = linesOf(made, isSlow, (one) =>
          counterFiles(made.version, one).filter(() => !isGone.has((file += 1))),
        );
        expectPartOf(whole(made, isSlow), parse(made, lines, isSlow));
      }),
    );
  });

  it('says nothing else of containers where lines of theirs are missing or there twice', () => {
    fc.assert(
      fc.property(machine, fc.boolean(), fc.nat(), fc.boolean(), (made, isSlow, at, isTwice) => {
        const lines = [...linesOf(made, isSlow)];
        const first = lines.indexOf('Linux');
        if (first < 0) return;
        const index = first + (at % (lines.length - first));
        lines.splice(index, isTwice ? 0 : 1, ...(isTwice ? [lines[index] ?? ''] : []));
        const said = parse(made, lines, isSlow);
        expectPartOf(whole(made, isSlow).containers, said?.containers ?? new Map());
      }),
    );
  });

  it('is undefined without what it needs of the host', () => {
    const [made] = fc.sample(machine, { numRuns: 1, seed: 3 }) as [Machine];
    const lines = linesOf(made, false);
    for (const start of ['cpu ', 'MemTotal', 'MemAvailable', 'SwapTotal', 'SwapFree'])
      expect(
        parse(
          made,
          lines.filter((line) => !line.startsWith(start)),
          false,
        ),
      ).toBeUndefined();
    expect(parse(made, [...lines.slice(0, 1), ...lines], false)).toBeUndefined();
  });

  it('believes a process id only that belongs to the container: another process may have got it', () => {
    const [made] = fc
      .sample(machine, { numRuns: 20, seed: 5 })
      .filter((one) => one.containers.length > 1) as [Machine];
    const [first, second] = made.containers;
    const lines = linesOf(made, false).map((line) =>
      /^\d+:/.test(line) ? line.replace(first?.id ?? '', second?.id ?? '') : line,
    );
    const said = parse(made, lines, false);
    expect([...(said?.containers.keys() ?? [])]).toEqual(made.containers.slice(1).map(({ id }) => id));
  });
});
