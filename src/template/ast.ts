/** The syntax tree of templates. Every node knows the offset in the text at which it starts. */
import type { BinaryOperator } from './python/operators.ts';

export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

export interface Arguments {
  readonly positional: readonly Expression[];
  readonly keywords: readonly (readonly [string, Expression])[];
  /** `*list` and `**dict`. */
  readonly rest?: Expression;
  readonly keywordRest?: Expression;
}

export type Expression = { readonly at: number } & (
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Expression[] }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: 'attribute'; readonly target: Expression; readonly name: string }
  | { readonly kind: 'item'; readonly target: Expression; readonly key: Expression }
  | { readonly kind: 'slice'; readonly target: Expression; readonly start: Expression | undefined; readonly stop: Expression | undefined; readonly step: Expression | undefined }
  | { readonly kind: 'call'; readonly callee: Expression; readonly args: Arguments }
  | { readonly kind: 'filter'; readonly name: string; readonly target: Expression | undefined; readonly args: Arguments }
  | { readonly kind: 'test'; readonly name: string; readonly target: Expression; readonly args: Arguments }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'unary'; readonly operator: '-' | '+'; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'concat'; readonly parts: readonly Expression[] }
  | { readonly kind: 'compare'; readonly first: Expression; readonly rest: readonly (readonly [CompareOperator, Expression])[] }
  | { readonly kind: 'conditional'; readonly test: Expression; readonly then: Expression; readonly otherwise: Expression | undefined }
);

/** What can be assigned to: a name, `a, b`, or an attribute of a namespace. */
export type Target =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'names'; readonly items: readonly Target[] }
  | { readonly kind: 'namespace'; readonly name: string; readonly attribute: string };

export interface MacroSignature {
  readonly parameters: readonly string[];
  /** The defaults of the last parameters. */
  readonly defaults: readonly Expression[];
}

export type Statement = { readonly at: number } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly expression: Expression }
  | { readonly kind: 'if'; readonly branches: readonly (readonly [Expression, readonly Statement[]])[]; readonly otherwise: readonly Statement[] }
  | {
      readonly kind: 'for';
      readonly target: Target;
      readonly items: Expression;
      readonly filter: Expression | undefined;
      readonly recursive: boolean;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | { readonly kind: 'set'; readonly target: Target; readonly value: Expression }
  | { readonly kind: 'set block'; readonly target: Target; readonly filter: Expression | undefined; readonly body: readonly Statement[] }
  | { readonly kind: 'with'; readonly assignments: readonly (readonly [Target, Expression])[]; readonly body: readonly Statement[] }
  | ({ readonly kind: 'macro'; readonly name: string; readonly body: readonly Statement[] } & MacroSignature)
  | ({ readonly kind: 'call'; readonly call: Expression; readonly body: readonly Statement[] } & MacroSignature)
  | { readonly kind: 'filter'; readonly filter: Expression; readonly body: readonly Statement[] }
  | { readonly kind: 'block'; readonly name: string; readonly scoped: boolean; readonly body: readonly Statement[] }
  | { readonly kind: 'extends'; readonly parent: Expression }
  | { readonly kind: 'include'; readonly template: Expression; readonly ignoreMissing: boolean; readonly withContext: boolean }
  | { readonly kind: 'import'; readonly template: Expression; readonly alias: string; readonly withContext: boolean }
  | { readonly kind: 'from'; readonly template: Expression; readonly names: readonly (readonly [string, string])[]; readonly withContext: boolean }
  | { readonly kind: 'scope'; readonly body: readonly Statement[] }
);
