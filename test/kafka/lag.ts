/** How long it took from the publication of each message until something came of it. */
export class Lag {
  private readonly pending = new Map<number, number>();
  private longest = 0;

  begin(n: number): void {
    this.pending.set(n, performance.now());
  }

  end(n: number): void {
    const begun = this.pending.get(n);
    if (begun === undefined) return;
    this.pending.delete(n);
    this.longest = Math.max(this.longest, performance.now() - begun);
  }

  get missing(): number {
    return this.pending.size;
  }

  get longestMs(): number {
    return Math.round(this.longest);
  }
}
