import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { AnswerOf, InputOf, Route } from '#libs/contracts';
import { parseInput } from './parse-input.js';
import { NeedsRole, TokenGuard } from './token.guard.js';

const ROUTE = Symbol('route');
const reflector = new Reflector();

type Handler<R extends Route> = (input: InputOf<R>, ...rest: never[]) => Promise<AnswerOf<R>>;

/**
 * Serves a route of the contracts: its method, path and role, behind the guard. The first parameter of the method is
 * its `@Input()`; a method that takes or answers anything else does not compile.
 */
export function Serves<const R extends Route>(
  route: R,
): <M extends Handler<R>>(target: object, name: string, descriptor: TypedPropertyDescriptor<M>) => void {
  const path = route.path.replace(/\{(\w+)\}/g, ':$1');
  const [status = 200] = Object.keys(route.answers).map(Number);
  return applyDecorators(
    RequestMapping({ path, method: RequestMethod[route.method] }),
    ...[HttpCode(status), SetMetadata(ROUTE, route), NeedsRole(route.role), UseGuards(TokenGuard)],
  );
}

interface Called {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** The route that a method serves; undefined for one that is not of the contracts. */
export const routeOf = (context: ExecutionContext): Route | undefined =>
  reflector.get<Route | undefined>(ROUTE, context.getHandler());

/** Parameters, query and body by the route's schemas. Throws ApiError INPUT_INVALID (400). */
export const Input = createParamDecorator((_, context: ExecutionContext): InputOf<Route> => {
  const { params, query, body } = routeOf(context) as Route;
  const called = context.switchToHttp().getRequest<Called>();
  return {
    params: params && parseInput(params, called.params),
    query: query && parseInput(query, called.query),
    body: body && parseInput(body, called.body),
  } as InputOf<Route>;
});
