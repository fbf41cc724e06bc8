/** Tells what is new of what goes wrong again and again, as something that is tried every second does. */
export class SaidOnce {
  private last: string | undefined;

  /** False where the same text came last, and nothing went well since. */
  isNew(text: string): boolean {
    if (text === this.last) return false;
    this.last = text;
    return true;
  }

  wentWell(): void {
    this.last = undefined;
  }
}
