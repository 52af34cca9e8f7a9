/** Jinja2's language as Ansible uses it. */
export { Templar } from './templar.ts';
export { isTemplate } from './lazy.ts';
export { freeVariables, freeVariablesOfExpression } from './free-variables.ts';
export { indirection, isOpenLookup, VariableUses } from './variable-uses.ts';
export type { VariableUse } from './variable-uses.ts';
export { nodeLookups } from './lookups/controller.ts';
export type { ControllerOptions } from './lookups/controller.ts';
export { templateReference } from './reference.ts';
export type { TemplateReference } from './reference.ts';
export { float } from './python/values.ts';
export { omit } from './types.ts';
export type { LazyMapping, LookupContext, RenderOptions, Scope, SearchKind, Syntax, Variable } from './types.ts';
