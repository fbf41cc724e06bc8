import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { JsonError, parseJson } from '#libs/contracts';
import { ApiError } from './api-error.js';
import { errorOf } from './api-error.filter.js';

const PLAIN = 'identity';

/**
 * Takes bodies of `application/json`, and no others: a form would pass for JSON whose values are all text. Nest is to be
 * made with `bodyParser: false`. Throws ApiError JSON_INVALID (400) that says where, and never what stands there; a compressed body is
 * REQUEST_INVALID (415).
 */
export function readJsonBodies(nest: NestFastifyApplication): void {
  const server = nest.getHttpAdapter().getInstance();
  server.addHook('preParsing', ({ headers }, reply, payload, done) => {
    const { 'content-encoding': encoding = PLAIN } = headers;
    if (encoding.toLowerCase() === PLAIN) return done(null, payload);
    reply.header('accept-encoding', PLAIN);
    done(errorOf(415, 'The body has a content-encoding, and no route takes one.'));
  });
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = String(body);
    const end: typeof done = (error, value) => (error === null ? done(null, value) : done(refusal(text)));
    void parse(request, text, end);
  });
}

function refusal(body: string): ApiError {
  if (body.trim() === '')
    return invalid('JSON_INVALID', 'The body is empty.', 'Send the JSON that the route takes.');
  const fault = faultOf(body);
  return fault === undefined
    ? invalid(
        'REQUEST_INVALID',
        'The body has a field of a forbidden name.',
        'Leave out __proto__ and constructor.',
      )
    : invalid('JSON_INVALID', `The body is ${fault.message}.`, 'Correct it there and send it again.');
}

const invalid = (code: string, message: string, hint: string): ApiError =>
  new ApiError({ status: 400, code, message, hint });

function faultOf(body: string): JsonError | undefined {
  try {
    parseJson(body);
    return undefined;
  } catch (error) {
    if (error instanceof JsonError) return error;
    throw error;
  }
}
