import { Worker } from 'node:worker_threads';

/** Under the tests, which run the sources, Node itself leaves out the types; imports there name the built files. */
const SOURCES_HOOK = `
import { registerHooks } from 'node:module';
registerHooks({
  resolve: (specifier, context, next) =>
    next(context.parentURL?.endsWith('.ts') && /^[.].*[.]js$/.test(specifier) ? specifier.replace(/js$/, 'ts') : specifier, context),
});`;

/** More than any archive within the limits needs; a thread that runs out of it dies alone. */
const MAX_HEAP_MIB = 256;

/** A thread that unpacks: the built file beside this one, or its source beside this source. */
export function startUnpackWorker(): Worker {
  const fromSources = import.meta.url.endsWith('.ts');
  return new Worker(new URL(`./unpack-worker.${fromSources ? 'ts' : 'js'}`, import.meta.url), {
    name: 'unpack',
    execArgv: fromSources ? ['--import', `data:text/javascript,${encodeURIComponent(SOURCES_HOOK)}`] : [],
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
  });
}
