import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Files = Readonly<Record<string, string>>;

interface SourceFolders {
  make(): Promise<void>;
  remove(): Promise<void>;
  /** A folder of services, as a user has one. */
  write(services: Readonly<Record<string, Files>>): Promise<string>;
}

/** Folders of services for one test file. */
export function sourceFolders(): SourceFolders {
  let folder: string;
  return {
    make: async () => {
      folder = await mkdtemp(join(tmpdir(), 'slipway-e2e-'));
    },
    remove: () => rm(folder, { recursive: true }),
    write: async (services) => {
      const root = await mkdtemp(join(folder, 'app-'));
      for (const [service, files] of Object.entries(services)) {
        await mkdir(join(root, service));
        for (const [name, text] of Object.entries(files)) await writeFile(join(root, service, name), text);
      }
      return root;
    },
  };
}
