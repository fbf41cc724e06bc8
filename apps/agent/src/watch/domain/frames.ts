import type { Answer } from './parse-look.js';

export type Frame =
  | { readonly kind: 'ready'; readonly bootId: string }
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** It began, and is not whole. */
  | { readonly kind: 'broken'; readonly sequence: number };

interface Head {
  readonly sequence: number;
  readonly begunMs: number;
  readonly endedMs: number;
  readonly length: number;
}

/** More is no answer: 10,000 containers make 3 MB. */
const LONGEST_ANSWER = 16 * 1024 ** 2;
const LONGEST_LINE = 64 * 1024;

/**
 * Finds the frames of a loop in what comes from a node, in whatever pieces. What stands between frames, such as the
 * words of a login shell, is passed over. A text is a byte a character (latin1).
 */
export class FrameReader {
  private rest = '';
  private head: Head | undefined;

  constructor(private readonly mark: string) {}

  push(text: string): readonly Frame[] {
    this.rest += text;
    const frames: Frame[] = [];
    for (let frame = this.next(); frame !== 'more'; frame = this.next()) if (frame) frames.push(frame);
    return frames;
  }

  /** Undefined where something was passed over. */
  private next(): Frame | undefined | 'more' {
    return this.head === undefined ? this.line() : this.answer(this.head);
  }

  private line(): Frame | undefined | 'more' {
    const end = this.rest.indexOf('\n');
    if (end < 0) {
      if (this.rest.length > LONGEST_LINE) this.rest = this.rest.slice(-this.mark.length);
      return 'more';
    }
    const line = this.rest.slice(0, end);
    this.rest = this.rest.slice(end + 1);
    // Behind the mark only: words before it may lack an end of line.
    const from = line.lastIndexOf(this.mark);
    if (from < 0) return undefined;
    const said = line.slice(from + this.mark.length);
    const ready = /^ ready ([\w-]+)$/.exec(said);
    if (ready?.[1] !== undefined) return { kind: 'ready', bootId: ready[1] };
    const [, sequence, begun, ended, length] =
      /^ answer (\d{1,15}) (\d{1,12}\.\d\d) (\d{1,12}\.\d\d) (\d{1,9})$/.exec(said) ?? [];
    if (sequence === undefined || Number(length) > LONGEST_ANSWER) return undefined;
    this.head = {
      sequence: Number(sequence),
      begunMs: millisecondsOf(begun),
      endedMs: millisecondsOf(ended),
      length: Number(length),
    };
    return undefined;
  }

  private answer({ sequence, begunMs, endedMs, length }: Head): Frame | 'more' {
    const tail = `\n${this.mark} end ${sequence}\n`;
    const whole = length + tail.length;
    const isTooShort = this.rest.length < whole;
    // The tail before its time: something is missing, and would be waited for in vain.
    if (isTooShort && !this.rest.endsWith(tail)) return 'more';
    this.head = undefined;
    const text = this.rest.slice(0, length);
    if (isTooShort || endedMs < begunMs || this.rest.slice(length, whole) !== tail)
      return { kind: 'broken', sequence };
    this.rest = this.rest.slice(whole);
    return { kind: 'answer', answer: { sequence, begunMs, endedMs, text } };
  }
}

function millisecondsOf(seconds = '0'): number {
  return Math.round(Number(seconds) * 1000);
}
