import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/*
 * Routes are written as OpenAPI writes them, `GET /v1/requests/{token}`, and sorted. Nest and the contracts are loaded
 * late, because most tests that import this lib need neither.
 */

/** The routes that docs/openapi declares for an app. */
export async function declaredRoutes(app: string): Promise<readonly string[]> {
  const { httpApis } = await import('#libs/contracts');
  const { routes = [] } = httpApis[app] ?? {};
  return routes.map(({ method, path }) => `${method} ${path}`).sort();
}

/** The routes that the module of an app serves. */
export async function servedRoutes(module: DynamicModule): Promise<readonly string[]> {
  const [{ NestFactory }, { FastifyAdapter }, { AUDIT }] = await Promise.all([
    import('@nestjs/core'),
    import('@nestjs/platform-fastify'),
    import('#libs/http'),
  ]);
  const audit = { provide: AUDIT, useValue: () => undefined };
  const root = { ...module, providers: [...(module.providers ?? []), audit] };
  const adapter = new FastifyAdapter();
  const served = new Set<string>();
  adapter.getInstance().addHook('onRoute', ({ method, url }) => {
    const path = url.replace(/:(\w+)/g, '{$1}');
    for (const one of [method].flat()) if (one !== 'HEAD') served.add(`${one} ${path}`);
  });
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, { logger: false });
  await app.init();
  await app.close();
  return [...served].sort();
}
