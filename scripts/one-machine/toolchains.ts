import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BASE_IMAGES } from './base-images.js';
import type { DockerClient } from './image-loading.js';
import type { SetUp } from './set-up.js';
import { timed } from './timed.js';

interface Toolchain {
  readonly image: string;
  /** Debian's. */
  readonly packages: readonly string[];
}

/** Base images that are large and made only when they are asked for, by runtime. */
const TOOLCHAINS: Readonly<Record<string, Toolchain>> = {
  go: { image: 'slipway/go:1.19', packages: ['golang-go'] },
  java: { image: 'slipway/java:17', packages: ['default-jdk-headless'] },
};

/** Those that `SLIPWAY_TOOLCHAINS=go,java` names. */
export function wantedToolchains(text = process.env['SLIPWAY_TOOLCHAINS'] ?? ''): readonly string[] {
  const names = text.split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !Object.hasOwn(TOOLCHAINS, name));
  if (unknown.length > 0)
    throw new Error(
      `SLIPWAY_TOOLCHAINS: ${unknown.join(', ')} is unknown; there are ${Object.keys(TOOLCHAINS).join(', ')}`,
    );
  return names;
}

/** Made on the builder, of Debian's packages, once per engine's data; their names by runtime. */
export async function buildToolchains(
  setUp: SetUp,
  client: DockerClient,
  { socketPath, wanted }: { readonly socketPath: string; readonly wanted: readonly string[] },
): Promise<Readonly<Record<string, string>>> {
  const built: Record<string, string> = {};
  for (const name of wanted) {
    const { image, packages } = TOOLCHAINS[name] ?? { image: '', packages: [] };
    if (!(await client.hasImage(socketPath, image)))
      await timed(setUp, `Base image of ${name}`, () =>
        build(setUp, client, { socketPath, image, packages }),
      );
    built[name] = image;
  }
  return built;
}

async function build(
  { slot }: SetUp,
  client: DockerClient,
  { socketPath, image, packages }: Toolchain & { readonly socketPath: string },
): Promise<void> {
  const folder = await mkdtemp(join(slot.directory, 'toolchain-'));
  // Java's packages make links beside pages of manuals, whose folder the base image lacks.
  const install = `mkdir -p /usr/share/man/man1 && apt-get update -q && apt-get install -y -q --no-install-recommends ${packages.join(' ')}`;
  const lines = [
    `FROM ${BASE_IMAGES.python}`,
    `RUN ${install} && rm -rf /var/lib/apt/lists/* /usr/share/doc`,
  ];
  try {
    await writeFile(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`);
    await client.call(socketPath, 'build', '--tag', image, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
