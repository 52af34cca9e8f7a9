/** What a user's own module imports from 'ctplay'. */
export { Type, type Static } from 'typebox';
export * from './module.ts';
export * from './shell.ts';
export { CtplayError, PreconditionError } from './errors.ts';
