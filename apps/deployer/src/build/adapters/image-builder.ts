import { packDirectory, type PackOptions } from '#libs/archive';
import { EngineError } from '#libs/engine';
import { type ImageRegistry, loginFor, RegistryError, type RegistryLogins } from '#libs/registry';
import { type BuildPlan, detect, dockerIgnores, findingsText, runtimeOf } from '#libs/source-detect';
import type { BaseImages } from '../domain/base-image.js';
import { asWritten, writeDockerfile, type WrittenDockerfile } from '../domain/dockerfile.js';
import { BUILT_BY_LABEL } from '../domain/labels.js';
import { explainBase, whyNoImage } from '../domain/base-failure.js';
import { explainFailure } from '../domain/build-failure.js';
import { StepError } from '../../task/domain/task-error.js';
import {
  type BuildOrder,
  type BuiltTag,
  type ExplainedSource,
  type FetchedSource,
  IMAGE_LOST,
  type ImageBuilder,
  type PushedImage,
} from '../ports.js';
import { within } from '../../task/within.js';
import type { Builder } from './builder.js';

/** An engine that hangs must not keep what the others know. */
const ANSWER_MS = 10_000;

/** A replica that stood still, and has lost its lease, may push the image and remove it at the same time. */
const GONE: ReadonlySet<string> = new Set(['ENGINE_UNREACHABLE', 'ENGINE_FORBIDDEN', 'IMAGE_NOT_FOUND']);

const planOf = ({ tree, config }: FetchedSource): BuildPlan => detect(tree, config);

/** A Dockerfile of the source's own brings its own rules on what of the source it can see. */
function packingOf(
  plan: BuildPlan,
  written: WrittenDockerfile | undefined,
  { tree }: Pick<FetchedSource, 'tree'>,
): PackOptions {
  if (written !== undefined) return { extraFiles: { ...written.extraFiles, Dockerfile: written.dockerfile } };
  if (plan.kind !== 'dockerfile') return {};
  const rules = tree.text(`${plan.file}.dockerignore`) ?? tree.text('.dockerignore');
  return rules === undefined ? {} : { ignores: dockerIgnores(rules, plan.file) };
}

/** `registry:5000/team/app:1@sha256:...` in parts; a digest says more than a tag. */
function partsOf(image: string): { readonly name: string; readonly digest?: string } {
  const [tagged = '', digest] = image.split('@');
  const colon = tagged.lastIndexOf(':');
  return { name: colon > tagged.lastIndexOf('/') ? tagged.slice(0, colon) : tagged, digest };
}

/** Of one of our images. */
const repositoryIn = (registry: ImageRegistry, tag: string): string =>
  tag.slice(registry.host.length + 1, tag.lastIndexOf(':'));

const revealed = (secrets: BuildOrder['secrets']): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(secrets).map(([id, secret]) => [id, secret.reveal()]));

const ownDockerfile = (plan: BuildPlan, { tree }: Pick<FetchedSource, 'tree'>): string =>
  plan.kind === 'dockerfile' ? (tree.text(plan.file) ?? '') : '';

/** Of which image of others it is, where it is: the engine names the address that it asked. */
function whyNoBase(error: EngineError, dockerfile: string): StepError | undefined {
  const explained = explainBase(error.message, dockerfile);
  if (explained === undefined) return undefined;
  return new StepError({ code: error.code, ...explained }, { cause: error });
}

function whyNotPinned(error: unknown, image: string): unknown {
  if (!(error instanceof EngineError)) return error;
  const explained = whyNoImage(image, 'named by image of config.json', error.message);
  return explained === undefined
    ? error
    : new StepError({ code: error.code, ...explained }, { cause: error });
}

function whyNotBuilt(error: EngineError, { found }: BuildPlan, { labels }: BuildOrder): StepError {
  const explained = explainFailure({
    reason: asWritten(error.message),
    lines: error.logTail.map(asWritten),
    builtAs: findingsText(found),
    logs: `slipway logs ${labels['slipway.app']} ${labels['slipway.service']} --build`,
  });
  return new StepError({ code: error.code, ...explained }, { cause: error });
}

/** Builds on several engines and pushes to one registry. */
export class EngineImageBuilder implements ImageBuilder {
  readonly limits: ReadonlyMap<string, number>;

  constructor(
    private readonly parts: {
      readonly builders: readonly Builder[];
      readonly registry: ImageRegistry;
      /** Of our registry, and of those that bases and images by name lie in. */
      readonly logins: RegistryLogins;
      readonly baseImages: BaseImages;
      readonly cacheMounts: boolean;
      /** Which Slipway this is. */
      readonly installation: string;
    },
  ) {
    this.limits = new Map(parts.builders.map(({ name, limit }) => [name, limit]));
  }

  /** Tagged by source digest, so that the same source is the same image, whoever builds it. */
  tagOf(appId: string, service: string, sourceDigest: string): string {
    const { registry } = this.parts;
    return `${registry.host}/${registry.repository(appId, service)}:${sourceDigest.slice(0, 32)}`;
  }

