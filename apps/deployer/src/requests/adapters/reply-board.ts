/** Who waits for which reply. The database's notifications come in, callbacks go out. */
export class ReplyBoard {
  private readonly waiting = new Map<string, Set<() => void>>();

  onReply(token: string, callback: () => void): () => void {
    const callbacks = this.waiting.get(token) ?? new Set();
    this.waiting.set(token, callbacks.add(callback));
    return () => {
      callbacks.delete(callback);
      if (callbacks.size === 0 && this.waiting.get(token) === callbacks) this.waiting.delete(token);
    };
  }

  /** A reply to this token was stored. Without a token some may have been: all look again. */
  tell(token?: string): void {
    const told = token === undefined ? [...this.waiting.values()] : [this.waiting.get(token) ?? []];
    for (const callbacks of told) for (const callback of callbacks) callback();
  }
}
