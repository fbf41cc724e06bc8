import type { FiguresRow, FromGateway } from '#libs/contracts';
import { FiguresDue } from '../../figures/domain/figures-due.js';
import type { Reporting } from '../../figures/ports.js';

/** Of one message. */
const MOST_WAKES = 1_000;

/** Tells the load balancer whose feed is followed. While there is none, nothing is told: the next one hears all. */
export class FeedReporting implements Reporting {
  private due: FiguresDue | undefined;

  /** `hasRoom` is false while what was said before has not left. */
  constructor(private readonly link: { readonly hasRoom: boolean; send(message: FromGateway): void }) {}

  connected(): void {
    this.due = new FiguresDue();
  }

  lost(): void {
    this.due = undefined;
  }

  figures(figures: FiguresRow, now: number): Promise<void> {
    if (this.due !== undefined && this.link.hasRoom) this.link.send(this.due.next(figures, now));
    return Promise.resolve();
  }

  wake(services: readonly string[]): Promise<void> {
    if (this.due !== undefined) this.link.send({ type: 'wake', services: services.slice(0, MOST_WAKES) });
    return Promise.resolve();
  }

  /** The connection says so by its end. */
  end(): Promise<void> {
    return Promise.resolve();
  }
}