  explain(source: FetchedSource): ExplainedSource {
    const plan = planOf(source);
    this.dockerfileOf(plan, source);
    return { runtime: runtimeOf(source.tree, source.config).what, detected: findingsText(plan.found) };
  }

  async pin(image: string): Promise<string> {
    const { name, digest: given } = partsOf(image);
    if (given !== undefined) return `${name}@${given}`;
    const [builder] = this.parts.builders;
    if (builder === undefined) throw new Error('there is no builder');
    const login = await loginFor(this.parts.logins, image);
    const digest = builder.engine.digestInRegistry(image, login);
    return `${name}@${await digest.catch((error: unknown) => Promise.reject(whyNotPinned(error, image) as Error))}`;
  }

  async holderOf(tag: string): Promise<string | undefined> {
    return (await this.findHolder(tag))?.name;
  }

  async build(name: string, order: BuildOrder, signal: AbortSignal): Promise<void> {
    const builder = this.byName(name);
    if (builder === undefined) throw new Error(`there is no builder ${name}`);
    const { source, tag, labels, secrets, onOutput } = order;
    const plan = planOf(source);
    const written = this.dockerfileOf(plan, source);
    await builder.ensureRoom();
    const context = packDirectory(source.directory, packingOf(plan, written, source));
    const own = { ...labels, [BUILT_BY_LABEL]: this.parts.installation };
    const wish =
      plan.kind === 'dockerfile' ? { dockerfile: plan.file, target: plan.target, buildArgs: plan.args } : {};
    try {
      const told = (line: string): void => onOutput(asWritten(line));
      const request = { context, tag, labels: own, onOutput: told, signal, ...wish };
      await builder.engine.build({ ...request, secrets: revealed(secrets), logins: this.parts.logins });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const base = whyNoBase(error, ownDockerfile(plan, source));
      throw base ?? (error.code === 'BUILD_FAILED' ? whyNotBuilt(error, plan, order) : error);
    }
  }

  private dockerfileOf(
    plan: BuildPlan,
    { config }: Pick<FetchedSource, 'config'>,
  ): WrittenDockerfile | undefined {
    const { baseImages: images, cacheMounts } = this.parts;
    return writeDockerfile(plan, { config, images, cacheMounts });
  }

  /** What cannot be removed now is found by its labels when its builder answers. */
  async discard({ tag, builder }: BuiltTag): Promise<void> {
    const recorded = this.byName(builder);
    const builders = recorded === undefined ? this.parts.builders : [recorded];
    await Promise.allSettled(builders.map(({ engine }) => within(ANSWER_MS, engine.removeImage(tag))));
  }

  /** Whoever was here before may have pushed and removed it, and died before that was stored: then it is there. */
  async push(
    { tag, builder: name }: BuiltTag,
    signal: AbortSignal,
    onProgress: () => void,
  ): Promise<PushedImage> {
    const builder = this.byName(name) ?? (await this.findHolder(tag));
    const repository = tag.slice(0, tag.lastIndexOf(':'));
    const pushed = await this.pushFrom(builder, tag, { signal, onProgress });
    if (pushed === undefined)
      return { image: `${repository}@${await this.digestInRegistry(repository, tag)}` };
    return { image: `${repository}@${pushed.digest}`, architecture: pushed.architecture };
  }

  /** Undefined where the image is not there any more, or goes meanwhile, or the builder is not there. */
  private async pushFrom(
    builder: Builder | undefined,
    tag: string,
    options: { readonly signal: AbortSignal; readonly onProgress: () => void },
  ): Promise<{ readonly digest: string; readonly architecture: string } | undefined> {
    if (builder === undefined) return undefined;
    const { engine } = builder;
    try {
      const architecture = await engine.imageArchitecture(tag);
      const { registry } = this.parts;
      await registry.ensureRepository(repositoryIn(registry, tag));
      const { digest } = await engine.push(tag, await registry.login(), options);
      await this.discard({ tag, builder: builder.name });
      builder.trimSoon();
      return { digest, architecture };
    } catch (error) {
      if (error instanceof EngineError && GONE.has(error.code)) return undefined;
      throw error;
    }
  }

  private byName(wanted: string | undefined): Builder | undefined {
    return this.parts.builders.find(({ name }) => name === wanted);
  }

  private async findHolder(tag: string): Promise<Builder | undefined> {
    const { builders } = this.parts;
    const holds = await Promise.all(
      builders.map(({ engine }) => within(ANSWER_MS, engine.hasImage(tag)).catch(() => false)),
    );
    return builders.find((_, index) => holds[index]);
  }

  private async digestInRegistry(name: string, tag: string): Promise<string> {
    const { registry } = this.parts;
    try {
      return await registry.digestOf(repositoryIn(registry, tag), tag.slice(name.length + 1));
    } catch (cause) {
      if (!(cause instanceof RegistryError) || cause.code !== 'IMAGE_NOT_FOUND') throw cause;
      const error = {
        code: IMAGE_LOST,
        message: `The image ${tag} is neither on its builder nor in the registry.`,
        hint: 'It was removed, or its builder was lost. Send the request again with a new token to build it again.',
      };
      throw new StepError(error, { cause });
    }
  }
}
