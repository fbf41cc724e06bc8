import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { inputProblems, problemText } from '#libs/contracts';
import type { Observable } from 'rxjs';
import { ApiError } from './api-error.js';
import { routeOf } from './serves.js';

/**
 * For all routes of an app, also those without a schema: a query parameter that the route does not declare is refused.
 * Whoever mistypes a filter would get everything. Throws ApiError INPUT_INVALID (400). It comes after the guards.
 */
export class DeclaredQuery implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const declared = Object.keys(routeOf(context)?.query?.shape ?? {});
    const { query = {} } = context.switchToHttp().getRequest<{ readonly query?: object }>();
    const unknown = Object.keys(query).filter((name) => !declared.includes(name));
    if (unknown.length > 0) throw refusal(unknown, declared);
    return next.handle();
  }
}

function refusal(unknown: string[], declared: readonly string[]): ApiError {
  const known = declared.length === 0 ? 'this route has none' : `this route has ${declared.join(', ')}`;
  const problems = inputProblems([{ code: 'unrecognized_keys', keys: unknown, path: [], message: '' }]);
  const named = problems.map(({ field }) => ({ field, expected: `unknown query parameter; ${known}` }));
  return new ApiError({
    status: 400,
    code: 'INPUT_INVALID',
    message: problemText(named, 'query'),
    hint: 'Correct the named parameters, or leave them out.',
  });
}
