/** {% for %}. */
import { located } from './compile-expression.ts';
import { assign } from './assign.ts';
import { Loop } from './loop.ts';
import { iterate } from './python/iterate.ts';
import { truthy } from './python/compare.ts';
import { Undefined } from './python/values.ts';
import type { Expression, Statement } from './ast.ts';
import type { CompiledTemplate, Evaluate, Execute } from './compiled.ts';
import type { Frame } from './frame.ts';

type For = Extract<Statement, { kind: 'for' }>;

export function compileFor(
  statement: For,
  template: CompiledTemplate,
  expression: (node: Expression) => Evaluate,
  compileBody: (statements: readonly Statement[]) => Execute,
): Execute {
  const source = expression(statement.items);
  const items = located(template, statement.items.at, (frame) => iterate(source(frame)));
  const filter = statement.filter && expression(statement.filter);
  const body = compileBody(statement.body);
  const otherwise = compileBody(statement.otherwise);
  const { target, recursive } = statement;

  const bind = located(template, statement.at, (scope) => assign(target, scope.local('\0item'), scope));
  const turn = (frame: Frame, item: unknown): Frame => {
    const scope = frame.child();
    if (target.kind === 'name') scope.set(target.name, item);
    else {
      scope.set('\0item', item);
      bind(scope);
    }
    return scope;
  };

  const select = (frame: Frame, all: readonly unknown[]): readonly unknown[] => {
    if (filter === undefined) return all;
    return all.filter((item) => {
      const scope = turn(frame, item);
      scope.set('loop', new Undefined("'loop' can't be used in the condition of a for"));
      return truthy(filter(scope));
    });
  };

  const run = (frame: Frame, all: readonly unknown[], depth: number, output: unknown[]): void => {
    const chosen = select(frame, all);
    if (chosen.length === 0) return otherwise(frame.child(), output);
    const recurse = (args: readonly unknown[]): unknown => {
      const captured: unknown[] = [];
      run(frame, iterate(args[0]), depth + 1, captured);
      return frame.rendering.join(captured);
    };
    const loop = new Loop(chosen, depth, recursive ? recurse : undefined);
    for (let index = 0; index < chosen.length; index++) {
      const scope = turn(frame, chosen[index]);
      loop.index = index;
      scope.set('loop', loop);
      body(scope, output);
    }
  };

  return (frame, output) => run(frame, items(frame) as readonly unknown[], 0, output);
}
