/** Turns statements into closures that write to an output. */
import { CtplayError } from '../errors.ts';
import { compileExpression, located } from './compile-expression.ts';
import { finalize } from './concat.ts';
import type { Frame } from './frame.ts';
import { compileFor } from './compile-for.ts';
import { compileExtends, compileFrom, compileImport, compileInclude } from './compile-files.ts';
import { assign } from './assign.ts';
import { Macro } from './macro.ts';
import { namesIn } from './free-variables.ts';
import { truthy } from './python/compare.ts';
import { valueError } from './python/values.ts';
import type { Expression, Statement } from './ast.ts';
import type { CompiledTemplate, Evaluate, Execute } from './compiled.ts';
import type { MacroDefinition } from './macro.ts';

type Node<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

export function compileStatements(statements: readonly Statement[], template: CompiledTemplate): Execute {
  const steps = statements.map((statement) => compileStatement(statement, template));
  if (steps.length === 1) return steps[0]!;
  return (frame, output) => {
    for (const step of steps) step(frame, output);
  };
}

function compileStatement(statement: Statement, template: CompiledTemplate): Execute {
  const expression = (node: Expression) => compileExpression(node, template);
  const body = (statements: readonly Statement[]) => compileStatements(statements, template);
  switch (statement.kind) {
    case 'text': {
      const text = statement.text.replace(/\r\n|\r|\n/g, template.syntax.newline);
      return (_, output) => void output.push(text);
    }
    case 'print': {
      const value = located(template, statement.expression.at, compilePrint(expression(statement.expression)));
      return (frame, output) => void output.push(value(frame));
    }
    case 'if':
      return compileIf(statement, template);
    case 'for':
      return compileFor(statement, template, expression, body);
    case 'set': {
      const value = expression(statement.value);
      return locatedStep(template, statement, (frame) => assign(statement.target, value(frame), frame));
    }
    case 'set block':
      return compileSetBlock(statement, template);
    case 'with': {
      const assignments = statement.assignments.map(([target, value]) => [target, expression(value)] as const);
      const inner = body(statement.body);
      return (frame, output) => {
        const scope = frame.child();
        // Values see the names around the block, not each other.
        for (const [target, value] of assignments) assign(target, value(frame), scope);
        inner(scope, output);
      };
    }
    case 'macro': {
      const definition = compileMacro(statement.name, statement, template);
      return (frame) => frame.set(statement.name, new Macro(definition, frame));
    }
    case 'call':
      return compileCall(statement, template);
    case 'filter': {
      const inner = body(statement.body);
      const filtered = compileFiltered(statement.filter, template);
      return (frame, output) => {
        const captured: unknown[] = [];
        inner(frame.child(), captured);
        output.push(finalize(filtered(frame, frame.rendering.join(captured))));
      };
    }
    case 'block':
      return compileBlockCall(statement);
    case 'scope': {
      const inner = body(statement.body);
      return (frame, output) => inner(frame.child(), output);
    }
    case 'extends':
      return compileExtends(statement, template);
    case 'include':
      return compileInclude(statement, template);
    case 'import':
      return compileImport(statement, template);
    case 'from':
      return compileFrom(statement, template);
  }
}

const compilePrint = (value: Evaluate): Evaluate => (frame) => finalize(value(frame));

function locatedStep(template: CompiledTemplate, statement: Statement, step: (frame: Frame) => void): Execute {
  const evaluate = located(template, statement.at, step);
  return (frame) => void evaluate(frame);
}

function compileIf(statement: Node<'if'>, template: CompiledTemplate): Execute {
  const branches = statement.branches.map(([test, body]) => {
    const condition = compileExpression(test, template);
    const holds = located(template, test.at, (frame) => truthy(condition(frame)));
    return [holds, compileStatements(body, template)] as const;
  });
  const otherwise = compileStatements(statement.otherwise, template);
  return (frame, output) => {
    for (const [holds, body] of branches) if (holds(frame) === true) return body(frame, output);
    otherwise(frame, output);
  };
}

