/** Numbers for texts that come and go, from 0 on, each with a value. The number of a text that nobody uses any more is given to the next one. */
export class NumbersInUse<T> {
  /** By number; undefined where nobody uses it. */
  readonly values: (T | undefined)[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly texts: string[] = [];
  private readonly users: number[] = [];
  private readonly unused: number[] = [];

  /** One more uses the text. */
  add(text: string, value: T): number {
    const number = this.numbers.get(text) ?? this.begin(text, value);
    this.users[number]! += 1;
    return number;
  }

  /** One less uses the text of this number. */
  remove(number: number): void {
    this.users[number]! -= 1;
    if (this.users[number]! > 0) return;
    this.numbers.delete(this.texts[number]!);
    this.values[number] = undefined;
    this.unused.push(number);
  }

  private begin(text: string, value: T): number {
    const number = this.unused.pop() ?? this.values.length;
    this.numbers.set(text, number);
    this.texts[number] = text;
    this.users[number] = 0;
    this.values[number] = value;
    return number;
  }
}
