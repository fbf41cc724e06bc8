import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { appNames, databaseVariable } from '#libs/app-roles';
import { appImages, apps, cliImage, type Image } from './apps.js';
import { composeFile, type Form, forms } from './compose.js';
import { variablesOf } from './variables.js';

interface Service {
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly [field: string]: unknown;
}
const servicesOf = (form: Form): Readonly<Record<string, Service>> =>
  (parse(composeFile(form)) as { services: Record<string, Service> }).services;

it('every app is in the table', () => {
  expect(apps.map(({ name }) => name).toSorted()).toEqual([...appNames].toSorted());
});

it('replicas of two apps never want the same port', () => {
  const ports = apps.map(({ port }) => port).toSorted();
  for (const [index, port] of ports.entries())
    expect(port - (ports[index - 1] ?? 0)).toBeGreaterThanOrEqual(10);
});

describe.each(Object.entries(forms))('the compose file %s', (name, form) => {
  const services = servicesOf(form);

  it('gives each container what its apps read, and an app no key of another', () => {
    for (const { name: image, variables } of form.containers) {
      const { environment } = services[image] ?? { environment: {} };
      for (const variable of Object.keys(environment)) expect(variables.has(variable), variable).toBe(true);
      for (const variable of ['KAFKA_BROKERS', 'SLIPWAY_NODE_KEY', 'SLIPWAY_APP_SECRET_KEY'])
        expect(variable in environment, `${image}: ${variable}`).toBe(variables.has(variable));
    }
  });

  it('confines every container of ours', () => {
    for (const service of [...form.containers, cliImage].map((image) => services[image.name]))
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], init: true });
  });

  it('publishes nothing to other machines unless SLIPWAY_BIND says so', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^\$\{SLIPWAY_BIND:-127\.0\.0\.1\}:/);
  });

  it('lets each image of others be replaced', () => {
    for (const [service, { image }] of Object.entries(services))
      expect(image, service).toMatch(/^\$\{[A-Z_]+:-.+\}/);
  });

  it(`is started by docker/run.sh -e ${name}`, () => {
    expect(readFileSync('docker/run.sh', 'utf8')).toContain(`-e ${name}`);
  });
});

describe('a new app', () => {
  const schema = z.object({ KAFKA_BROKERS: z.string(), REDIS_URL: z.string(), SCORES_HTTP_PORT: z.string() });
  const scores: Image = {
    name: 'scores',
    apps: [{ name: 'scores' as 'deployer', schema, port: 8140 }],
    variables: variablesOf(schema),
  };

  it('comes with the servers that its variables ask for: Redis but in slim', () => {
    const services = servicesOf({ ...forms.prod, containers: [...appImages, scores] });
    expect(services).toHaveProperty('redis');
    expect(services['scores']?.environment).toMatchObject({
      REDIS_URL: '${REDIS_URL:-}',
      SCORES_HTTP_PORT: '8140',
    });
    expect(servicesOf({ ...forms.slim, containers: [scores] })).not.toHaveProperty('redis');
  });
});

it('the job of the examples that makes database roles gets the URL of each app, and no other key', () => {
  const job = readFileSync('k8s/examples/database-roles.yaml', 'utf8');
  const keys = [...job.matchAll(/key: ([A-Z_]+)$/gm)].map(([, key]) => key);
  expect(keys.toSorted()).toEqual(appNames.map(databaseVariable).toSorted());
});

describe('docker/Dockerfile', () => {
  const lines = readFileSync('docker/Dockerfile', 'utf8').replaceAll('\\\n', ' ').split('\n');
  const last = (instruction: string): string =>
    lines.findLast((line) => line.startsWith(`${instruction} `)) ?? '';

  it('runs as a number that is not root, with a health check and a signal that ends it in order', () => {
    expect(last('USER')).toMatch(/^USER [1-9]\d*:[1-9]\d*$/);
    expect(last('HEALTHCHECK')).toContain('CMD ["node", "/app/docker/health.mjs"]');
    expect(last('STOPSIGNAL')).toBe('STOPSIGNAL SIGTERM');
    expect(last('ENTRYPOINT')).toMatch(/^ENTRYPOINT \["node", /);
  });

  it('installs no tool of development, and adds nothing from the network', () => {
    const installs = lines.filter((line) => line.includes('npm '));
    for (const line of installs.filter((one) => one.startsWith('RUN'))) expect(line).toContain('--omit=dev');
    expect(lines.filter((line) => /^ADD |curl |wget /.test(line))).toEqual([]);
  });

  it('copies only what .dockerignore lets through', () => {
    const through = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    const copied = lines.filter((line) => line.startsWith('COPY ') && !line.includes('--from'));
    const sources = copied.flatMap((line) => line.split(/\s+/).slice(1, -1));
    for (const source of sources)
      expect(
        through.some((rule) => rule.startsWith(`!${source}`)),
        source,
      ).toBe(true);
  });
});
