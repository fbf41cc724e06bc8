import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Logger } from '#libs/telemetry';
import { ApiError } from './api-error.js';

interface Reply {
  status(code: number): { send(body: unknown): unknown };
}

/** Every error as `{code, message, hint}`. What was not foreseen is logged whole, and answered without its insides. */
@Catch()
export class ApiErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Pick<Logger, 'error'>) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const { status, code, message, hint, problems } = this.toApiError(error);
    host.switchToHttp().getResponse<Reply>().status(status).send({ code, message, hint, problems });
  }

  private toApiError(error: unknown): ApiError {
    if (error instanceof ApiError) return error;
    if (error instanceof HttpException) return errorOf(error.getStatus(), error.message);
    if (isBadRequest(error)) return errorOf(error.statusCode, error.message);
    this.logger.error({ err: error }, 'a call failed');
    return internalError();
  }
}

export const internalError = (): ApiError =>
  new ApiError({
    status: 500,
    code: 'INTERNAL',
    message: 'Internal error.',
    hint: 'See the log of this app.',
  });

/** What Nest and fastify say: a route that there is not, a body that is too large, or of another type. */
export function errorOf(status: number, message: string): ApiError {
  if (status === 404)
    return new ApiError({
      status,
      code: 'ROUTE_UNKNOWN',
      message,
      hint: 'docs/reference/http-api.md lists the routes.',
    });
  if (status >= 500) return new ApiError({ status, code: 'UNAVAILABLE', message, hint: 'Try again later.' });
  return new ApiError({ status, code: 'REQUEST_INVALID', message, hint: hints[status] ?? ANY_HINT });
}

const ANY_HINT = 'Correct the request as the message says, and send it again.';
const hints: Readonly<Record<number, string>> = {
  408: 'Send the request faster, all of it at once.',
  413: 'Send less: 1 MiB is the most.',
  415: 'Send JSON with content-type: application/json, and without a content-encoding.',
  431: 'Shorten the address and the headers: 16 KiB is the most of all together.',
};

/** Of fastify, where Nest does not make it its own. */
function isBadRequest(error: unknown): error is Error & { readonly statusCode: number } {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return error instanceof Error && typeof status === 'number' && status >= 400 && status < 500;
}
