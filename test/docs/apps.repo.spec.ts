import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appNames, databaseVariable, httpPortVariable } from '#libs/app-roles';
import { environmentPage } from '../../scripts/docs/environment-page.js';

const read = (path: string): string => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');

describe.each(appNames)('%s', (app) => {
  it('has its variables on the page of environment variables', () => {
    const page = environmentPage();
    for (const variable of [databaseVariable(app), httpPortVariable(app)]) expect(page).toContain(variable);
  });

  it('is started by standalone', () => {
    expect(read('apps/standalone/src/start.ts')).toContain(`'../../${app}/src/start.js'`);
  });

  it('stands in nest-cli.json, and on the page that says how to start it', () => {
    const { projects } = JSON.parse(read('nest-cli.json')) as { projects: Record<string, unknown> };
    expect(Object.keys(projects)).toContain(app);
    expect(read('docs/how-to/run-the-platform.md')).toMatch(new RegExp(`^npm start ${app}\\b`, 'm'));
  });
});
