/** Hands over inputs one at a time. What comes while one is handled is handed over after it. */
export class Mailbox<T> {
  private readonly inputs: T[] = [];
  private isHandling = false;
  private isOpen = true;

  constructor(private readonly handle: (input: T) => void) {}

  post(input: T): void {
    this.inputs.push(input);
    if (this.isHandling) return;
    this.isHandling = true;
    try {
      // Sees what is posted meanwhile, too.
      for (const next of this.inputs) if (this.isOpen) this.handle(next);
    } finally {
      this.inputs.length = 0;
      this.isHandling = false;
    }
  }

  /** Hands over nothing more. */
  close(): void {
    this.isOpen = false;
  }
}
