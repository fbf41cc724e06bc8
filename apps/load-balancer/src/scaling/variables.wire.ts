import { z } from 'zod';
import { commaList } from '#libs/config';

const keptDays = () => z.coerce.number().int().min(1).max(3_650);

/** A URL without a login, a query and a fragment; or `*`. */
function isServer(text: string): boolean {
  if (text === '*') return true;
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '');
}

/** How long what was decided is kept, and whom policies may have asked. */
export const scalingVariables = {
  LOAD_BALANCER_SCALING_DECISIONS_DAYS: keptDays()
    .default(14)
    .describe('How many days it is kept how many instances a service was decided to need, and why.'),
  LOAD_BALANCER_SCALING_FIGURES_DAYS: keptDays()
    .default(35)
    .describe(
      'How many days the minutes of the figures are kept that services were scaled by. Predictions use four weeks of them.',
    ),
  LOAD_BALANCER_PROMETHEUS_SERVERS: commaList()
    .refine((servers) => servers.every(isServer), 'expected http://host:port, with commas between, or *')
    .default([])
    .describe(
      'The Prometheus servers that policies may name, such as `http://prometheus:9090`; one with a path allows what is below it. None by default. `*` allows every URL that the load balancer reaches, so whoever may deploy can have it asked.',
    ),
  LOAD_BALANCER_PROMETHEUS_QUERIES: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(200)
    .describe('How many queries of policies are asked at most, each of them every 5 s.'),
};

type ScalingConfig = z.output<z.ZodObject<typeof scalingVariables>>;

export const prometheusOf = (
  config: Pick<ScalingConfig, 'LOAD_BALANCER_PROMETHEUS_SERVERS' | 'LOAD_BALANCER_PROMETHEUS_QUERIES'>,
) => ({
  servers: config.LOAD_BALANCER_PROMETHEUS_SERVERS,
  mostQueries: config.LOAD_BALANCER_PROMETHEUS_QUERIES,
});
