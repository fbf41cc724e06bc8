import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import AdmZip from 'adm-zip';
import { parseServiceConfig } from '#libs/contracts';
import { detect, treeOf } from '#libs/source-detect';
import { writeDockerfile } from '../../apps/deployer/src/build/domain/dockerfile.js';

const EXAMPLE = join('examples', 'shop', 'prices');

export const SERVICE = 'prices';

export type Files = Readonly<Record<string, string>>;

/**
 * The example, with a whole CPU: under the quarter that it asks for, its own start (250 ms instead of 100), the same on
 * every side, would be most of what is measured. Without stability window and drain: nobody by hand waits for these.
 */
export async function exampleFiles(): Promise<Files> {
  const names = await readdir(EXAMPLE);
  const files = Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(EXAMPLE, name), 'utf8')] as const),
    ),
  );
  const config = JSON.parse(files['config.json'] ?? '{}') as { resources?: object; health?: object };
  const changed = {
    ...config,
    resources: { ...config.resources, cpu: 1 },
    health: { ...config.health, stableMs: 0 },
    stop: { drainMs: 0 },
  };
  return { ...files, 'config.json': JSON.stringify(changed, null, 2) };
}

export const configOf = (files: Files) => parseServiceConfig(files['config.json'] ?? '');

/** One line of code that no other build has; what it depends on stays. */
export function withChangedCode(files: Files): Files {
  return { ...files, 'server.js': `${files['server.js']}\nconsole.log('${randomUUID()}');\n` };
}

/** A manifest that no other build has: no layer from the dependencies on is in any cache. */
export function withChangedDependencies(files: Files): Files {
  const name = `shop-prices-${randomUUID()}`;
  const renamed = (file: string): string => (files[file] ?? '').replaceAll('"shop-prices"', `"${name}"`);
  return {
    ...withChangedCode(files),
    'package.json': renamed('package.json'),
    'package-lock.json': renamed('package-lock.json'),
  };
}

export function zipOf(files: Files): Buffer {
  const zip = new AdmZip();
  for (const [name, text] of Object.entries(files)) zip.addFile(name, Buffer.from(text));
  return zip.toBuffer();
}

/** A folder for `docker build`, with the Dockerfile that Slipway writes for the same source. */
export async function writeContext(directory: string, files: Files, baseImages: string): Promise<void> {
  const byRuntime = Object.fromEntries(baseImages.split(',').map((pair) => pair.split('='))) as Files;
  const images = { byRuntime, legacy: {} };
  const config = configOf(files);
  const written = writeDockerfile(detect(treeOf(files), config), { config, images, cacheMounts: true });
  await mkdir(directory, { recursive: true });
  const all = { ...files, Dockerfile: written?.dockerfile ?? '' };
  await Promise.all(Object.entries(all).map(([name, text]) => writeFile(join(directory, name), text)));
}
