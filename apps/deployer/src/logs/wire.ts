import { deploymentProgressed } from '#libs/contracts';
import type { Pool } from '#libs/postgres';
import type { Runtime } from '#libs/runtime';
import { BuildLogWriter } from './adapters/build-log-writer.js';
import { buildOutput } from './adapters/build-output.js';
import type { BuildOutput } from './ports.js';

interface OutputParts extends Pick<Runtime, 'producer' | 'clock' | 'logger'> {
  readonly pool: Pool;
  readonly replica: string;
}

/** Where builds say what they do. */
export function createBuildOutput({ pool, ...parts }: OutputParts): BuildOutput {
  const log = new BuildLogWriter({ pool, logger: parts.logger, clock: parts.clock });
  return buildOutput({ ...parts, definition: deploymentProgressed, log });
}
