import type { Output } from '../output.js';

const REDRAW_MS = 120;

/**
 * Redraws a block of lines in place, so that a waiting deploy never looks dead: the clock in it moves even
 * while nothing arrives.
 */
export class LiveTree {
  private drawn = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly output: Output,
    private readonly lines: () => readonly string[],
  ) {}

  start(): void {
    if (!this.output.live) return;
    this.draw();
    this.timer = setInterval(() => this.draw(), REDRAW_MS);
  }

  /** Leaves the screen as it was before the block; the caller prints what remains. */
  stop(): void {
    clearInterval(this.timer);
    if (this.drawn > 0) this.output.raw(eraseLines(this.drawn));
    this.drawn = 0;
  }

  private draw(): void {
    const lines = this.lines().map((line) => fit(line, this.output.columns));
    this.output.raw(`${this.drawn > 0 ? eraseLines(this.drawn) : ''}${lines.join('\n')}\n`);
    this.drawn = lines.length;
  }
}

const eraseLines = (count: number): string => `\u001b[${count}A\u001b[0J`;

// eslint-disable-next-line no-control-regex -- the escape character is what colours begin with
const COLOUR = /\u001b\[\d+m/g;

/** A wrapped line would break the count of lines to erase; a cut one loses its colours, not its meaning. */
export function fit(line: string, columns: number): string {
  const plain = line.replace(COLOUR, '');
  return plain.length < columns ? line : `${plain.slice(0, Math.max(0, columns - 2))}…`;
}
