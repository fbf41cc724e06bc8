/**
 * Hands over inputs one at a time, in the order in which they were posted. They are handled in the context of whoever
 * asked for them, not of whoever posts: a trace that is kept with the call goes on in the right place.
 */
export class Mailbox<T extends object> {
  private readonly inputs: T[] = [];
  private isOpen = true;
  private wake: () => void = () => undefined;

  post(input: T): void {
    this.inputs.push(input);
    this.wake();
  }

  /** Until it is closed. */
  async deliver(handle: (input: T) => void): Promise<void> {
    while (this.isOpen) {
      const input = this.inputs.shift();
      if (input === undefined) await this.posted();
      else handle(input);
    }
  }

  /** Hands over nothing more. */
  close(): void {
    this.isOpen = false;
    this.wake();
  }

  private posted(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wake = resolve;
    return promise;
  }
}
