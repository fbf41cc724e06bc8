import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MergeByTime } from './merge-by-time.js';

interface Event {
  readonly at: string;
  readonly second: number;
  readonly name: string;
  readonly partition: number;
  readonly isWanted: boolean;
}

const at = (second: number, name: string, isWanted = true) => ({
  ...{ at: new Date(second * 1000).toISOString(), second, name, isWanted },
});

function merge(partitions: number) {
  const printed: Event[] = [];
  const merged = new MergeByTime<Event>({
    partitions: Array.from({ length: partitions }, (_, n) => n),
    isWanted: ({ isWanted }) => isWanted,
    print: (event) => printed.push(event),
  });
  return {
    printed,
    names: () => printed.map(({ name }) => name).join(''),
    add: (partition: number, event: Omit<Event, 'partition'>) =>
      merged.add(partition, { ...event, partition }),
    give: (event: Event) => merged.add(event.partition, event),
    end: (partition: number) => merged.end(partition),
  };
}

describe('an event is printed', () => {
  it('as soon as every other partition has a later one or has ended, not at the end of all', () => {
    const { add, end, names } = merge(3);
    add(0, at(1, 'a'));
    add(1, at(2, 'b'));
    expect(names()).toBe('');
    end(2);
    expect(names()).toBe('a');
    add(0, at(3, 'c'));
    expect(names()).toBe('ab');
    end(1);
    expect(names()).toBe('abc');
  });

  it('as soon as events that nobody asked for show that the other partitions are past it', () => {
    const { add, names } = merge(2);
    add(0, at(1, 'a'));
    add(1, at(0, 'x', false));
    expect(names()).toBe('');
    add(1, at(2, 'y', false));
    expect(names()).toBe('a');
  });

  it('after what its partition has before it, whatever the clocks of the writers say', () => {
    const { add, end, names } = merge(2);
    add(0, at(9, 'a'));
    add(0, at(2, 'b'));
    add(1, at(3, 'c'));
    [0, 1].forEach(end);
    expect(names()).toBe('cab');
  });
});

/** Each partition's events, and which partition is read next, for as long as any has one. */
const topic = (second: fc.Arbitrary<number[]>) => {
  const events = (seconds: readonly number[]) =>
    fc.tuple(...seconds.map((s) => fc.boolean().map((isWanted) => at(s, '', isWanted))));
  return fc.record({
    partitions: fc.array(second.chain(events), { minLength: 1, maxLength: 5 }),
    turns: fc.infiniteStream(fc.nat()),
  });
};
const anySeconds = fc.array(fc.nat({ max: 50 }), { maxLength: 20 });
const inOrder = anySeconds.map((seconds) => seconds.toSorted((a, b) => a - b));
type Topic = typeof topic extends (...of: never[]) => fc.Arbitrary<infer T> ? T : never;

interface Step {
  /** The wanted events that were read until now. */
  readonly given: readonly Event[];
  readonly printed: readonly Event[];
  /** How far every partition that has not ended has been read. */
  readonly slowest: number;
}

/** Reads the partitions in turns. */
function read({ partitions, turns }: Topic, afterEach?: (step: Step) => void): Omit<Step, 'slowest'> {
  const merged = merge(partitions.length);
  const open = partitions.map((events, partition) => ({ partition, left: [...events], reached: -Infinity }));
  const given: Event[] = [];
  while (open.length > 0) {
    const index = (turns.next().value ?? 0) % open.length;
    const of = open[index];
    const event = of?.left.shift();
    if (of === undefined || event === undefined) {
      open.splice(index, 1).forEach(({ partition }) => merged.end(partition));
    } else {
      of.reached = event.second;
      const read = { ...event, partition: of.partition };
      if (event.isWanted) given.push(read);
      merged.give(read);
    }
    const slowest = Math.min(...open.map(({ reached }) => reached));
    afterEach?.({ given, printed: merged.printed, slowest });
  }
  return { given, printed: merged.printed };
}

const ofPartition = (events: readonly Event[], partition: number) =>
  events.filter((event) => event.partition === partition);

describe('whatever is read first', () => {
  it('each wanted event is printed once, and none else, in the order of its partition', () => {
    fc.assert(
      fc.property(topic(anySeconds), (given) => {
        const { given: wanted, printed } = read(given);
        expect(printed).toHaveLength(wanted.length);
        for (const partition of given.partitions.keys())
          expect(ofPartition(printed, partition)).toEqual(ofPartition(wanted, partition));
      }),
    );
  });

  it('the events of partitions that are in order are printed in the order of time', () => {
    fc.assert(
      fc.property(topic(inOrder), (given) => {
        const seconds = read(given).printed.map(({ second }) => second);
        expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
      }),
    );
  });

  it('nothing waits that is not ahead of the slowest partition', () => {
    fc.assert(
      fc.property(topic(inOrder), (given) => {
        read(given, ({ given: wanted, printed, slowest }) => {
          const waiting = wanted.filter((event) => !printed.includes(event));
          expect(waiting.filter(({ second }) => second <= slowest)).toEqual([]);
        });
      }),
    );
  });
});
