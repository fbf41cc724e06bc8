import type { FeedFigures, FiguresRow } from '#libs/contracts';
import { ToldFigures } from './domain/told-figures.js';

/** Where what one gateway says is kept for all replicas. See `LiveRowWriter`. */
export interface FiguresWriter {
  write(saidAt: number, body?: FiguresRow): Promise<boolean>;
  remove(): Promise<void>;
}

interface TakeFiguresParts {
  readonly writer: FiguresWriter;
  readonly onError: (error: unknown) => void;
  /** In milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * What one gateway says over the feed, in a row that all replicas read. One statement after another: what is said meanwhile
 * is in the next. What could not be written is written with the next word.
 */
export class TakeFigures {
  private readonly told = new ToldFigures();
  private isChanged = true;
  private isDue = false;
  private isOver = false;
  private writing: Promise<void> | undefined;

  constructor(private readonly parts: TakeFiguresParts) {}

  take(message: FeedFigures): void {
    const isNews = this.told.take(message, this.parts.now() - message.at);
    this.isChanged ||= isNews;
    this.isDue = true;
    if (!this.isOver) this.writing ??= this.writeDue().finally(() => (this.writing = undefined));
  }

  /** The gateway is gone, or at another replica. */
  async end(): Promise<void> {
    this.isOver = true;
    await this.writing;
    await this.parts.writer.remove().catch(this.parts.onError);
  }

  private async writeDue(): Promise<void> {
    const { writer, onError, now } = this.parts;
    while (this.isDue && !this.isOver) {
      const isWhole = this.isChanged;
      [this.isDue, this.isChanged] = [false, false];
      try {
        if (!(await writer.write(now(), isWhole ? this.told.row : undefined)))
          [this.isDue, this.isChanged] = [true, true];
      } catch (error) {
        this.isChanged ||= isWhole;
        onError(error);
      }
    }
  }
}
