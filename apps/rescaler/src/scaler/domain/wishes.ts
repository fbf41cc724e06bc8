import type { LimitWish } from '../../structures/domain/wish.js';

/** Of two wishes for the same limit, and as the half of the same swap, the higher priority counts; else the newer one. */
export function deduplicated(wishes: readonly LimitWish[]): {
  readonly kept: readonly LimitWish[];
  readonly dropped: readonly LimitWish[];
} {
  const best = new Map<string, LimitWish>();
  for (const wish of wishes) {
    const key = [wish.structure, wish.resource, wish.field, wish.pair ?? ''].join(' ');
    const other = best.get(key);
    if (other === undefined || isBefore(wish, other)) best.set(key, wish);
  }
  const kept = new Set(best.values());
  return { kept: [...kept], dropped: wishes.filter((wish) => !kept.has(wish)) };
}

const isBefore = (wish: LimitWish, other: LimitWish): boolean =>
  wish.priority === other.priority ? wish.at >= other.at : wish.priority > other.priority;

const LEVELS = ['user', 'application', undefined] as const;

/**
 * The order in which wishes are planned: those of users, of applications, of containers; of each what goes down first
 * (`current`, then `max`), then what goes up (`max`, then `current`); then by priority. Otherwise they stay as they came.
 */
export function inOrder(
  wishes: readonly LimitWish[],
  isDown: (wish: LimitWish) => boolean,
): readonly LimitWish[] {
  const place = (wish: LimitWish): number => {
    const step = isDown(wish) ? (wish.field === 'current' ? 0 : 1) : wish.field === 'max' ? 2 : 3;
    return LEVELS.indexOf(wish.level) * 4 + step;
  };
  return [...wishes].sort((a, b) => place(a) - place(b) || b.priority - a.priority);
}
