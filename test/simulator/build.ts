import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { planBuild } from './dockerfile.js';
import { EngineAnswer } from './engine-error.js';
import type { Image, Images } from './images.js';
import { traceOf, type TraceStep } from './protobuf.js';

interface BuildOptions {
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly buildKit: boolean;
  /** Where it lies in the context. */
  readonly dockerfile: string;
}

interface Context {
  readonly dockerfile: string;
  readonly digest: string;
}

/** Builds nothing: reads the context, "runs" the Dockerfile's steps, and gives the image an id by all that went in. */
export async function* build(
  images: Images,
  request: IncomingMessage,
  options: BuildOptions,
): AsyncGenerator<object> {
  const context = await readContext(request, options.dockerfile);
  const plan = planBuild(context.dockerfile, options.buildArgs);
  for (const base of plan.from)
    if (base !== 'scratch' && images.find(base) === undefined) return yield failed(`${base}: no such host`);
  for (const [index, step] of plan.steps.entries()) {
    yield* options.buildKit ? buildKitMessages(step) : classicMessages(step, index + 1, plan.steps.length);
    if (step.error !== undefined) return yield failed(step.error);
  }
  const labels = { ...plan.labels, ...options.labels };
  const content = JSON.stringify([context.digest, options.buildArgs, labels]);
  const image: Image = { id: `sha256:${createHash('sha256').update(content).digest('hex')}`, labels };
  images.add(image, options.tag);
  yield { ...(options.buildKit && { id: 'moby.image.id' }), aux: { ID: image.id } };
  if (!options.buildKit) yield { stream: `Successfully tagged ${options.tag}\n` };
}

const failed = (message: string): object => ({ errorDetail: { message }, error: message });

function* buildKitMessages(step: TraceStep): Generator<object> {
  yield { id: 'moby.buildkit.trace', aux: traceOf(step) };
}

function* classicMessages({ name, output }: TraceStep, number: number, of: number): Generator<object> {
  yield { stream: `Step ${number}/${of} : ${name}` };
  yield { stream: '\n' };
  if (output !== '') yield { stream: output };
}

/** The Dockerfile of the tar that the request sends, gzipped or not. */
async function readContext(request: IncomingMessage, file: string): Promise<Context> {
  const hash = createHash('sha256');
  let dockerfile: string | undefined;
  const tar = extract();
  const reading = (async () => {
    for await (const entry of tar) {
      const chunks: Buffer[] = [];
      hash.update(`${entry.header.name}\0`);
      for await (const chunk of entry as AsyncIterable<Buffer>) {
        hash.update(chunk);
        if (entry.header.name === file) chunks.push(chunk);
      }
      if (entry.header.name === file) dockerfile = Buffer.concat(chunks).toString();
    }
  })();
  const zipped = request.headers['content-type'] === 'application/gzip';
  await Promise.all([zipped ? pipeline(request, createGunzip(), tar) : pipeline(request, tar), reading]);
  if (dockerfile === undefined) throw new EngineAnswer(500, `Cannot locate specified Dockerfile: ${file}`);
  return { dockerfile, digest: hash.digest('hex') };
}
