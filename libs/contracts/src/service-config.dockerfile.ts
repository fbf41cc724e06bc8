import { z } from 'zod';
import { RELATIVE } from './service-config.site.js';

/** What builders look for at the root of a source; the second is Podman's name for the same. */
export const DOCKERFILES = ['Dockerfile', 'Containerfile'];

/** The Dockerfile that is built, relative to the source. */
export const dockerfileSchema = z
  .string()
  .regex(RELATIVE, 'expected a file within the source, such as docker/Dockerfile')
  .transform((path) => path.replace(/^(?:\.\/)+/, ''));
