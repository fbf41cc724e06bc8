import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { type InputProblem, inputProblems, problemText } from '#libs/contracts';
import type { Observable } from 'rxjs';
import { z } from 'zod';
import { ApiError } from './api-error.js';
import { routeOf } from './serves.js';

/**
 * For all routes of an app, also those without a schema: a query parameter that the route does not declare is refused.
 * Whoever mistypes a filter would get everything. Throws ApiError INPUT_INVALID (400). It comes after the guards.
 */
export class DeclaredQuery implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const declared = routeOf(context)?.query ?? NONE;
    const { query = {} } = context.switchToHttp().getRequest<{ readonly query?: object }>();
    const names = Object.keys(declared.shape);
    const unknown = Object.keys(query).filter((name) => !names.includes(name));
    if (unknown.length === 0) return next.handle();
    const known = Object.fromEntries(Object.entries(query).filter(([name]) => names.includes(name)));
    const wrong = inputProblems(declared.safeParse(known).error?.issues ?? []);
    throw refusal([...wrong, ...unknownProblems(unknown, names)]);
  }
}

const NONE = z.strictObject({});

function unknownProblems(unknown: string[], names: readonly string[]): readonly InputProblem[] {
  const has = names.length === 0 ? 'this route has none' : `this route has ${names.join(', ')}`;
  const problems = inputProblems([{ code: 'unrecognized_keys', keys: unknown, path: [], message: '' }]);
  return problems.map(({ field }) => ({ field, expected: `unknown query parameter; ${has}` }));
}

const refusal = (problems: readonly InputProblem[]): ApiError =>
  new ApiError({
    status: 400,
    code: 'INPUT_INVALID',
    message: problemText(problems, 'query'),
    hint: 'Correct the named parameters, or leave them out.',
  });
