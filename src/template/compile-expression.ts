/** Turns expressions into closures. */
import { didYouMean } from '../errors.ts';
import { TemplateSyntaxError } from './syntax-error.ts';
import { findFilter, filterNames } from './filters/index.ts';
import { findTest, testNames } from './tests/index.ts';
import { compare, contains, equals, truthy } from './python/compare.ts';
import { getAttribute, getItem, method, slice } from './python/attributes.ts';
import { binary, concatenate, unary } from './python/operators.ts';
import { dictEntries, newDict } from './python/dict.ts';
import { iterate } from './python/iterate.ts';
import { text } from './python/text.ts';
import { SilentUndefined, Tuple, Undefined, defined, isDict, noKwargs, valueError } from './python/values.ts';
import type { Arguments, CompareOperator, Expression } from './ast.ts';
import type { CompiledTemplate, Evaluate } from './compiled.ts';
import type { CtplayError } from '../errors.ts';
import type { Definition } from './define.ts';
import type { Frame } from './frame.ts';
import type { Kwargs } from './python/values.ts';

type Node<K extends Expression['kind']> = Extract<Expression, { kind: K }>;

/** Methods that change a list or dict in place. */
const mutators = new Set(['append', 'extend', 'insert', 'update', 'pop', 'popitem', 'remove', 'sort', 'reverse', 'clear', 'setdefault']);

/** Adds the place of a node to errors that come out of it. */
export function located(template: CompiledTemplate, at: number, evaluate: Evaluate): Evaluate {
  return (frame) => {
    try {
      return evaluate(frame);
    } catch (error) {
      throw frame.rendering.locate(error, template, at);
    }
  };
}

export function compileExpression(node: Expression, template: CompiledTemplate): Evaluate {
  const compiler = new ExpressionCompiler(template);
  return compiler.compile(node);
}

class ExpressionCompiler {
  readonly #template: CompiledTemplate;
  constructor(template: CompiledTemplate) {
    this.#template = template;
  }

