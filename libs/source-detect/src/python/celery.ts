import { assigned } from './apps.js';
import { imports } from './frameworks.js';
import type { Module } from './modules.js';

/** A worker of Celery, by the app that a module makes; undefined where none does. */
export function celeryWorker(
  modules: readonly Module[],
): { readonly command: readonly string[]; readonly module: Module } | undefined {
  const module = modules.find(
    ({ text }) => imports(text, 'celery') && assigned(text, ['Celery']) !== undefined,
  );
  if (module === undefined) return undefined;
  // `shop/celery.py` is found by the name of its package, as Celery's guide for Django has it.
  const name = module.name.replace(/\.celery$/, '');
  return { command: ['celery', '-A', name, 'worker', '--loglevel', 'INFO'], module };
}
