import {
  applyDecorators,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  UseFilters,
} from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { MessageData, MessageDefinition } from '#libs/contracts';
import type { Tombstone } from './cloud-event.js';
import { KeepErrorFilter } from './keep-error.filter.js';
import type { MessageContext } from './message-context.js';

/** A class whose methods handle messages, each by `@Handles`. Their errors reach the strategy as they were thrown. */
export const Consumer = (): ClassDecorator => applyDecorators(Controller(), UseFilters(KeepErrorFilter));

const Sender = createParamDecorator(
  (_, context: ExecutionContext): unknown => context.switchToRpc().getContext<MessageContext>().principal,
);

const HandlingTransaction = createParamDecorator(
  (_, context: ExecutionContext): unknown => context.switchToRpc().getContext<MessageContext>().tx,
);

type Handler<D extends MessageDefinition, Tx> = (
  data: MessageData<D>,
  tx: Tx,
  principal?: string,
) => Promise<void>;
type MethodDecoratorOf<H> = <M extends H>(
  target: object,
  name: string,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

/** What a handler of tombstones is found by. */
export const tombstonePattern = (type: string): string => `${type}#tombstone`;

/**
 * Makes `@Handles(<message>)` for the transactions of an inbox, which this lib does not know. The method gets the
 * message's data, the transaction that records it as handled, and who proves to have sent it. A method that takes
 * anything else does not compile.
 */
export const handlesWithin =
  <Tx>() =>
  <const D extends MessageDefinition>(definition: D): MethodDecoratorOf<Handler<D, Tx>> =>
  (target, name, descriptor) => {
    Payload()(target, name, 0);
    HandlingTransaction()(target, name, 1);
    Sender()(target, name, 2);
    EventPattern<string>(definition.type)(target, name, descriptor);
  };

/**
 * Makes `@HandlesTombstone(<message>)`, as `handlesWithin` does. A consumer that has it gets the messages of its topic
 * without a body: the method is given what the key names, which was removed. Without it they go to the dead letters.
 */
export const tombstonesWithin =
  <Tx>() =>
  ({
    type,
  }: MessageDefinition): MethodDecoratorOf<
    (tombstone: Tombstone, tx: Tx, principal?: string) => Promise<void>
  > =>
  (target, name, descriptor) => {
    Payload()(target, name, 0);
    HandlingTransaction()(target, name, 1);
    Sender()(target, name, 2);
    EventPattern<string>(tombstonePattern(type))(target, name, descriptor);
  };