  compile(node: Expression): Evaluate {
    switch (node.kind) {
      case 'literal': {
        const { value } = node;
        return () => value;
      }
      case 'name': {
        const { name } = node;
        return this.#named(node, (frame) => frame.resolve(name));
      }
      case 'list':
      case 'tuple':
        return this.#sequence(node);
      case 'dict':
        return this.#dict(node);
      case 'attribute':
        return this.#attribute(node);
      case 'item': {
        const [target, key] = [this.compile(node.target), this.compile(node.key)];
        return this.#named(node, (frame) => getItem(frame.rendering, target(frame), key(frame)));
      }
      case 'slice':
        return this.#slice(node);
      case 'call':
        return this.#call(node);
      case 'filter':
        return this.#filter(node);
      case 'test':
        return this.#test(node);
      case 'not': {
        const operand = this.compile(node.operand);
        return this.#located(node, (frame) => !truthy(operand(frame)));
      }
      case 'unary': {
        const operand = this.compile(node.operand);
        return this.#located(node, (frame) => unary(node.operator, operand(frame)));
      }
      case 'binary': {
        const [left, right] = [this.compile(node.left), this.compile(node.right)];
        return this.#located(node, (frame) => binary(node.operator, left(frame), right(frame)));
      }
      case 'and': {
        const [left, right] = [this.compile(node.left), this.compile(node.right)];
        return this.#located(node, (frame) => {
          const value = left(frame);
          return truthy(value) ? right(frame) : value;
        });
      }
      case 'or': {
        const [left, right] = [this.compile(node.left), this.compile(node.right)];
        return this.#located(node, (frame) => {
          const value = left(frame);
          return truthy(value) ? value : right(frame);
        });
      }
      case 'concat': {
        const parts = node.parts.map((part) => this.compile(part));
        return this.#located(node, (frame) => concatenate(parts.map((part) => part(frame))));
      }
      case 'compare':
        return this.#compare(node);
      case 'conditional':
        return this.#conditional(node);
    }
  }

  #located(node: Expression, evaluate: Evaluate): Evaluate {
    return located(this.#template, node.at, evaluate);
  }

  /** The same for what may be undefined: an error from its use points to where it was named. */
  #named(node: Expression, evaluate: Evaluate): Evaluate {
    const template = this.#template;
    return this.#located(node, (frame) => {
      const value = evaluate(frame);
      if (value instanceof Undefined) value.locate ??= (error) => frame.rendering.locate(error, template, node.at) as CtplayError;
      return value;
    });
  }

  #sequence(node: Node<'list' | 'tuple'>): Evaluate {
    const items = node.items.map((item) => this.compile(item));
    if (node.kind === 'list') return (frame) => items.map((item) => item(frame));
    return (frame) => Tuple.fromList(items.map((item) => item(frame)));
  }

  #dict(node: Node<'dict'>): Evaluate {
    const entries = node.entries.map(([key, value]) => [this.compile(key), this.compile(value)] as const);
    return this.#located(node, (frame) => newDict(entries.map(([key, value]) => [key(frame), value(frame)])));
  }

  #attribute(node: Node<'attribute'>): Evaluate {
    const target = this.compile(node.target);
    const { name } = node;
    if (mutators.has(name)) this.#template.mutates = true;
    return this.#named(node, (frame) => getAttribute(frame.rendering, target(frame), name));
  }

  #slice(node: Node<'slice'>): Evaluate {
    const part = (bound: Expression | undefined): Evaluate => (bound === undefined ? () => null : this.compile(bound));
    const [target, start, stop, step] = [this.compile(node.target), part(node.start), part(node.stop), part(node.step)];
    return this.#located(node, (frame) => slice(target(frame), start(frame), stop(frame), step(frame)));
  }

  #call(node: Node<'call'>): Evaluate {
    const args = this.#arguments(node.args);
    const { callee } = node;
    if (callee.kind !== 'attribute') {
      const target = this.compile(callee);
      return this.#located(node, (frame) => frame.rendering.call(target(frame), args.positional(frame), args.keywords(frame)));
    }
    // A method is called without making a bound function first.
    const { name } = callee;
    if (mutators.has(name)) this.#template.mutates = true;
    const target = this.compile(callee.target);
    return this.#located(callee, (frame) => {
      const value = target(frame);
      const definition = method(value, name);
      if (definition !== undefined) return definition.call(frame.rendering, name, value, args.positional(frame), args.keywords(frame));
      return frame.rendering.call(getAttribute(frame.rendering, value, name), args.positional(frame), args.keywords(frame));
    });
  }

  #arguments(args: Arguments): { positional: (frame: Frame) => unknown[]; keywords: (frame: Frame) => Kwargs } {
    const positional = args.positional.map((arg) => this.compile(arg));
    const keywords = args.keywords.map(([name, value]) => [name, this.compile(value)] as const);
    const rest = args.rest && this.compile(args.rest);
    const keywordRest = args.keywordRest && this.compile(args.keywordRest);
    return {
      positional: (frame) => {
        const values = positional.map((arg) => arg(frame));
        return rest === undefined ? values : [...values, ...iterate(rest(frame))];
      },
      keywords: (frame) => {
        if (keywords.length === 0 && keywordRest === undefined) return noKwargs;
        const values = new Map(keywords.map(([name, value]) => [name, value(frame)]));
        if (keywordRest !== undefined) {
          const more = defined(keywordRest(frame));
          if (!isDict(more)) throw valueError('what follows ** must be a dict');
          for (const [key, value] of dictEntries(more)) values.set(text(key), value);
        }
        return values;
      },
    };
  }

  #filter(node: Node<'filter'>): Evaluate {
    const definition: Definition | undefined = findFilter(node.name);
    if (definition === undefined) throw new TemplateSyntaxError(`unknown filter '${node.name}'`, node.at, didYouMean(node.name, filterNames()));
    const target = node.target === undefined ? () => null : this.compile(node.target);
    const args = this.#arguments(node.args);
    const { name } = node;
    return this.#located(node, (frame) => frame.rendering.apply(definition, name, target(frame), args.positional(frame), args.keywords(frame)));
  }

  #test(node: Node<'test'>): Evaluate {
    const definition = findTest(node.name);
    if (definition === undefined) throw new TemplateSyntaxError(`unknown test '${node.name}'`, node.at, didYouMean(node.name, testNames()));
    const target = this.compile(node.target);
    const args = this.#arguments(node.args);
    const { name } = node;
    return this.#located(node, (frame) => truthy(definition.call(frame.rendering, name, target(frame), args.positional(frame), args.keywords(frame))));
  }

  #compare(node: Node<'compare'>): Evaluate {
    const first = this.compile(node.first);
    const rest = node.rest.map(([operator, operand]) => [comparison(operator), this.compile(operand)] as const);
    return this.#located(node, (frame) => {
      let left = first(frame);
      for (const [holds, operand] of rest) {
        const right = operand(frame);
        if (!holds(left, right)) return false;
        left = right;
      }
      return true;
    });
  }

  #conditional(node: Node<'conditional'>): Evaluate {
    const [test, then] = [this.compile(node.test), this.compile(node.then)];
    const otherwise: Evaluate = node.otherwise === undefined
      ? () => new SilentUndefined('the inline if evaluated to false and no else section was defined')
      : this.compile(node.otherwise);
    return this.#located(node, (frame) => (truthy(test(frame)) ? then(frame) : otherwise(frame)));
  }
}

function comparison(operator: CompareOperator): (left: unknown, right: unknown) => boolean {
  switch (operator) {
    case '==':
      return equals;
    case '!=':
      return (left, right) => !equals(left, right);
    case '<':
      return (left, right) => compare(left, right, '<') < 0;
    case '<=':
      return (left, right) => compare(left, right, '<=') <= 0;
    case '>':
      return (left, right) => compare(left, right, '>') > 0;
    case '>=':
      return (left, right) => compare(left, right, '>=') >= 0;
    case 'in':
      return (left, right) => contains(right, left);
    case 'not in':
      return (left, right) => !contains(right, left);
  }
}
