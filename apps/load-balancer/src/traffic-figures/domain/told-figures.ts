import {
  type FeedFigures,
  type FiguresRow,
  type InstanceFigures,
  MOST_FEED_INSTANCE_FIGURES,
  MOST_FEED_SERVICE_FIGURES,
  type ServiceFigures,
} from '#libs/contracts';

/** All that one gateway has said over one connection. It is bounded, whatever the gateway says. */
export class ToldFigures {
  private services = new Map<string, ServiceFigures>();
  private instances = new Map<string, InstanceFigures>();

  /** False where all is as before. `aheadMs` is added to its times, so that they are by the clock of this process. */
  take({ isWhole, services, instances }: Omit<FeedFigures, 'type' | 'at'>, aheadMs: number): boolean {
    if (isWhole === true) [this.services, this.instances] = [new Map(), new Map()];
    const timed = services.map(({ lastRequestAt, ...one }) => ({
      ...one,
      ...(lastRequestAt !== undefined && { lastRequestAt: Math.max(0, Math.round(lastRequestAt + aheadMs)) }),
    }));
    merge(this.services, timed, MOST_FEED_SERVICE_FIGURES);
    merge(this.instances, instances, MOST_FEED_INSTANCE_FIGURES);
    return isWhole === true || services.length + instances.length > 0;
  }

  get row(): FiguresRow {
    return { services: [...this.services.values()], instances: [...this.instances.values()] };
  }
}

function merge<T extends { readonly name: string; readonly isGone?: true }>(
  known: Map<string, T>,
  said: readonly T[],
  most: number,
): void {
  for (const one of said) {
    if (one.isGone === true) known.delete(one.name);
    else if (known.size < most || known.has(one.name)) known.set(one.name, one);
  }
}
