import 'reflect-metadata';
import { type DynamicModule, Module, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll } from 'vitest';
import { Secret } from '#libs/config';
import { AUDIT, type AuditEntry, createHttpAdapter, setUpHttp, TOKENS } from '#libs/http';
import type { Pool } from '#libs/postgres';
import type { TestDatabase } from '#libs/testing';
import { createDeployerDatabase } from './task/database.testing.js';

@Module({})
class Root {}

/** For tests: a controller over HTTP, with what it needs on a database of its own. The tokens are `admin` and `read`. */
export function servedController(controller: Type, providersOn: (pool: Pool) => readonly Provider[]) {
  let database: TestDatabase;
  let app: NestFastifyApplication;
  const audited: AuditEntry[] = [];
  beforeAll(async () => {
    database = await createDeployerDatabase();
    const root: DynamicModule = {
      module: Root,
      controllers: [controller],
      providers: [
        ...providersOn(database.pool),
        { provide: TOKENS, useValue: { admin: new Secret('admin'), read: new Secret('read') } },
        { provide: AUDIT, useValue: (entry: AuditEntry) => audited.push(entry) },
      ],
    };
    app = await NestFactory.create<NestFastifyApplication>(root, createHttpAdapter(), {
      ...{ logger: false, bodyParser: false },
    });
    setUpHttp(app, { error: () => undefined });
    await app.listen(0, '127.0.0.1');
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  return {
    audited,
    get pool() {
      return database.pool;
    },
    url: () => app.getUrl(),
  };
}
