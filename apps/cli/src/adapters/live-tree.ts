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
    private readonly redrawMs = REDRAW_MS,
  ) {}

  start(): void {
    if (!this.output.live) return;
    this.draw();
    this.timer = setInterval(() => this.draw(), this.redrawMs);
  }

  /** Leaves the screen as it was before the block; the caller prints what remains. */
  stop(): void {
    clearInterval(this.timer);
    if (this.drawn > 0) this.output.raw(`${upBy(this.drawn)}${ERASE_BELOW}`);
    this.drawn = 0;
  }

  private draw(): void {
    // What has scrolled off the top cannot be erased any more.
    const shown = this.lines().slice(0, Math.max(1, this.output.rows - 1));
    const lines = shown.map((line) => fit(line, this.output.columns));
    // Each line over the one before: erased first, all would flicker.
    const over = this.drawn > 0;
    const text = lines.map((line) => `${line}${over ? ERASE_REST : ''}\n`).join('');
    this.output.raw(over ? `${upBy(this.drawn)}${text}${ERASE_BELOW}` : text);
    this.drawn = lines.length;
  }
}

/** From the first column: Ctrl-C leaves a `^C` where the cursor was. */
const upBy = (count: number): string => `\r\u001b[${count}A`;
const ERASE_REST = '\u001b[0K';
const ERASE_BELOW = '\u001b[0J';

// eslint-disable-next-line no-control-regex -- the escape character is what colours begin with
const COLOUR = /(\u001b\[\d+m)/;
const NO_COLOUR = '\u001b[0m';

/** A wrapped line would break the count of lines to erase. Colours take no room and stay. */
export function fit(line: string, columns: number): string {
  const parts = line.split(COLOUR);
  const isText = (_: string, index: number): boolean => index % 2 === 0;
  if (parts.filter(isText).join('').length < columns) return line;
  let room = Math.max(0, columns - 2);
  const cut = parts.map((part, index) => {
    if (!isText(part, index)) return part;
    const kept = part.slice(0, room);
    room -= kept.length;
    return kept;
  });
  return `${cut.join('')}…${parts.length > 1 ? NO_COLOUR : ''}`;
}
