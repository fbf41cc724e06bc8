import type { z } from 'zod';

/** What a caller needs to be allowed: admin may do all that read may. */
export const roles = ['read', 'admin'] as const;
export type Role = (typeof roles)[number];

export interface RouteAnswer {
  readonly description: string;
  /** The JSON body; plain text when left out. */
  readonly schema?: z.ZodType;
  /** There is no body. */
  readonly empty?: true;
  /** Written by the controller itself, as long as it likes: it has no ETag. */
  readonly streamed?: true;
  /** Of a stream of server-sent events: the data of each, by the name of the event. */
  readonly events?: Readonly<Record<string, z.ZodType>>;
  /** Headers of this answer, each with what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One HTTP route as data: the controller, its clients and the OpenAPI document are made of it. */
export interface Route {
  /** Unique in its app: `operationId` of the document. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/v1/things/{name}`; each name in braces is a member of `params`. */
  readonly path: string;
  readonly summary: string;
  readonly role: Role;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Headers that the route reads besides Authorization, each with what it does. */
  readonly headers?: Readonly<Record<string, string>>;
  /** By status. Whatever else is answered is an error: `{code, message, hint}`. */
  readonly answers: Readonly<Record<number, RouteAnswer>>;
}

export const defineRoute = <const R extends Route>(route: R): R => route;

type Parsed<R, Part extends string> = R extends { readonly [P in Part]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;

/** What the controller gets: parsed, with defaults. */
export interface InputOf<R extends Route> {
  readonly params: Parsed<R, 'params'>;
  readonly query: Parsed<R, 'query'>;
  readonly body: Parsed<R, 'body'>;
}

type Written<R, Part extends string> = R extends { readonly [P in Part]: infer S extends z.ZodType }
  ? { readonly [P in Part]: z.input<S> }
  : { readonly [P in Part]?: undefined };

/** What a client gives: before defaults. */
export type CallOf<R extends Route> = Written<R, 'params'> & Written<R, 'query'> & Written<R, 'body'>;

/** A text may also be streamed by the controller itself, which then gives nothing. */
type Body<A> = A extends { readonly schema: infer S extends z.ZodType } ? z.output<S> : string | void;

/** The body of a good answer. */
export type AnswerOf<R extends Route> = Body<R['answers'][keyof R['answers']]>;
