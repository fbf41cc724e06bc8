import type { NodeObservation } from '#libs/contracts';

type Entry = NodeObservation['instances'][number];

/** An instance as it is known after some messages. */
export interface ObservedInstance {
  readonly instance: string;
  readonly identity: NonNullable<Entry['identity']>;
  /** Null where the last second is a gap. */
  readonly usage: NonNullable<Entry['usage']> | null;
  /** Read every 10 s; undefined until it was. */
  readonly details?: NonNullable<Entry['details']>;
}

/** A node in one second, whole. */
export interface ObservedNode extends Pick<
  NodeObservation,
  'node' | 'fence' | 'sequence' | 'observedAt' | 'host' | 'sizes' | 'others'
> {
  readonly instances: ReadonlyMap<string, ObservedInstance>;
}

/** The message that needs none before it. */
export function wholeOf({ instances, ...rest }: ObservedNode): NodeObservation {
  return { ...rest, instances: [...instances.values()] };
}

/** The message for those who know `before`: what is different now. Both are of the same fence. */
export function deltaOf(before: ObservedNode, now: ObservedNode): NodeObservation {
  const { sizes, instances, ...rest } = now;
  const gone = [...before.instances.keys()].filter((name) => !instances.has(name));
  return {
    ...rest,
    since: before.sequence,
    ...(!isSame(before.sizes, sizes) && { sizes }),
    instances: [...instances.values()].flatMap((one) => changesOf(before.instances.get(one.instance), one)),
    ...(gone.length > 0 && { gone }),
  };
}

/** Nothing where it is as it was. */
function changesOf(before: ObservedInstance | undefined, now: ObservedInstance): readonly Entry[] {
  const { instance, identity, usage, details } = now;
  // A container of the same name that is another one, or has lost its details, is a new instance.
  const isNew =
    before === undefined || !isSame(before.identity, identity) || (before.details && !details) === true;
  if (isNew) return [now];
  const changed = {
    ...(!isSame(before.usage, usage) && { usage }),
    ...(!isSame(before.details, details) && { details }),
  };
  return Object.keys(changed).length === 0 ? [] : [{ instance, ...changed }];
}

/** Figures are plain data. Compared member by member, as most are different in the first, or the same object. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isObject(one) || !isObject(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => isSame(one[key], other[key]));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
