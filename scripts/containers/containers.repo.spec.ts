import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { appNames, databaseVariable } from '#libs/app-roles';
import { environmentPage } from '../docs/environment-page.js';
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

  it('memory and logs had no limit: each container that stays has both', () => {
    for (const [service, { restart, ...its }] of Object.entries(services))
      if (restart !== undefined)
        expect(its, service).toMatchObject({
          mem_limit: expect.stringMatching(/^\d+[mg]$/) as string,
          logging: { options: { 'max-size': '10m', 'max-file': '5' } },
        });
    expect(services[String(form.containers[0]?.name)]).toHaveProperty('restart');
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

  it('had variables on no page: each that its user may set is on the page of environment variables', () => {
    const page = environmentPage();
    const names = [...composeFile(form).matchAll(/\$\{([A-Z0-9_]+):-/g)].map(([, variable]) =>
      String(variable),
    );
    const settable = [...new Set(names)].filter((variable) => !/^DOCKER_(?:GID|SOCKET)$/.test(variable));
    expect(settable.filter((variable) => !page.includes(`\`${variable}\``))).toEqual([]);
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

describe('what libraries read by themselves', () => {
  it('the keys of an identity reached no container: each that asks a cloud gets them', () => {
    for (const service of ['deployer', 'cli'].map((name) => servicesOf(forms.prod)[name]))
      expect(Object.keys(service?.environment ?? {})).toEqual(
        expect.arrayContaining(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AZURE_CLIENT_SECRET']),
      );
    expect(Object.keys(servicesOf(forms.prod)['load-balancer']?.environment ?? {})).toContain(
      'OTEL_EXPORTER_OTLP_HEADERS',
    );
  });

  it('every variable of the page of traces reaches the apps', () => {
    const named = readFileSync('docs/how-to/trace-requests.md', 'utf8').match(/`OTEL_[A-Z_]+(?=\*?`)/g) ?? [];
    const passed = Object.keys(servicesOf(forms.prod)['deployer']?.environment ?? {});
    expect(named.length).toBeGreaterThan(5);
    for (const name of named.map((one) => one.slice(1)))
      expect(
        passed.some((one) => one === name || (name.endsWith('_') && one.startsWith(name))),
        name,
      ).toBe(true);
  });

  it('an app that asks no cloud gets none', () => {
    const names = Object.keys(servicesOf(forms.prod)['node-manager']?.environment ?? {});
    expect(names.filter((name) => /^(?:AWS|AZURE)_/.test(name))).toEqual([]);
  });

  it('keys are for the Secret of the chart', () => {
    const variables = appImages.find(({ name }) => name === 'deployer')?.variables;
    for (const name of ['AWS_SECRET_ACCESS_KEY', 'AZURE_CLIENT_SECRET', 'OTEL_EXPORTER_OTLP_HEADERS'])
      expect(variables?.get(name), name).toEqual({ isSecret: true });
  });
});

it('a folder of zips is for no container: apps and command would each see another', () => {
  for (const form of Object.values(forms)) expect(composeFile(form)).not.toContain('SLIPWAY_BLOB_FOLDER');
});

it('the chart has the version of the project', () => {
  const { appVersion } = parse(readFileSync('k8s/chart/Chart.yaml', 'utf8')) as { appVersion: string };
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(appVersion).toBe(version);
});

it('the job of the examples that makes database roles gets the URL of each app, and no other key', () => {
  const job = readFileSync('k8s/examples/database-roles.yaml', 'utf8');
  const keys = [...job.matchAll(/key: ([A-Z_]+)$/gm)].map(([, key]) => key);
  expect(keys.toSorted()).toEqual(appNames.map(databaseVariable).toSorted());
});

it('the pod of the examples gives the command what it reads, from the Secret what is secret', () => {
  const { spec } = parse(readFileSync('k8s/examples/command.yaml', 'utf8')) as {
    spec: { containers: { env: { name: string; valueFrom?: { secretKeyRef: { key: string } } }[] }[] };
  };
  const env = spec.containers[0]?.env ?? [];
  expect(env.length).toBeGreaterThan(0);
  for (const { name, valueFrom } of env) {
    expect(cliImage.variables.get(name), name).toEqual({ isSecret: valueFrom !== undefined });
    if (valueFrom !== undefined) expect(valueFrom.secretKeyRef.key).toBe(name);
  }
});

describe('docker/start.mjs', () => {
  it('an empty variable of compose was a value to libraries: it is not there when the app starts', () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-start-'));
    mkdirSync(join(folder, 'docker'));
    copyFileSync('docker/start.mjs', join(folder, 'docker/start.mjs'));
    const app =
      'console.log(JSON.stringify([process.env.AZURE_AUTHORITY_HOST, process.env.KEPT, process.argv[2]]));\n';
    writeFileSync(join(folder, 'main.js'), app);
    const env = { AZURE_AUTHORITY_HOST: '', KEPT: 'yes' };
    const said = execFileSync(process.execPath, [join(folder, 'docker/start.mjs'), 'word'], {
      env,
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });
    expect(JSON.parse(said)).toEqual([null, 'yes', 'word']);
  });
});

describe('docker/Dockerfile', () => {
  const lines = readFileSync('docker/Dockerfile', 'utf8').replaceAll('\\\n', ' ').split('\n');
  const last = (instruction: string): string =>
    lines.findLast((line) => line.startsWith(`${instruction} `)) ?? '';

  it('runs as a number that is not root, with a health check and a signal that ends it in order', () => {
    expect(last('USER')).toMatch(/^USER [1-9]\d*:[1-9]\d*$/);
    expect(last('HEALTHCHECK')).toContain('CMD ["node", "/app/docker/health.mjs"]');
    expect(last('STOPSIGNAL')).toBe('STOPSIGNAL SIGTERM');
    expect(last('ENTRYPOINT')).toMatch(/^ENTRYPOINT \["node", .*"\/app\/docker\/start\.mjs"\]$/);
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
