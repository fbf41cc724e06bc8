import type { Carriers } from './ports.js';

interface Applied {
  readonly revision: number;
  readonly busy: readonly string[];
}

interface KeepLeaseParts {
  readonly carriers: Carriers;
  /** Of the carrier. */
  readonly id: string;
  readonly onLapsed: () => void;
  readonly onError: (error: unknown) => void;
}

/**
 * The lease of one gateway, by what it says. It is written one statement after another: what is said meanwhile waits, and
 * the newest takes the place of what waited. What could not be written is written with the next word.
 */
export class KeepLease {
  private due: Applied | 'renew' | undefined;
  private writing: Promise<void> | undefined;
  private isReleased = false;

  constructor(private readonly parts: KeepLeaseParts) {}

  register(): Promise<void> {
    return this.parts.carriers.register(this.parts.id);
  }

  renew(): void {
    this.due ??= 'renew';
    this.write();
  }

  applied(applied: Applied): void {
    this.due = applied;
    this.write();
  }

  async release(): Promise<void> {
    this.isReleased = true;
    await this.writing;
    await this.parts.carriers.release(this.parts.id);
  }

  private write(): void {
    if (this.isReleased) return;
    this.writing ??= this.writeDue().finally(() => {
      this.writing = undefined;
    });
  }

  private async writeDue(): Promise<void> {
    const { onLapsed, onError } = this.parts;
    for (let due = this.taken(); due !== undefined; due = this.taken()) {
      try {
        if (!(await this.say(due))) return onLapsed();
      } catch (error) {
        this.due ??= due;
        return onError(error);
      }
    }
  }

  private taken(): Applied | 'renew' | undefined {
    const { due } = this;
    this.due = undefined;
    return due;
  }

  private say(due: Applied | 'renew'): Promise<boolean> {
    const { carriers, id } = this.parts;
    return due === 'renew' ? carriers.renew(id) : carriers.applied(id, due.revision, due.busy);
  }
}
