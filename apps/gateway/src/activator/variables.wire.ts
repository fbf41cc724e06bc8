import { z } from 'zod';
import { commaList, durationMs } from '#libs/config';

const PROBE_AGENTS = 'kube-probe,ELB-HealthChecker,GoogleHC,Consul Health Check,Blackbox Exporter';

/** How long requests wait for an instance, and which ones never do. */
export const waitVariables = {
  GATEWAY_WAIT_MS: durationMs()
    .default(30_000)
    .describe(
      'How long a request waits for a service that should run and has no instance that can be reached; then it is answered with 503. `0` answers at once.',
    ),
  GATEWAY_WAIT_REQUESTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe('How many requests may wait at once; others are answered with 503.'),
  GATEWAY_WAIT_REQUESTS_PER_SERVICE: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .describe('How many of them for one service.'),
  GATEWAY_PROBE_AGENTS: commaList()
    .prefault(PROBE_AGENTS)
    .describe('Beginnings of the `User-Agent` of health checks, which never wait.'),
  GATEWAY_PROBE_PATHS: commaList()
    .refine((paths) => paths.every((path) => path.startsWith('/')), {
      error: 'expected paths with commas, such as /healthz,/ready',
    })
    .default([])
    .describe('Paths of health checks, which never wait.'),
};
