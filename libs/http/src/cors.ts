import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Between two questions of a browser whether it may. Seconds. */
const KEPT_SECONDS = 600;

/**
 * Lets pages of these origins read in a browser: GET, with a token, which the page has to have. `*` are all origins. Pages
 * may not change anything.
 */
export function letPagesRead(nest: NestFastifyApplication, origins: readonly string[]): void {
  if (origins.length === 0) return;
  nest.enableCors({
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'HEAD'],
    allowedHeaders: ['authorization', 'if-none-match'],
    exposedHeaders: ['etag'],
    maxAge: KEPT_SECONDS,
  });
}