/** Filters whose input is text that a block made. */
function compileFiltered(filter: Expression, template: CompiledTemplate): (frame: Frame, text: unknown) => unknown {
  // The innermost filter of the chain has no target; it reads the captured text from a name no template can write.
  const patched = withTarget(filter, { kind: 'name', name: '\0captured', at: filter.at });
  const evaluate = compileExpression(patched, template);
  return (frame, text) => {
    const scope = frame.child();
    scope.set('\0captured', text);
    return evaluate(scope);
  };
}

function withTarget(node: Expression, target: Expression): Expression {
  if (node.kind !== 'filter') return node;
  return { ...node, target: node.target === undefined ? target : withTarget(node.target, target) };
}

function compileSetBlock(statement: Node<'set block'>, template: CompiledTemplate): Execute {
  const inner = compileStatements(statement.body, template);
  const filtered = statement.filter && compileFiltered(statement.filter, template);
  return locatedStep(template, statement, (frame) => {
    const captured: unknown[] = [];
    inner(frame.child(), captured);
    const value = frame.rendering.join(captured);
    assign(statement.target, filtered === undefined ? value : filtered(frame, value), frame);
  });
}

function compileMacro(name: string, statement: Node<'macro'> | Node<'call'>, template: CompiledTemplate): MacroDefinition {
  return {
    name,
    parameters: statement.parameters,
    defaults: statement.defaults.map((value) => compileExpression(value, template)),
    body: compileStatements(statement.body, template),
    uses: namesIn(statement.body),
  };
}

function compileCall(statement: Node<'call'>, template: CompiledTemplate): Execute {
  const { call } = statement;
  if (call.kind !== 'call') throw new CtplayError('internal', 'a call block without a call');
  const definition = compileMacro('caller', statement, template);
  const withCaller: Expression = {
    ...call,
    args: { ...call.args, keywords: [...call.args.keywords, ['caller', { kind: 'name', name: '\0caller', at: call.at }]] },
  };
  const value = located(template, call.at, compilePrint(compileExpression(withCaller, template)));
  return (frame, output) => {
    const scope = frame.child();
    scope.set('\0caller', new Macro(definition, frame));
    output.push(value(scope));
  };
}

/** A block runs the most derived body of its name. */
function compileBlockCall(statement: Node<'block'>): Execute {
  const { name, scoped } = statement;
  return (frame, output) => {
    // A file that extends another only defines blocks; the parent says where they go.
    if (frame.execution.parent !== undefined) return;
    const bodies = frame.execution.blocks.get(name) ?? [];
    runBlock(bodies, 0, scoped ? frame : frame.top(), output);
  };
}

function runBlock(bodies: readonly Execute[], level: number, around: Frame, output: unknown[]): void {
  const scope = around.child();
  scope.set('super', () => {
    if (level + 1 >= bodies.length) throw valueError('there is no parent block for super()');
    const captured: unknown[] = [];
    runBlock(bodies, level + 1, around, captured);
    return around.rendering.join(captured);
  });
  bodies[level]?.(scope, output);
}

/** All blocks of a template, nested ones too. */
export function collectBlocks(statements: readonly Statement[], template: CompiledTemplate): [string, Execute][] {
  return statements.flatMap((statement): [string, Execute][] => {
    const inner = childBodies(statement).flatMap((body) => collectBlocks(body, template));
    return statement.kind === 'block' ? [[statement.name, compileStatements(statement.body, template)], ...inner] : inner;
  });
}

function childBodies(statement: Statement): (readonly Statement[])[] {
  if (statement.kind === 'if') return [...statement.branches.map(([, body]) => body), statement.otherwise];
  if (statement.kind === 'for') return [statement.body, statement.otherwise];
  return 'body' in statement ? [statement.body] : [];
}

