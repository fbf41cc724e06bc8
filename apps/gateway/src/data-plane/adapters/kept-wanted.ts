import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Wanted } from '../domain/wanted.js';
import { problemsOf } from '../domain/wanted-problems.js';

/** What is wanted, in a file: HAProxy can be started from it while nobody says what is wanted. */
export class KeptWanted {
  private kept: Wanted | undefined;

  constructor(private readonly file: string) {}

  async keep(wanted: Wanted | undefined): Promise<void> {
    if (wanted === undefined || wanted === this.kept) return;
    const next = `${this.file}.next`;
    await writeFile(next, JSON.stringify(wanted), { mode: 0o600 });
    await rename(next, this.file);
    this.kept = wanted;
  }

  /** What an earlier process of the gateway kept, if it can be carried. */
  async read(): Promise<Wanted | undefined> {
    try {
      const wanted = JSON.parse(await readFile(this.file, 'utf8')) as Wanted;
      return problemsOf(wanted).length === 0 ? wanted : undefined;
    } catch {
      return undefined;
    }
  }
}
