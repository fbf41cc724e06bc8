import { LAYER_NAME_LENGTH } from '#libs/contracts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const digits = new Map([...ALPHABET].map((letter, digit) => [letter, digit]));

/** The name of a layer as a whole number below 2^36. */
export function numberOf(names: string, from: number): number {
  let number = 0;
  for (let at = from; at < from + LAYER_NAME_LENGTH; at += 1)
    number = number * ALPHABET.length + (digits.get(names[at] ?? '') ?? 0);
  return number;
}

/** The layers that a node has, by their numbers: a third of the memory that sets of their names take. */
export class LayerSet {
  /** Ascending. */
  readonly numbers: Float64Array;

  /** @param names one behind the other, as `node.state` has them */
  constructor(readonly names: string) {
    const count = Math.floor(names.length / LAYER_NAME_LENGTH);
    this.numbers = Float64Array.from({ length: count }, (_, at) =>
      numberOf(names, at * LAYER_NAME_LENGTH),
    ).sort();
  }

  has(number: number): boolean {
    let low = 0;
    let high = this.numbers.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.numbers[middle]!;
      if (found === number) return true;
      if (found < number) low = middle + 1;
      else high = middle - 1;
    }
    return false;
  }
}
