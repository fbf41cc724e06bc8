import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import type { Logger } from '#libs/telemetry';
import { ApiError } from './api-error.js';

/** Injection token of the filter's Logger. */
export const API_LOGGER = Symbol('ApiLogger');

interface Reply {
  status(code: number): { send(body: unknown): unknown };
}

/** Every error as `{code, message, hint}`. What was not foreseen is logged whole, and answered without its insides. */
@Catch()
export class ApiErrorFilter implements ExceptionFilter {
  constructor(@Inject(API_LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const { status, code, message, hint } = this.toApiError(error);
    host.switchToHttp().getResponse<Reply>().status(status).send({ code, message, hint });
  }

  private toApiError(error: unknown): ApiError {
    if (error instanceof ApiError) return error;
    if (error instanceof HttpException) return fromNest(error);
    if (isBadRequest(error)) {
      const hint = 'Send JSON with content-type: application/json.';
      return new ApiError({
        status: error.statusCode,
        code: 'REQUEST_INVALID',
        message: error.message,
        hint,
      });
    }
    this.logger.error({ err: error }, 'a call failed');
    return new ApiError({
      status: 500,
      code: 'INTERNAL',
      message: 'The call failed for a reason that is not the caller.',
      hint: 'The log of this app says more.',
    });
  }
}

function fromNest(error: HttpException): ApiError {
  const status = error.getStatus();
  const code = status === 404 ? 'ROUTE_UNKNOWN' : `HTTP_${status}`;
  return new ApiError({
    status,
    code,
    message: error.message,
    hint: 'See the README for the routes there are.',
  });
}

/** What fastify throws for a body that is no JSON, too large, or of another type. */
function isBadRequest(error: unknown): error is Error & { readonly statusCode: number } {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return error instanceof Error && typeof status === 'number' && status >= 400 && status < 500;
}
