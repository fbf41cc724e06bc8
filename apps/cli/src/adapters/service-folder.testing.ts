import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** For tests: a folder with these services, by the text of their config.json; it goes with `remove`. */
export class TestFolder {
  private constructor(readonly path: string) {}

  static async make(): Promise<TestFolder> {
    return new TestFolder(await mkdtemp(join(tmpdir(), 'slipway-cli-')));
  }

  /** @returns the service's folder */
  async service(name: string, config = '{}'): Promise<string> {
    const directory = join(this.path, name);
    await mkdir(directory);
    await writeFile(join(directory, 'config.json'), config);
    return directory;
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true });
  }
}
