import type { ServiceConfig } from '#libs/contracts';
import type { Finding, StepsPlan } from './build-plan.js';
import { goBuildOf } from './go.js';
import { nearestRuntime } from './nearest-runtime.js';
import { SourceRefusal } from './refusal.js';
import { hasFile, type SourceTree } from './source-tree.js';
import { emptyPlan, stepOf, versionOf } from './steps.js';

interface OtherRuntime {
  /** A name in BASE_IMAGES, such as `go`. */
  readonly runtime: string;
  readonly found: readonly Finding[];
}

/**
 * A service of any other runtime that has a base image: config.json says how it is installed, built and started.
 * @throws SourceRefusal without a command, since a base image starts a shell, which ends
 */
export function otherRuntimePlan(
  tree: SourceTree,
  config: ServiceConfig,
  { runtime, found }: OtherRuntime,
): StepsPlan {
  const made = runtime === 'go' ? goBuildOf(tree, config) : undefined;
  const command = config.command ?? made?.command;
  if (command === undefined) throw withoutCommand(tree, runtime);
  return {
    ...emptyPlan({ runtime, version: versionOf(config) }),
    installNeedsSource: config.install !== undefined,
    install: stepOf(config.install),
    build: stepOf(config.build ?? made?.build),
    command,
    found: [
      ...found,
      ...(made === undefined
        ? []
        : [{ kind: 'build' as const, what: `built with \`${made.build.join(' ')}\``, by: made.by }]),
      ...(made === undefined || config.command !== undefined
        ? []
        : [{ kind: 'command' as const, what: `starts with \`${command.join(' ')}\``, by: made.by }]),
    ],
  };
}

/** What stands in config.json of such services. */
const EXAMPLES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  go: { build: 'go build -o bin/server ./cmd/server', command: './bin/server' },
  rust: { build: 'cargo build --release', command: './target/release/app' },
  java: { build: 'mvn -q -DskipTests package', command: 'java -jar target/app.jar' },
  ruby: { build: 'bundle install', command: 'bundle exec puma -p 8080' },
  php: { command: 'php -S 0.0.0.0:8080 -t public' },
};

const LARAVEL = {
  build: 'composer install --no-dev',
  command: 'php artisan serve --host=0.0.0.0 --port=8080',
};

function withoutCommand(tree: SourceTree, runtime: string): SourceRefusal {
  const why = `nothing is found out of how a service in ${runtime} starts`;
  const nearest = nearestRuntime(runtime);
  if (nearest !== undefined)
    return new SourceRefusal({
      field: 'runtime',
      why,
      hint: `Is ${nearest} meant? If the platform has a base image for ${runtime}, write what starts the service into command.`,
      examples: { runtime: nearest },
    });
  return new SourceRefusal({
    field: 'command',
    why,
    hint: 'Write what starts it into command, and what makes it, if anything does, into build.',
    examples: (hasFile(tree, 'artisan') ? LARAVEL : EXAMPLES[runtime]) ?? { command: './run.sh' },
  });
}
